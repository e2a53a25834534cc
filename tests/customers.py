"""A few customers for tests of who is who, and a database that has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from mailguard.identity.record import Record
from mailguard.identity.standardise import standardise
from mailguard.store import records
from tests.builders import NOW

JANE = Record(
    source="crm",
    source_key="4711",
    full_name="Jane Doe",
    emails=("j.doe@x.example",),
    phone="+44 7700 900471",
    date_of_birth="1961-04-17",
    street_address="14 Rope Walk",
    city="Whitehaven",
    postcode="CA28 7UG",
    country="GB",
    extra=(("income", "41250"),),
)
ROBERT = replace(
    JANE, source_key="4712", full_name="Robert Doe", emails=("r.doe@x.example",), date_of_birth="1958-11-02", extra=()
)
ANN = Record(source="crm", source_key="1", full_name="Ann Lee", emails=("ann@people.example",), date_of_birth="1970-01-02")
SALES = Record(source="crm", source_key="2", full_name="Tom Sales", emails=("info@corp.test",))


def customer(**changes: Any) -> Record:
    """Jane, changed."""
    return replace(JANE, **changes)


def put(connection: Connection, *given: Record) -> list[int]:
    """Write records; their numbers."""
    rows = [(record, standardise(record)) for record in given]
    records.upsert(connection, rows, now=NOW)
    return [records.record_of(connection, record.source, record.source_key) or 0 for record in given]


def crowd_of(count: int, *, first: int = 0) -> Iterable[Record]:
    """`count` customers who have nothing in common with those above."""
    for number in range(first, first + count):
        name = f"{_word(number)} {_word(number * 7 + 3)}"
        yield Record(
            source="crowd",
            source_key=str(number),
            full_name=name,
            emails=(f"c{number}@crowd.example",),
            date_of_birth=f"19{50 + number % 50}-0{1 + number % 9}-1{number % 10}",
        )


def _word(number: int) -> str:
    letters = "bcdfglmnprstv"
    word = ""
    for _ in range(4):
        number, place = divmod(number, len(letters))
        word += letters[place] + "aeiou"[(number + place) % 5]
    return word.title()
