"""What waits, message by message: held for a person, or queued and deferred for a next hop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Subquery, and_, func, select, union_all

from mailguard.policy.facts import State
from mailguard.policy.finding import Finding
from mailguard.store.filter import Filter
from mailguard.store.plain_text import attempts_from_json, findings_from_json
from mailguard.store.tables import IS_HELD, IS_OPEN, MESSAGE, RECIPIENT
from mailguard.store.workers import PAUSED

_MOST_SHOWN = 3
"""Mailboxes that are named of each message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One message of which something waits.

    `states`: of the recipients that wait. `mailboxes`: the first few of them. `due_at`: the next try, `expires_at`: the first
    end of patience among them. `last_answer`: what the next hop said last, "" where it was not tried. `paused`: how many of the
    recipients wait to be resumed. `leaves_at`: what was not tried yet is first tried then, not before.
    """

    id: str
    received_at: datetime
    client: str
    reverse_path: str
    message_id: str
    subject: str
    mail_class: str
    size: int
    findings: tuple[Finding, ...]
    states: Mapping[State, int]
    mailboxes: tuple[str, ...]
    due_at: datetime | None
    expires_at: datetime | None
    last_answer: str
    paused: int = 0
    leaves_at: datetime | None = None


def waiting(connection: Connection, chosen: Filter, *, limit: int, states: Iterable[State] = ()) -> list[Waiting]:
    """The oldest `limit` messages of which something that `chosen` means waits (in one of `states`, if given), oldest first."""
    places = _places(chosen, tuple(states))
    messages = (
        select(MESSAGE, func.count().label("recipients"))
        .join(places, places.c.message == MESSAGE.c.id)
        .group_by(MESSAGE.c.seq)
        .order_by(MESSAGE.c.seq)
        .limit(limit)
    )
    found = {row.id: row for row in connection.execute(messages)}
    recipients = (
        select(RECIPIENT)
        .join(places, and_(places.c.message == RECIPIENT.c.message, places.c.n == RECIPIENT.c.n))
        .where(RECIPIENT.c.message.in_(found))
        .order_by(RECIPIENT.c.message, RECIPIENT.c.n)
    )
    grouped: dict[str, list[Row[Any]]] = {id: [] for id in found}
    for row in connection.execute(recipients):
        grouped[row.message].append(row)
    return [_waiting(message, grouped[id]) for id, message in found.items()]


def leaves_at(recipient: Row[Any]) -> datetime | None:
    """When a recipient's mail that was not tried yet, and that nobody has in memory, is first tried."""
    is_fresh = recipient.state == State.QUEUED and recipient.attempts is None and recipient.owner in {"", PAUSED}
    return recipient.due_at if is_fresh else None


def _places(chosen: Filter, states: tuple[State, ...]) -> Subquery:
    """Message and ordinal of each recipient that waits and is meant."""
    columns = select(RECIPIENT.c.message, RECIPIENT.c.n).join(MESSAGE, MESSAGE.c.id == RECIPIENT.c.message)
    conditions = list(chosen.conditions())
    if states:
        conditions.append(RECIPIENT.c.state.in_(states))
    return union_all(columns.where(IS_HELD, *conditions), columns.where(IS_OPEN, *conditions)).subquery("places")


def _waiting(message: Row[Any], recipients: list[Row[Any]]) -> Waiting:
    columns = dict.fromkeys(row.findings or message.findings for row in recipients)
    findings = dict.fromkeys(finding for column in columns for finding in findings_from_json(column))
    counts = {state: sum(row.state == state for row in recipients) for state in State}
    attempts = [attempts_from_json(row.attempts) for row in recipients if row.attempts]
    return Waiting(
        id=message.id,
        received_at=message.received_at,
        client=message.client,
        reverse_path=message.reverse_path,
        message_id=message.message_id,
        subject=message.subject,
        mail_class=message.mail_class,
        size=message.size,
        findings=tuple(findings),
        states={state: count for state, count in counts.items() if count},
        mailboxes=tuple(row.mailbox for row in recipients[:_MOST_SHOWN]),
        due_at=min((row.due_at for row in recipients if row.due_at), default=None),
        expires_at=min((row.expires_at for row in recipients if row.expires_at), default=None),
        last_answer=max(attempts, key=lambda tries: tries[-1].at)[-1].answer if attempts else "",
        paused=sum(row.owner == PAUSED for row in recipients),
        leaves_at=min((moment for row in recipients if (moment := leaves_at(row))), default=None),
    )
