"""Of which held mail the operators are still to be told: each cause at most once in a while, whichever worker asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from mailguard.policy.finding import Code
from mailguard.store.filter import FINDINGS
from mailguard.store.instant import EPOCH, to_micros
from mailguard.store.plain_text import findings_from_json
from mailguard.store.statement import insert
from mailguard.store.tables import IS_HELD, MESSAGE, NOTICE, RECIPIENT

_MOST_NAMED: Final = 10
"""Messages that a notice names."""

MOST_LOOKED_AT: Final = 5_000
"""Held recipients that one notice counts; there may be more."""

_TELL = insert("notice", ("cause", "at"), conflict="ON CONFLICT (cause) DO UPDATE SET at = excluded.at")


@dataclass(frozen=True, slots=True)
class Cause:
    """What waits because of one kind of finding, since the operators were told of that kind last.

    `code` is the first finding of each recipient, `ids` are the oldest of the messages.
    """

    code: Code
    messages: int
    recipients: int
    ids: tuple[str, ...]


def take_untold(connection: Connection, *, now: datetime, pause: timedelta) -> list[Cause]:
    """The causes that are to be told of now: those with newly held mail that were not told of within `pause`.

    They count as told with this transaction.
    """
    told = {Code(row.cause): row.at for row in connection.execute(select(NOTICE))}
    ripe = {code: told.get(code, EPOCH) for code in Code if now - told.get(code, EPOCH) >= pause}
    untold: dict[Code, list[Row[Any]]] = {}
    for row in connection.execute(_held_since(min(ripe.values(), default=now))):
        code = next((finding.code for finding in findings_from_json(row.findings)), None)
        if code in ripe and row.at > ripe[code]:
            untold.setdefault(code, []).append(row)
    _TELL.run(connection, [(code.value, to_micros(now)) for code in untold])
    return [_cause(code, rows) for code, rows in untold.items()]


def _held_since(at: datetime) -> Any:
    """Held recipients, oldest first; not the repeats that wait with another."""
    held = select(RECIPIENT.c.message, RECIPIENT.c.at, FINDINGS.label("findings"))
    held = held.join(MESSAGE, MESSAGE.c.id == RECIPIENT.c.message)
    return held.where(IS_HELD, RECIPIENT.c.joins.is_(None), RECIPIENT.c.at > at).order_by(RECIPIENT.c.at).limit(MOST_LOOKED_AT)


def _cause(code: Code, rows: list[Row[Any]]) -> Cause:
    messages = tuple(dict.fromkeys(row.message for row in rows))
    return Cause(code, len(messages), len(rows), messages[:_MOST_NAMED])
