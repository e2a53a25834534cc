"""Customers for the tests of commands: records, and links as a machine would have scored them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mailguard.identity.levels import COMPARISONS
from mailguard.identity.model import probability_of, weight_of_probability
from mailguard.identity.record import Record
from mailguard.identity.standardise import standardise
from mailguard.store.database import Database
from mailguard.store.links import Kept, Origin, put_links
from mailguard.store.partition import regroup
from mailguard.store.records import upsert

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)

ADA = Record(
    source="crm",
    source_key="4711",
    given_name="Ada",
    surname="Lovelace",
    emails=("ada@mail.example", "home@family.example"),
    date_of_birth="1985-12-10",
    street_address="12 High Street",
    city="London",
    postcode="SW1A 1AA",
    extra=(("income", "48050"),),
)
ADA_AT_SHOP = Record(
    source="shop",
    source_key="a:1",
    full_name="Ada\x1b[2J Lovelace",
    emails=("a.lovelace@work.example",),
    date_of_birth="10.12.1985",
)
BYRON = Record(source="crm", source_key="4712", given_name="Byron", surname="Lovelace", emails=("home@family.example",))
CY = Record(source="crm", source_key="4713", given_name="Cy", surname="Cole", emails=("cy@mail.example",))

WEIGHTS = {(1, 2): 12.0, (1, 3): 0.5}
"""Ada's two records are one person; Byron may be."""


@contextmanager
def opened(folder: Path) -> Iterator[Database]:
    """The database that a command in this folder works on."""
    database = Database.open(f"sqlite:///{folder}/mailguard.db")
    try:
        yield database
    finally:
        database.close()


def settle(folder: Path, *records: Record, weights: dict[tuple[int, int], float]) -> None:
    """Write these records, numbered from 1, and links with these weights between them."""
    with opened(folder) as database, database.write() as connection:
        upsert(connection, [(record, standardise(record)) for record in records], now=AT)
        levels = (0,) * len(COMPARISONS)
        kept = [Kept(a, b, probability_of(bits), bits, levels, Origin.BATCH, AT) for (a, b), bits in weights.items()]
        put_links(connection, kept)
        regroup(connection, range(1, len(records) + 1), threshold_bits=weight_of_probability(0.99))


def settle_all(folder: Path) -> None:
    """Write the customers of this file."""
    settle(folder, ADA, ADA_AT_SHOP, BYRON, CY, weights=WEIGHTS)
