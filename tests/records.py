"""Customer records in a database, for the store's tests: with everything ordinary left to defaults."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, select

from mailguard.identity.model import probability_of
from mailguard.identity.record import Record
from mailguard.identity.standard import Standard
from mailguard.store.links import Kept, Origin, Pair
from mailguard.store.persons import replace_persons
from mailguard.store.records import upsert
from mailguard.store.tables import LINK, RECORD
from tests.builders import NOW

Row = tuple[Record, Standard]


def customer(
    key: int | str,
    given: str = "ann",
    surname: str = "lee",
    *mailboxes: str,
    born: str = "",
    source: str = "crm",
    **fields: Any,
) -> Row:
    """A record and its standard. `fields`: of the record."""
    record = Record(
        source=source, source_key=str(key), given_name=given, surname=surname, emails=mailboxes, date_of_birth=born, **fields
    )
    return record, Standard(given=given, surname=surname, born=born, mailboxes=mailboxes)


def arrive(connection: Connection, *rows: Row) -> tuple[int, ...]:
    """Put new records and return their numbers."""
    return upsert(connection, rows, now=NOW).new


def strangers(connection: Connection, count: int) -> list[int]:
    """That many new records that have nothing in common."""
    return list(arrive(connection, *(customer(n, f"given{n}", f"surname{n}", f"p{n}@people.example") for n in range(count))))


def scored(a: int, b: int, weight: float = 10.0, *levels: int) -> Kept:
    """A kept pair of records."""
    return Kept(a, b, probability_of(weight), weight, levels, Origin.BATCH, NOW)


def join(connection: Connection, *records: int) -> None:
    """Make these records one person."""
    replace_persons(connection, dict.fromkeys(records, min(records)))


def all_persons(connection: Connection) -> dict[int, int]:
    """All records that are kept, with their persons, in order."""
    rows = connection.execute(select(RECORD.c.id, RECORD.c.person).where(RECORD.c.forgotten_by.is_(None)).order_by(RECORD.c.id))
    return {row.id: row.person for row in rows}


def drop_links(connection: Connection, pairs: Collection[Pair]) -> None:
    """Keep these pairs no longer, as where a record has changed."""
    for a, b in pairs:
        connection.execute(delete(LINK).where(LINK.c.a == a, LINK.c.b == b))
