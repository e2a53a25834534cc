"""Mail as it was recorded, in the order in which it was decided: what was decided of it, and what became of it when.

Read a page at a time, each in a snapshot of its own, so that a reading of months keeps nobody from clearing up. What a mail was
judged by is not here: that has to be worked out again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from mailguard.mail.control import MailClass
from mailguard.mail.fingerprint import Fingerprint
from mailguard.policy.facts import State
from mailguard.policy.finding import Action, Finding
from mailguard.store.database import Database
from mailguard.store.plain_text import attempts_from_json, findings_from_json
from mailguard.store.tables import CONTENT, EVENT, MESSAGE, RECALLED, RECIPIENT

PAGE: Final = 200
"""Messages that are read at a time."""

OVERRIDDEN: Final = "overridden"
"""The verb of a decision that somebody had set aside beforehand."""

RELEASED: Final = "released"
STOPPED: Final = "stopped"

_BECAME: Final = {
    RELEASED: State.QUEUED,
    "retried": State.QUEUED,
    STOPPED: State.HELD,
    "dropped": State.DROPPED,
    "expired": State.EXPIRED,
}
"""What a verb of an event made of a recipient's mail; others change nothing that a later mail is judged by."""

_SENT: Final = frozenset({State.QUEUED, State.DEFERRED, State.DELIVERED, State.FAILED})
"""States of mail that was let go, whatever became of it then."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a recipient's mail became later. `is_release`: a person let it out, and with it approved of its text."""

    at: datetime
    state: State
    is_release: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRecipient:
    """One recipient. `state` is the one that it came in with, `turns` what it became later, in order.

    `findings` are those of the decision, not what was found while it waited. `person`: as in `Resolution`.
    """

    n: int
    mailbox: str
    anchor: str
    person: str
    probability: float
    action: Action
    state: State
    findings: tuple[Finding, ...]
    joins: str
    at: datetime
    reverse_path: str
    turns: tuple[Turn, ...]
    is_overridden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedMail:
    """One message with all its recipients, those of later transactions too. `thread`: all that it names, nearest first."""

    seq: int
    id: str
    received_at: datetime
    client: str
    message_id: str
    subject: str
    mail_class: MailClass
    template: str
    asks: tuple[str, ...]
    answer: str
    key: str
    digest: bytes
    fingerprint: Fingerprint
    audience: bytes
    size: int
    hidden_outside: int
    is_replay: bool
    is_automatic: bool
    answers: tuple[str, ...]
    thread: tuple[str, ...]
    broadcast: str
    brand: str
    recipients: tuple[RecordedRecipient, ...]


@dataclass(frozen=True, slots=True)
class Extent:
    """What is to be read: the messages from `first` to `last`, by their places. `messages`: how many that are."""

    first: int
    last: int
    messages: int


def extent(connection: Connection, since: datetime) -> Extent:
    """What was received since then, as of now; no messages where that is nothing."""
    places = select(func.min(MESSAGE.c.seq), func.max(MESSAGE.c.seq), func.count()).where(MESSAGE.c.received_at >= since)
    first, last, messages = connection.execute(places).one()
    return Extent(first or 0, last or 0, messages)


def recorded(database: Database, of: Extent) -> Iterator[list[RecordedMail]]:
    """The mail of that extent in the order of decisions, a page at a time."""
    after = of.first - 1
    while after < of.last:
        with database.read() as connection:
            page = _page(connection, after, of.last)
        if not page:
            return
        yield page
        after = page[-1].seq


def contents(connection: Connection, ids: Sequence[str]) -> dict[str, bytes]:
    """The octets that left of each of these messages, trace field included; nothing for what is kept no more."""
    rows = connection.execute(select(CONTENT.c.message, CONTENT.c.octets).where(CONTENT.c.message.in_(ids)))
    return {row.message: bytes(row.octets) for row in rows}


def _page(connection: Connection, after: int, last: int) -> list[RecordedMail]:
    window = select(MESSAGE).where(MESSAGE.c.seq > after, MESSAGE.c.seq <= last)
    messages = connection.execute(window.order_by(MESSAGE.c.seq).limit(PAGE)).all()
    ids = [row.id for row in messages]
    recipients: dict[str, list[Row[Any]]] = {id: [] for id in ids}
    chosen = select(RECIPIENT).where(RECIPIENT.c.message.in_(ids)).order_by(RECIPIENT.c.message, RECIPIENT.c.n)
    for row in connection.execute(chosen):
        recipients[row.message].append(row)
    events: dict[tuple[str, int], list[Row[Any]]] = {}
    for row in connection.execute(select(EVENT).where(EVENT.c.message.in_(ids)).order_by(EVENT.c.seq)):
        events.setdefault((row.message, row.n), []).append(row)
    recalled = _recalled(connection, messages)
    return [
        _mail(row, [_recipient(row, one, events.get((row.id, one.n), ()), recalled.get(row.id)) for one in recipients[row.id]])
        for row in messages
    ]


def _recalled(connection: Connection, messages: Sequence[Row[Any]]) -> dict[str, datetime]:
    """When each of these messages was taken back, or its broadcast; nothing for what was not."""
    keys = {key for row in messages for key in (row.id, row.broadcast) if key}
    rows = connection.execute(select(RECALLED).where(RECALLED.c.scope.in_(["message", "broadcast"]), RECALLED.c.key.in_(keys)))
    at = {row.key: row.at for row in rows}
    return {row.id: at[key] for row in messages for key in (row.broadcast, row.id) if key in at}


def _mail(row: Row[Any], recipients: Sequence[RecordedRecipient]) -> RecordedMail:
    return RecordedMail(
        seq=row.seq,
        id=row.id,
        received_at=row.received_at,
        client=row.client,
        message_id=row.message_id,
        subject=row.subject,
        mail_class=MailClass(row.mail_class),
        template=row.template,
        asks=tuple(row.asks.split(",")) if row.asks else (),
        answer=row.answer,
        key=row.key or "",
        digest=bytes(row.digest),
        fingerprint=Fingerprint(text=bytes(row.text), facts=bytes(row.facts), core=bytes(row.core), words=0),
        audience=bytes(row.audience or b""),
        size=row.size,
        hidden_outside=row.hidden_outside,
        is_replay=row.is_replay,
        is_automatic=row.is_automatic,
        answers=_lines(row.answers),
        thread=_lines(row.thread),
        broadcast=row.broadcast or "",
        brand=row.brand or "",
        recipients=tuple(recipients),
    )


def _lines(column: str | None) -> tuple[str, ...]:
    return tuple(column.split("\n")) if column else ()


def _recipient(message: Row[Any], row: Row[Any], events: Sequence[Row[Any]], recalled_at: datetime | None) -> RecordedRecipient:
    action, last = Action(row.action), State(row.state)
    turns = tuple(Turn(one.at, _BECAME[one.verb], one.verb == RELEASED) for one in events if one.verb in _BECAME)
    first = _first_state(action, last, turns, is_shadow=message.is_shadow)
    found_later = {one.reason for one in events if one.verb == STOPPED}
    findings = findings_from_json(message.findings if row.findings is None else row.findings)
    return RecordedRecipient(
        n=row.n,
        mailbox=row.mailbox,
        anchor=row.anchor,
        person=row.anchor if row.person is None else row.person,
        probability=1.0 if row.probability is None else row.probability,
        action=action,
        state=first,
        findings=tuple(finding for finding in findings if finding.text not in found_later),
        joins=row.joins or "",
        at=row.at,
        reverse_path=message.reverse_path if row.reverse_path is None else row.reverse_path,
        turns=_with_end(turns, first, row, recalled_at),
        is_overridden=any(one.verb == OVERRIDDEN for one in events),
    )


def _first_state(action: Action, last: State, turns: Sequence[Turn], *, is_shadow: bool) -> State:
    """The state that it came in with: what the decision said, unless it went out all the same, as in mode `shadow`."""
    if last is State.REPLAYED:
        return State.REPLAYED
    was_sent = last in _SENT and not any(turn.is_release for turn in turns)
    if action is Action.DELIVER or was_sent or (is_shadow and last is not State.HELD):
        return State.QUEUED
    return State.HELD if action is Action.HOLD else State.REJECTED


def _with_end(turns: tuple[Turn, ...], first: State, row: Row[Any], recalled_at: datetime | None) -> tuple[Turn, ...]:
    """The same with what no event says: what delivery made of it, at its last attempt; and that it was taken back."""
    last = State(row.state)
    if last in {turns[-1].state if turns else first, State.QUEUED, State.DEFERRED}:
        return turns
    if last is State.CANCELLED and recalled_at is not None:
        return (*turns, Turn(recalled_at, last))
    attempts = attempts_from_json(row.attempts)
    at = attempts[-1].at if attempts else turns[-1].at if turns else row.at
    return (*turns, Turn(at, last))
