"""Which records wait to be scored, and as of when: so that who computes for minutes can tell what has changed meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from sqlalchemy import Connection

from mailguard.store.statement import Lookup, Statement, insert, scan

Version = tuple[int, int]
"""A record, and when its comparable form was written (microseconds)."""

_PENDING: Final = "SELECT u.record, r.updated_at FROM unlinked u JOIN record r ON r.id = u.record ORDER BY u.record"
_VERSIONS = Lookup(
    {"id": "bigint"}, "SELECT r.id, r.updated_at FROM k CROSS JOIN record r WHERE r.id = k.id AND r.forgotten_by IS NULL"
)
_FORGOTTEN = Statement("SELECT id FROM record WHERE forgotten_by IS NOT NULL")
_COUNT = Statement("SELECT count(*) FROM unlinked")
_CLEAR = Statement("DELETE FROM unlinked")
_ADD = insert("unlinked", ("record",))


def pending(connection: Connection) -> frozenset[Version]:
    """All records that are new or have changed and were not scored since."""
    return frozenset(row for piece in scan(connection, _PENDING) for row in map(tuple, piece))


def count_pending(connection: Connection) -> int:
    """How many they are."""
    found: int = _COUNT.fetch(connection)[0][0]
    return found


def versions(connection: Connection, records: Iterable[int]) -> frozenset[Version]:
    """These records as they are now, without those that were forgotten."""
    return frozenset(map(tuple, _VERSIONS.fetch(connection, [(record,) for record in dict.fromkeys(records)])))


def forgotten(connection: Connection) -> frozenset[int]:
    """The numbers of all records that were forgotten."""
    return frozenset(row[0] for row in _FORGOTTEN.fetch(connection))


def mark_all_linked(connection: Connection, *, but: Collection[int]) -> None:
    """Note that all records were scored against all others, except `but`."""
    _CLEAR.run(connection, [()])
    _ADD.run(connection, [(record,) for record in sorted(but)])
