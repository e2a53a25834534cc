"""A population small enough for tests, with households and typing errors, and a database that has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

from mailguard.identity.record import Record
from mailguard.identity.resolve import Thresholds
from mailguard.identity.standard import Standard
from mailguard.identity.standardise import standardise
from mailguard.store.database import Database
from mailguard.store.links import all_links
from mailguard.store.records import upsert
from tests.benchmarks.people import Population
from tests.builders import NOW
from tests.records import all_persons

Row = tuple[Record, Standard]
THRESHOLDS = Thresholds()


@cache
def population(count: int, seed: int = 1) -> Sequence[tuple[Row, int]]:
    """Records of one source with their standards, each with the number of its person."""
    return [
        ((record, standardise(record, region="GB")), person)
        for record, person in ((replace(record, source="crm"), person) for record, person in Population(seed).records(count))
    ]


def people(count: int, seed: int = 1) -> list[Row]:
    """The records alone."""
    return [row for row, _ in population(count, seed)]


def arrive(database: Database, rows: Iterable[Row], *, now: datetime = NOW) -> None:
    """Write records, new or changed."""
    with database.write() as connection:
        upsert(connection, list(rows), now=now)


def kept(database: Database) -> dict[tuple[int, int], float]:
    """All kept pairs with their weights."""
    with database.read() as connection:
        return {one.pair: one.match_weight for one in all_links(connection)}


def persons(database: Database) -> dict[int, int]:
    """All records with their persons."""
    with database.read() as connection:
        return all_persons(connection)


def clock() -> datetime:
    """The time of all tests."""
    return NOW


@dataclass
class Heard:
    """A listener that remembers."""

    stages: list[str] = field(default_factory=list)
    parts: list[float] = field(default_factory=list)

    def stage(self, text: str) -> None:
        self.stages.append(text)

    def part(self, done: float) -> None:
        self.parts.append(done)
