"""Of which held mail the operators are still to be told: each cause at most once in a while, whichever worker asks.

And of which groups they are to be warned, because mail of theirs is about to expire.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select

from mailguard.mail.control import MailClass
from mailguard.policy.cause import cause_of
from mailguard.policy.finding import Code
from mailguard.policy.limits import Limits
from mailguard.store.filter import FINDINGS, Filter
from mailguard.store.hold_groups import HoldGroup, hold_groups
from mailguard.store.instant import EPOCH, to_micros
from mailguard.store.plain_text import codes_in
from mailguard.store.statement import insert
from mailguard.store.tables import IS_HELD, MESSAGE, NOTICE, RECIPIENT

_MOST_NAMED: Final = 10
"""Messages that a notice names."""

MOST_LOOKED_AT: Final = 5_000
"""Held recipients that one notice counts; there may be more."""

WARNED: Final = "warned:"
"""What stands before a group's id where it is written down when its warning was given."""

_TELL = insert("notice", ("cause", "at"), conflict="ON CONFLICT (cause) DO UPDATE SET at = excluded.at")


@dataclass(frozen=True, slots=True)
class Cause:
    """What waits because of one kind of finding, since the operators were told of that kind last.

    `code` is what each recipient waits for (`policy.cause`), `ids` are the oldest of the messages.
    """

    code: Code
    messages: int
    recipients: int
    ids: tuple[str, ...]


def take_untold(connection: Connection, limits: Limits, *, now: datetime, pause: timedelta) -> list[Cause]:
    """The causes that are to be told of now: those with newly held mail that were not told of within `pause`.

    They count as told with this transaction.
    """
    rows = connection.execute(select(NOTICE).where(NOTICE.c.cause.in_(list(Code))))
    told = {Code(row.cause): row.at for row in rows}
    ripe = {code: told.get(code, EPOCH) for code in Code if now - told.get(code, EPOCH) >= pause}
    untold: dict[Code, list[Row[Any]]] = {}
    for row in connection.execute(_held_since(min(ripe.values(), default=now))):
        code = cause_of(codes_in(row.findings), MailClass(row.mail_class), limits)
        if code in ripe and row.at > ripe[code]:
            untold.setdefault(code, []).append(row)
    _TELL.run(connection, [(code.value, to_micros(now)) for code in untold])
    return [_cause(code, rows) for code, rows in untold.items()]


def take_expiring(connection: Connection, limits: Limits, *, now: datetime, warn: timedelta) -> list[HoldGroup]:
    """The groups of which mail expires within `warn`, each once in that time, as if nothing else was held in them.

    They count as warned of with this transaction.
    """
    expiring = Filter(everything=True, expires_before=now + warn)
    if not _is_any(connection, expiring):
        return []
    warned = select(NOTICE.c.cause).where(NOTICE.c.cause.startswith(WARNED, autoescape=True), NOTICE.c.at > now - warn)
    known = set(connection.execute(warned).scalars())
    groups = [group for group in hold_groups(connection, limits, expiring) if f"{WARNED}{group.id}" not in known]
    _TELL.run(connection, [(f"{WARNED}{group.id}", to_micros(now)) for group in groups])
    return groups


def forget(connection: Connection, before: datetime) -> None:
    """Remove what was written down of warnings that were given before then."""
    old = (NOTICE.c.cause.startswith(WARNED, autoescape=True), NOTICE.c.at < before)
    connection.execute(delete(NOTICE).where(*old))


def _is_any(connection: Connection, expiring: Filter) -> bool:
    """Whether anything is about to expire: a look at the index of what is held."""
    look = select(RECIPIENT.c.n).where(IS_HELD, *expiring.conditions()).limit(1)
    return connection.execute(look).first() is not None


def _held_since(at: datetime) -> Any:
    """Held recipients, oldest first; not the repeats that wait with another."""
    held = select(RECIPIENT.c.message, RECIPIENT.c.at, MESSAGE.c.mail_class, FINDINGS.label("findings"))
    held = held.join(MESSAGE, MESSAGE.c.id == RECIPIENT.c.message)
    return held.where(IS_HELD, RECIPIENT.c.joins.is_(None), RECIPIENT.c.at > at).order_by(RECIPIENT.c.at).limit(MOST_LOOKED_AT)


def _cause(code: Code, rows: list[Row[Any]]) -> Cause:
    messages = tuple(dict.fromkeys(row.message for row in rows))
    return Cause(code, len(messages), len(rows), messages[:_MOST_NAMED])
