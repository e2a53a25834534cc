"""A ledger with questions: pairs of records of which the model is not sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from mailguard.identity.levels import COMPARISONS
from mailguard.identity.model import weight_of_probability
from mailguard.identity.record import Record
from mailguard.identity.resolve import Thresholds
from mailguard.identity.standardise import standardise
from mailguard.store import agenda
from mailguard.store.database import Database
from mailguard.store.links import Kept, Origin, put_links
from mailguard.store.partition import regroup
from mailguard.store.records import upsert
from tests.ledger import open_ledger

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
THRESHOLDS = Thresholds()
NAMES = ("Ada Lovelace", "Grace Hopper", "Mary Somerville", "Emmy Noether", "Hedy Lamarr", "Joan Clarke", "Rosa Mayreder")


def pair_of(number: int) -> tuple[Record, Record]:
    """Two records of one woman, or of two."""
    name = NAMES[number % len(NAMES)]
    given_name, surname = name.split()
    crm = Record(source="crm", source_key=str(number), full_name=name, emails=(f"{surname.lower()}{number}@mail.example",))
    web = Record(source="web", source_key=str(number), given_name=given_name[0], surname=surname, city="London")
    return crm, web


def ask(connection: Connection, probabilities: Sequence[float]) -> list[str]:
    """Put a question of each probability; returns their ids."""
    found = [record for number in range(len(probabilities)) for record in pair_of(number)]
    ids = upsert(connection, [(record, standardise(record)) for record in found], now=NOW).new
    pairs = list(zip(ids[::2], ids[1::2], strict=True))
    join(connection, dict(zip(pairs, probabilities, strict=True)))
    return [f"{a}-{b}" for a, b in pairs]


def join(connection: Connection, pairs: dict[tuple[int, int], float]) -> None:
    """Score these pairs so, and let persons and questions follow."""
    levels = (0,) * len(COMPARISONS)
    kept = [Kept(a, b, p, weight_of_probability(p), levels, Origin.BATCH, NOW) for (a, b), p in pairs.items()]
    put_links(connection, kept)
    records = {record for pair in pairs for record in pair}
    regroup(connection, records, threshold_bits=weight_of_probability(THRESHOLDS.match))
    agenda.sync(connection, records, thresholds=THRESHOLDS)


@pytest.fixture
def database(here: Path) -> Iterator[Database]:
    """The ledger that commands find in the current folder."""
    opened = open_ledger(f"sqlite:///{here}/mailguard.db")
    yield opened
    opened.close()


@pytest.fixture
def asked(database: Database) -> list[str]:
    """The ids of three questions, most worth asking first."""
    with database.write() as connection:
        return ask(connection, [0.9, 0.8, 0.7])


@pytest.fixture(autouse=True)
def _clerk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ada")
