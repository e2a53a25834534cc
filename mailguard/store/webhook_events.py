"""News that a webhook is owed: written down with what it tells of, taken by one worker at a time, and given up in the end.

What an event says is for its writer; here it is a type and a document without anybody's data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete
from ulid import ULID

from mailguard.store.instant import from_micros, to_micros
from mailguard.store.plain_text import storable
from mailguard.store.statement import Statement, insert
from mailguard.store.tables import WEBHOOK_EVENT

_PUT = insert("webhook_event", ("id", "at", "due_at", "body", "attempts", "last_answer"))
_DUE = Statement("SELECT 1 FROM webhook_event WHERE done_at IS NULL AND due_at <= ? LIMIT 1")
_TAKE = Statement(
    """UPDATE webhook_event SET due_at = ?, attempts = attempts + 1 WHERE done_at IS NULL AND id IN (
        SELECT id FROM webhook_event WHERE done_at IS NULL AND due_at <= ? ORDER BY due_at, id LIMIT ?
    ) RETURNING id, at, body, attempts"""
)
_DONE = Statement("UPDATE webhook_event SET done_at = ?, last_answer = ? WHERE id = ?")
_LATER = Statement("UPDATE webhook_event SET due_at = ?, last_answer = ? WHERE id = ? AND done_at IS NULL")


@dataclass(frozen=True, slots=True)
class Event:
    """What is news: its type, such as hold.waiting, and what can be said of it to whoever reads the webhook's log."""

    type: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DueEvent:
    """An event to be sent now. `attempts`: how often it was taken, this time included; `body`: the octets to send."""

    id: str
    at: datetime
    body: bytes
    attempts: int


def put(connection: Connection, events: Sequence[Event], *, now: datetime) -> None:
    """Write events down, due at once."""
    at = to_micros(now)
    _PUT.run(connection, [(f"evt_{ULID.from_datetime(now)}", at, at, _body(event, now), 0, "") for event in events])


def is_due(connection: Connection, now: datetime) -> bool:
    """Whether an event is due: a look at an index that is as large as what is owed."""
    return bool(_DUE.fetch(connection, to_micros(now)))


def take_due(connection: Connection, *, now: datetime, lease: timedelta, limit: int) -> list[DueEvent]:
    """The events longest due, which nobody else gets before `lease` is over."""
    rows = _TAKE.fetch(connection, to_micros(now + lease), to_micros(now), limit)
    return sorted((DueEvent(id, from_micros(at), body.encode(), attempts) for id, at, body, attempts in rows), key=_age)


def done(connection: Connection, id: str, *, answer: str, now: datetime) -> None:
    """Write down that nothing more is owed of an event: it was taken, or it is given up."""
    _DONE.run(connection, [(to_micros(now), storable(answer), id)])


def put_off(connection: Connection, id: str, *, answer: str, due_at: datetime) -> None:
    """Write down that an event was not taken, and when it is due again."""
    _LATER.run(connection, [(to_micros(due_at), storable(answer), id)])


def forget(connection: Connection, before: datetime) -> None:
    """Remove the events of before then."""
    connection.execute(delete(WEBHOOK_EVENT).where(WEBHOOK_EVENT.c.at < before))


def _age(event: DueEvent) -> tuple[datetime, str]:
    return event.at, event.id


def _body(event: Event, now: datetime) -> str:
    timestamp = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    return _dump({"type": event.type, "timestamp": timestamp, "data": event.document})


_dump: Final = json.JSONEncoder(separators=(",", ":")).encode
