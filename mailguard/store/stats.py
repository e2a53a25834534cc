"""Counts over the ledger: what was decided, about what, from whom, day by day, and what mode `shadow` let pass."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from mailguard.mail.control import MailClass
from mailguard.policy.facts import State
from mailguard.policy.finding import Action, Code
from mailguard.store.document import DayDocument, StatsDocument
from mailguard.store.filter import FINDINGS
from mailguard.store.instant import EPOCH
from mailguard.store.plain_text import mark_of
from mailguard.store.tables import MESSAGE, RECIPIENT

MOST_SENDERS: Final = 20

_DAY: ColumnElement[int] = literal_column("(message.received_at / 86400000000)")
"""Days since the epoch: a division of integers, on both engines."""


def stats(connection: Connection, *, since: datetime) -> StatsDocument:
    """Counts of what was received since then."""
    recent = MESSAGE.c.received_at >= since
    first = (recent, MESSAGE.c.is_replay.is_(False))
    replays = connection.execute(select(func.count()).where(recent, MESSAGE.c.is_replay.is_(True))).scalar_one()
    messages, octets = connection.execute(select(func.count(), func.coalesce(func.sum(MESSAGE.c.size), 0)).where(*first)).one()
    states = {State(name): count for name, count in _recipients_by(connection, RECIPIENT.c.state, recent)}
    return StatsDocument(
        since=since,
        messages=messages,
        replays=replays,
        recipients=sum(states.values()),
        octets=int(octets),
        actions={Action(name): count for name, count in _messages_by(connection, MESSAGE.c.action, first)},
        states=states,
        classes={MailClass(name): count for name, count in _messages_by(connection, MESSAGE.c.mail_class, first)},
        findings=_findings(connection, (recent,)),
        would_stop=_findings(connection, (recent, MESSAGE.c.is_shadow.is_(True), RECIPIENT.c.action != Action.DELIVER)),
        clients=dict(_messages_by(connection, MESSAGE.c.client, first)),
        senders=dict(_messages_by(connection, MESSAGE.c.reverse_path, first, limit=MOST_SENDERS)),
        broadcasts=dict(_messages_by(connection, MESSAGE.c.broadcast, (*first, MESSAGE.c.broadcast.is_not(None)))),
        days=_days(connection, first),
    )


def _messages_by(
    connection: Connection, column: ColumnElement[Any], conditions: Iterable[ColumnElement[bool]], *, limit: int | None = None
) -> list[tuple[str, int]]:
    """Value → messages, the most first."""
    counted = select(column, func.count()).where(*conditions).group_by(column)
    return [(value, count) for value, count in connection.execute(counted.order_by(func.count().desc(), column).limit(limit))]


def _recipients_by(connection: Connection, column: ColumnElement[Any], condition: ColumnElement[bool]) -> list[tuple[str, int]]:
    counted = select(column, func.count()).join(MESSAGE, MESSAGE.c.id == RECIPIENT.c.message).where(condition)
    return [(value, count) for value, count in connection.execute(counted.group_by(column))]


def _findings(connection: Connection, conditions: Iterable[ColumnElement[bool]]) -> dict[Code, int]:
    """Code → recipients that have such a finding, in one reading."""
    columns = [func.count().filter(FINDINGS.contains(mark_of(code), autoescape=True)) for code in Code]
    counted = select(*columns).select_from(RECIPIENT).join(MESSAGE, MESSAGE.c.id == RECIPIENT.c.message)
    counts = connection.execute(counted.where(*conditions)).one()
    return {code: count for code, count in zip(Code, counts, strict=True) if count}


def _days(connection: Connection, conditions: Iterable[ColumnElement[bool]]) -> tuple[DayDocument, ...]:
    counted = select(_DAY, MESSAGE.c.action, func.count()).where(*conditions).group_by(_DAY, MESSAGE.c.action)
    days: dict[int, dict[Action, int]] = {}
    for day, action, count in connection.execute(counted.order_by(_DAY)):
        days.setdefault(day, {})[Action(action)] = count
    return tuple(
        DayDocument(day=f"{EPOCH + timedelta(days=day):%Y-%m-%d}", messages=sum(actions.values()), actions=actions)
        for day, actions in days.items()
    )
