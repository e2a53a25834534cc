"""Fields that systems said they know of a person, by the second: they count as known beside what records have.

Also which events were taken, so that each counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailguard.store.instant import from_micros, to_micros
from mailguard.store.plain_text import storable
from mailguard.store.statement import Lookup, Statement, insert

_TELL = insert(
    "told",
    ("anchor", "field", "value", "source", "at"),
    conflict="""ON CONFLICT (anchor, field) DO UPDATE SET
    value = coalesce(excluded.value, told.value), source = excluded.source, at = excluded.at""",
)
_TOLD = Lookup(
    {"anchor": "text"},
    "SELECT t.anchor, t.field, t.value, t.source, t.at FROM k CROSS JOIN told t WHERE t.anchor = k.anchor ORDER BY t.field",
)
_TAKE = insert("taken_event", ("id", "at"), conflict="ON CONFLICT (id) DO NOTHING")
_TAKEN = Statement("SELECT 1 FROM taken_event WHERE id = ?")


@dataclass(frozen=True, slots=True)
class Told:
    """One field that is known of who is meant by `anchor`, who said so, and when. `value` None: it was not told itself."""

    anchor: str
    field: str
    value: str | None
    source: str
    at: datetime


def tell(connection: Connection, anchor: str, fields: Mapping[str, str | None], *, source: str, at: datetime) -> None:
    """Write down that `source` knows these fields, with their values where it gave them."""
    rows = [
        (anchor, storable(field), None if value is None else storable(value), storable(source), to_micros(at))
        for field, value in fields.items()
    ]
    _TELL.run(connection, rows)


def told(connection: Connection, anchors: Iterable[str]) -> dict[str, dict[str, str]]:
    """Anchor → field → who said that it is known; nothing for whom nothing was told of."""
    found: dict[str, dict[str, str]] = {}
    for one in all_told(connection, anchors):
        found.setdefault(one.anchor, {})[one.field] = one.source
    return found


def all_told(connection: Connection, anchors: Iterable[str]) -> list[Told]:
    """All that was told of these anchors, by field."""
    rows = _TOLD.fetch(connection, [(anchor,) for anchor in dict.fromkeys(anchors)])
    return [Told(anchor, field, value, source, from_micros(at)) for anchor, field, value, source, at in rows]


def take_once(connection: Connection, event: str, *, at: datetime) -> bool:
    """Whether the event of this id comes for the first time; from now on it does not."""
    id = storable(event)
    if _TAKEN.fetch(connection, id):
        return False
    _TAKE.run(connection, [(id, to_micros(at))])
    return True
