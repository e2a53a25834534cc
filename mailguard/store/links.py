"""Links: pairs of records that a machine has scored and found worth keeping."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection

from mailguard.store.instant import from_micros, to_micros
from mailguard.store.statement import Load, Lookup, Statement, insert, scan

Pair = tuple[int, int]
"""Two records, the older (smaller) first."""


class Origin(StrEnum):
    """What has scored a pair."""

    EXACT = "exact"
    BATCH = "batch"
    ONLINE = "online"


@dataclass(frozen=True, slots=True)
class Kept:
    """A scored pair of records, a < b. `levels`: those of `identity.levels.compare`, -1 where a value is missing."""

    a: int
    b: int
    probability: float
    match_weight: float
    levels: tuple[int, ...]
    origin: Origin
    at: datetime

    @property
    def pair(self) -> Pair:
        """The records."""
        return self.a, self.b


_COLUMNS: Final = ("a", "b", "probability", "match_weight", "levels", "origin", "at")
_PUT = insert(
    "link",
    _COLUMNS,
    conflict="""ON CONFLICT (a, b) DO UPDATE SET probability = excluded.probability, match_weight = excluded.match_weight,
    levels = excluded.levels, origin = excluded.origin, at = excluded.at""",
)
_LOAD = Load("link", _COLUMNS)
_DROP_A = Statement("DELETE FROM link WHERE a = ?")
_DROP_B = Statement("DELETE FROM link WHERE b = ?")
_DROP_WEIGHED_A = Statement("DELETE FROM link WHERE a = ? AND origin <> 'exact'")
_DROP_WEIGHED_B = Statement("DELETE FROM link WHERE b = ? AND origin <> 'exact'")
_DROP_ALL = Statement("DELETE FROM link")
_LINK: Final = "l.a, l.b, l.probability, l.match_weight, l.levels, l.origin, l.at"

_OF_A = Lookup({"record": "bigint"}, f"SELECT {_LINK} FROM k CROSS JOIN link l WHERE l.a = k.record")  # noqa: S608 - constants
_OF_B = Lookup({"record": "bigint"}, f"SELECT {_LINK} FROM k CROSS JOIN link l WHERE l.b = k.record")  # noqa: S608 - constants
_MARK = Statement("DELETE FROM unlinked WHERE record = ?")
_EXACT = Statement(f"SELECT {_LINK} FROM link l WHERE l.origin = 'exact'")  # noqa: S608 - constants
_ALL: Final = f"SELECT {_LINK} FROM link l ORDER BY l.a, l.b"  # noqa: S608 - constants


def put_links(connection: Connection, kept: Iterable[Kept]) -> None:
    """Keep these pairs; what was kept of the same ones before is replaced."""
    _PUT.run(connection, sorted(_row(one) for one in kept))


def replace_links(connection: Connection, kept: Iterable[Kept]) -> None:
    """Keep these pairs and no others. Quickest where they come in order."""
    _DROP_ALL.run(connection, [()])
    _LOAD.run(connection, (_row(one) for one in kept))


def drop_links_of(connection: Connection, records: Collection[int]) -> None:
    """Keep no pair that one of `records` is in."""
    rows = [(record,) for record in records]
    _DROP_A.run(connection, rows)
    _DROP_B.run(connection, rows)


def drop_weighed_links_of(connection: Connection, records: Collection[int]) -> None:
    """Keep of the pairs that one of `records` is in only those that rest on no weight."""
    rows = [(record,) for record in records]
    _DROP_WEIGHED_A.run(connection, rows)
    _DROP_WEIGHED_B.run(connection, rows)


def links_of(connection: Connection, records: Iterable[int]) -> list[Kept]:
    """The pairs that one of `records` is in, each once, in order."""
    keys = [(record,) for record in dict.fromkeys(records)]
    rows = {(row[0], row[1]): row for lookup in (_OF_A, _OF_B) for row in lookup.fetch(connection, keys)}
    return [_kept(rows[pair]) for pair in sorted(rows)]


def exact_links(connection: Connection) -> list[Kept]:
    """The pairs that rest on no weight; reads all links."""
    return [_kept(row) for row in _EXACT.fetch(connection)]


def all_links(connection: Connection) -> Iterator[Kept]:
    """All pairs, in order."""
    for piece in scan(connection, _ALL):
        yield from map(_kept, piece)


def mark_linked(connection: Connection, records: Collection[int]) -> None:
    """Note that these records were scored against all others."""
    _MARK.run(connection, [(record,) for record in records])


def _row(one: Kept) -> tuple[Any, ...]:
    levels = bytes(level + 1 for level in one.levels)
    return one.a, one.b, one.probability, one.match_weight, levels, one.origin.value, to_micros(one.at)


def _kept(row: tuple[Any, ...]) -> Kept:
    a, b, probability, match_weight, levels, origin, at = row
    return Kept(a, b, probability, match_weight, tuple(level - 1 for level in levels), Origin(origin), from_micros(at))
