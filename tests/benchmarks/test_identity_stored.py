"""Customers on file: what importing and linking them takes, what looking one up costs, and how often the answer is right.

    MAILGUARD_BENCH_FOLDER=/var/tmp/bench CUSTOMERS=1000000 python -m pytest tests/benchmarks/test_identity_stored.py -s

100,000 without `CUSTOMERS`; the folder keeps the ledger, which takes minutes to make, for the next run. Asked about are further
records of persons on file, and as many of persons who are not.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from mailguard.errors import AddressError
from mailguard.identity.query import NO_HINTS, query_of
from mailguard.identity.record import Record
from mailguard.identity.resolve import Decision
from mailguard.identity.standardise import standardise
from mailguard.mail.mailbox import Mailbox, parse_mailbox
from mailguard.relay.hints import Hint
from mailguard.relay.resolution import Directory, look_up
from mailguard.relay.settings import Identity
from mailguard.store import records
from mailguard.store.database import Database
from tests.benchmarks import tables
from tests.benchmarks.stored import REGION, Ran, Stored, configure, cut, import_file, run, stored
from tests.postgres_server import PostgresServer, postgres

__all__ = ["postgres"]

CUSTOMERS = int(os.environ.get("CUSTOMERS", "100000"))
IMPORTED = int(os.environ.get("MAILGUARD_BENCH_IMPORTED", "100000"))
ADDED = 100
ON_POSTGRES = min(CUSTOMERS, 100_000)
ASKED = 8000
"""Of persons on file, and as many of others."""
TIMED = 4000
WARM_UP = 500
CHUNK = 20_000

ALL = ("given_name", "surname", "phone", "date_of_birth", "street_address", "postcode")
NAME_AND_ADDRESS = ("given_name", "surname", "street_address", "postcode")
TOLD = ("new", "changed", "unchanged", "candidate_pairs", "links", "possible", "persons")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a mail tells of somebody, and who that is: the true person's name in the table, "" for nobody who is there."""

    mailbox: Mailbox
    hints: Record
    person: str

    def hint(self) -> Hint:
        return Hint(query_of(self.mailbox, hints=self.hints, region=REGION))


Tell = Callable[[Record, str], Asked | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of question; the shares that are to be reached: wrong of all, to review of those on file; 1 where none is named."""

    name: str
    tell: Tell
    most_wrong: float = 1.0
    most_review: float = 1.0


def told(*fields: str, mailbox: bool, display: bool = False, needed: Sequence[str] = ()) -> Tell:
    """How a mail is made of a record: with its mailbox or a new one, its name beside it, and these fields of it.

    A record without the fields that are `needed` makes none.
    """

    def tell(record: Record, person: str) -> Asked | None:
        own = _mailbox(record)
        if (mailbox and "emails" in needed and own is None) or not all(getattr(record, field) for field in needed):
            return None
        box = own if mailbox and own else parse_mailbox(f"q{record.source_key}@nowhere.example")
        if display:
            box = replace(box, display_name=f"{record.given_name} {record.surname}".title())
        facts: dict[str, Any] = {field: getattr(record, field) for field in fields}
        return Asked(box, replace(NO_HINTS, **facts) if fields else NO_HINTS, person)

    return tell


NAME_AND_BORN = ("given_name", "surname", "date_of_birth")
KINDS = (
    Kind("all fields", told(*ALL, mailbox=True, needed=(*ALL, "emails")), 0.001, 0.10),
    Kind("what the record has", told(*ALL, mailbox=True)),
    Kind("that without the mailbox", told(*ALL, mailbox=False)),
    Kind("name and address", told(*NAME_AND_ADDRESS, mailbox=False, needed=NAME_AND_ADDRESS), 0.003, 0.22),
    Kind("name and date of birth", told(*NAME_AND_BORN, mailbox=False, needed=NAME_AND_BORN)),
    Kind("mailbox and display name", told(mailbox=True, display=True, needed=("emails",))),
    Kind("mailbox alone", told(mailbox=True, needed=("emails",))),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tables.folder(tmp_path_factory.getbasetemp() / "tables")


@pytest.fixture(scope="module")
def customers(folder: Path) -> Stored:
    return stored(CUSTOMERS, folder)


@pytest.fixture(scope="module")
def people(customers: Stored) -> list[tuple[Record, str]]:
    """Further records of persons on file, then as many of others."""
    on_file = set(customers.clusters().values())
    known: list[tuple[Record, str]] = []
    others: list[tuple[Record, str]] = []
    for record, person in customers.further():
        (known if person in on_file else others).append((record, person if person in on_file else ""))
    return [*known[:ASKED], *others[:ASKED]]


def test_what_making_it_took_is_shown(customers: Stored, capsys: pytest.CaptureFixture[str]) -> None:
    size = customers.database.stat().st_size
    steps = [("customers import", customers.imported), ("link", customers.linked)]
    with capsys.disabled():
        sys.stdout.write(f"\n{CUSTOMERS:,} customers in SQLite, {size / 1e6:.0f} MB\n{_table(steps)}")


def test_looking_one_up_is_quick(
    customers: Stored, people: list[tuple[Record, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    database = Database.open(f"sqlite:///{customers.database}")
    with capsys.disabled():
        sys.stdout.write(f"\n{CUSTOMERS:,} customers in SQLite, one record at a time, ms by the clock (CPU)\n")
        sys.stdout.write("".join(_times(database, people)))
    database.close()


@pytest.mark.postgres
def test_looking_one_up_on_postgresql_is_shown(
    folder: Path, postgres: PostgresServer, capsys: pytest.CaptureFixture[str]
) -> None:
    table = stored(ON_POSTGRES, folder)
    database = Database.open(postgres.clean_database())
    rows = ((record, standardise(record, region=REGION)) for record in tables.Table("", table.folder / "table.csv").records())
    while chunk := list(islice(rows, CHUNK)):
        with database.write() as connection:
            records.upsert(connection, chunk, now=NOW)
    with database.write() as connection:
        connection.exec_driver_sql("ANALYZE")
    people = list(islice(table.further(), 2 * TIMED))
    with capsys.disabled():
        sys.stdout.write(f"\n{ON_POSTGRES:,} customers in PostgreSQL over a socket, ms by the clock (CPU of this process)\n")
        sys.stdout.write("".join(_times(database, people)))
    database.close()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "-"))
def test_answers_are_right(
    kind: Kind, customers: Stored, people: list[tuple[Record, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    clusters = customers.clusters()
    asked = [one for record, person in people if (one := kind.tell(record, person))]
    counts: Counter[tuple[bool, str]] = Counter()
    database = Database.open(f"sqlite:///{customers.database}")
    with database.read() as connection:
        directory = Directory(Identity(region=REGION))
        directory.renew(connection)
        for one in asked:
            outcome = look_up(connection, [one.hint()], model=directory.model, thresholds=directory.thresholds)[0].outcome
            found = outcome.ranked[0].candidate.reference.partition(":")[2] if outcome.ranked else ""
            is_right = bool(one.person) and clusters.get(found) == one.person
            said = outcome.decision.value if outcome.decision is not Decision.MATCH else "right" if is_right else "wrong"
            counts[bool(one.person), said] += 1
    database.close()
    shares = {is_known: _Shares.of(counts, is_known=is_known) for is_known in (True, False)}
    wrong = (counts[True, "wrong"] + counts[False, "wrong"]) / max(len(asked), 1)
    with capsys.disabled():
        sys.stdout.write(f"\n| {kind.name} | {shares[True]} | {shares[False]} | {wrong:.2%} |\n")
    assert wrong <= kind.most_wrong
    assert shares[True].review <= kind.most_review


@dataclass(frozen=True, slots=True)
class _Shares:
    """What came of the questions about persons on file, or about others."""

    asked: int
    right: float
    wrong: float
    review: float

    @classmethod
    def of(cls, counts: Counter[tuple[bool, str]], *, is_known: bool) -> _Shares:
        asked = sum(count for (known, _), count in counts.items() if known is is_known)
        right, wrong, possible = (counts[is_known, said] / max(asked, 1) for said in ("right", "wrong", "possible"))
        return cls(asked, right, wrong, possible)

    def __str__(self) -> str:
        return f"{self.asked} asked: {self.right:.1%} joined right, {self.wrong:.2%} wrong, {self.review:.1%} to review"


def _table(steps: Sequence[tuple[str, Ran]]) -> str:
    """What each command took and said."""
    lines = ["| | clock | CPU | memory | |", "| --- | --- | --- | --- | --- |"]
    for name, ran in steps:
        told = ", ".join(f"{ran.said[key]} {key}" for key in TOLD if key in ran.said)
        lines.append(f"| {name} | {ran.seconds:.1f} s | {ran.cpu:.1f} s | {ran.megabytes:.0f} MB | {told} |")
    return "\n".join(lines) + "\n"


def _mailbox(record: Record) -> Mailbox | None:
    """The record's mailbox, None where it has none that one could write to."""
    try:
        return parse_mailbox(record.emails[0]) if record.emails else None
    except AddressError:
        return None


def _times(database: Database, people: Sequence[tuple[Record, str]]) -> Iterator[str]:
    """What asking costs by kind: the look-up and decision alone, and with standardising what is told."""
    some = list(people)
    random.Random(1).shuffle(some)
    directory = Directory(Identity(region=REGION))
    for kind in KINDS:
        asked = [one for record, person in some if (one := kind.tell(record, person))][: TIMED + WARM_UP]
        core: list[tuple[float, float]] = []
        whole: list[tuple[float, float]] = []
        with database.read() as connection:
            directory.renew(connection)
            for one in asked:
                begun = time.perf_counter(), time.thread_time()
                hint = one.hint()
                between = time.perf_counter(), time.thread_time()
                look_up(connection, [hint], model=directory.model, thresholds=directory.thresholds)
                ended = time.perf_counter(), time.thread_time()
                core.append((ended[0] - between[0], ended[1] - between[1]))
                whole.append((ended[0] - begun[0], ended[1] - begun[1]))
        yield f"| {kind.name} | {_percentiles(core[WARM_UP:])} | with standardising {_percentiles(whole[WARM_UP:])} |\n"


def _percentiles(times: Sequence[tuple[float, float]]) -> str:
    wall, cpu = (sorted(each) for each in zip(*times, strict=True))
    p50, p99 = (f"{wall[at] * 1000:.2f} ({cpu[at] * 1000:.2f})" for at in (len(wall) // 2, len(wall) * 99 // 100))
    return f"p50 {p50}, p99 {p99}"


def test_importing(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tables.generated(IMPORTED + ADDED, folder).file
    first, more = tmp_path / "first.csv", tmp_path / "more.csv"
    cut(table, first, start=0, stop=IMPORTED)
    cut(table, more, start=IMPORTED, stop=None)
    configure(tmp_path)
    steps: list[tuple[str, Ran]] = [
        (f"customers import, {IMPORTED:,} rows", import_file(tmp_path, first)),
        ("the same again", import_file(tmp_path, first)),
        ("link, for the first time", run(tmp_path, "link", "--json")),
        ("link again, which says what it would change", run(tmp_path, "link", "--json")),
        (f"customers import, {ADDED} rows more", import_file(tmp_path, more)),
    ]
    with capsys.disabled():
        sys.stdout.write(f"\n{_table(steps)}")
    (_, begun), (_, again), _, _, (_, added) = steps
    assert begun.said["new"] == again.said["unchanged"] == IMPORTED
    assert added.said["new"] == ADDED
    shutil.rmtree(tmp_path)
