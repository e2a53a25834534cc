"""What override tokens did to the mail of a batch, written with it: tokens used up, and an event for each recipient meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailguard.store.instant import to_micros
from mailguard.store.overrides import OVERRIDDEN, REFUSED, Override, use
from mailguard.store.plain_text import storable
from mailguard.store.statement import insert

_EVENT = insert("event", ("at", "message", "n", "actor", "verb", "reason"))
_MAILGUARD = "mailguard"


@dataclass(frozen=True, slots=True)
class Overridden:
    """A recipient, by message and ordinal, whom a token let out."""

    message: str
    n: int
    override: Override


@dataclass(frozen=True, slots=True)
class Refused:
    """A recipient, by message and ordinal, whose mail was stopped all the same, and why no token counted."""

    message: str
    n: int
    reason: str


def record_overrides(
    connection: Connection, overridden: Sequence[Overridden], refused: Iterable[Refused], *, now: datetime
) -> None:
    """Use up the tokens that let mail out, and write down who gave them; and of others why they did not count."""
    use(connection, dict.fromkeys((one.override.id, one.message) for one in overridden), now=now)
    at = to_micros(now)
    rows = [
        (at, one.message, one.n, one.override.actor, OVERRIDDEN, f"{one.override.reason} (override {one.override.id})")
        for one in overridden
    ]
    _EVENT.run(connection, [*rows, *((at, one.message, one.n, _MAILGUARD, REFUSED, storable(one.reason)) for one in refused)])
