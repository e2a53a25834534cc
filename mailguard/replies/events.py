"""What the system of record says happened (`POST /v1/events`): a field is known, a ticket closed, a task done, a score given.

It counts at once, and once: the same event again, by its id, changes nothing. Who or which reply is meant must be certain;
what names nobody is refused with words that say so, and nothing of it is written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Final, assert_never

from sqlalchemy import Connection
from ulid import ULID

from mailguard.errors import AddressError, UsageError
from mailguard.identity.known import field_name
from mailguard.identity.person import parse_person, record_anchor
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.reply import Kind, ReplyState, Tie
from mailguard.policy.template_rule import MOST_SCORE, rule_for
from mailguard.replies.due import due_at, is_settled
from mailguard.replies.effects import settle, stop
from mailguard.replies.settings import ReplySettings
from mailguard.store.person_anchors import anchors_of
from mailguard.store.person_mail import records_of
from mailguard.store.persons import person_of
from mailguard.store.records import record_of
from mailguard.store.replies import Filter, NewReply, StoredReply, find, put, show
from mailguard.store.reply_moves import Act, Moved, move_all
from mailguard.store.sent import SentMail, sent_to
from mailguard.store.told import take_once, tell

MOST_FIELDS: Final = 100
"""Fields of one event."""

_MOST_MAILS: Final = 50
_OWED: Final = (ReplyState.OPEN, ReplyState.ACKNOWLEDGED)


class EventKind(StrEnum):
    """What can have happened. A ticket is a conversation, all of which is closed; a task is what a low score has opened."""

    FIELD_KNOWN = "field_known"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    TICKET_CLOSED = "ticket_closed"
    TASK_DONE = "task_done"
    SCORE_GIVEN = "score_given"


class EventError(UsageError):
    """The event cannot be taken: the message says whom or what it does not name, or names in vain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. `id` is its sender's, by which it counts once; `source` the system that says it; `at` when it happened.

    Who: a `customer` ("crm:4711"), a `person` ("P17") or a `mailbox`. Which reply: its `reply` id, or its `message_id`.
    `fields`: name → value, None where the value is not told. `text`: what the customer said with a score.
    """

    kind: EventKind
    id: str
    source: str
    at: datetime
    customer: str = ""
    person: str = ""
    mailbox: str = ""
    reply: str = ""
    message_id: str = ""
    fields: Mapping[str, str | None] = field(default_factory=dict)
    score: int | None = None
    template: str = ""
    text: str = ""
    reason: str = ""

    @property
    def names_somebody(self) -> bool:
        """Whether it says who is meant."""
        return bool(self.customer or self.person or self.mailbox)

    @property
    def names_reply(self) -> bool:
        """Whether it says which reply is meant."""
        return bool(self.reply or self.message_id)


@dataclass(frozen=True, slots=True)
class TakenEvent:
    """What an event has done. `is_new` False: it was taken before, and nothing was done.

    `moved`: the replies that it has brought forward; `fields`: what is known from now on, by our names; `reply`: the one that
    a score has made.
    """

    is_new: bool
    moved: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    reply: str = ""


def take_event(connection: Connection, event: Event, settings: ReplySettings, *, now: datetime) -> TakenEvent:
    """Do what follows from an event, in the transaction of the connection. Raises EventError for what names nobody.

    After an error the transaction is to be given up.
    """
    if not event.id.strip():
        raise EventError("an event needs an id of its sender's, so that it counts once")
    if not take_once(connection, event.id, at=now):
        return TakenEvent(is_new=False)
    match event.kind:
        case EventKind.FIELD_KNOWN:
            taken = _field_known(connection, event)
        case EventKind.SCORE_GIVEN:
            taken = _score_given(connection, event, settings, now=now)
        case EventKind.ACKNOWLEDGED:
            taken = _moved(connection, event, _named(connection, event), ReplyState.ACKNOWLEDGED, now=now)
        case EventKind.RESOLVED:
            taken = _moved(connection, event, _named(connection, event), ReplyState.RESOLVED, now=now)
        case EventKind.TICKET_CLOSED:
            ticket = _conversations(connection, _named(connection, event))
            taken = _moved(connection, event, ticket, ReplyState.RESOLVED, now=now)
        case EventKind.TASK_DONE:
            taken = _moved(connection, event, _tasks(connection, event), ReplyState.RESOLVED, now=now)
        case _:
            assert_never(event.kind)
    return taken


# Who.


def _anchor(connection: Connection, event: Event) -> str:
    """Return the anchor of whom an event names: a record's where one is meant, else the canonical mailbox."""
    given = [
        *([_of_customer(connection, event.customer)] if event.customer else []),
        *([_of_person(connection, event.person)] if event.person else []),
        *([_of_mailbox(connection, event.mailbox)] if event.mailbox else []),
    ]
    if not given:
        raise EventError(f"{event.kind} needs to know of whom: customer, person or mailbox")
    meant = anchors_of(connection, given)
    if any(not set(meant[given[0]]) & set(meant[other]) for other in given[1:]):
        raise EventError(f"{event.kind} names several persons: {', '.join(_said(event))}")
    return given[0]


def _said(event: Event) -> list[str]:
    return [name for name in (event.customer, event.person, event.mailbox) if name]


def _of_customer(connection: Connection, customer: str) -> str:
    source, colon, key = customer.partition(":")
    record = record_of(connection, source, key) if colon else None
    if record is None:
        raise EventError(f"there is no customer {customer!r}; a customer is SOURCE:KEY as imported, such as crm:4711")
    return record_anchor(record)


def _of_person(connection: Connection, person: str) -> str:
    try:
        number = parse_person(person)
    except ValueError as error:
        raise EventError(str(error)) from error
    if number not in person_of(connection, [number]):
        raise EventError(f"there is no person {person}")
    return record_anchor(number)


def _of_mailbox(connection: Connection, mailbox: str) -> str:
    try:
        canonical = parse_mailbox(mailbox.strip()).canonical
    except AddressError as error:
        raise EventError(f"{mailbox!r} is no mailbox") from error
    found = records_of(connection, [canonical]).get(canonical, {})
    return record_anchor(min(found)) if len(set(found.values())) == 1 else canonical


# Which reply.


def _named(connection: Connection, event: Event) -> list[StoredReply]:
    """Return the replies that an event names, by id or Message-ID; where it says who, they must be theirs."""
    if not event.names_reply:
        raise EventError(f"{event.kind} needs to know of which reply: reply (its id) or message_id")
    found = [one for one in _meant(connection, event) if one.state is not None]
    if not found:
        raise EventError(f"there is no reply {event.reply or event.message_id!r} of a person")
    if event.names_somebody:
        own = set(anchors_of(connection, [anchor := _anchor(connection, event)])[anchor])
        found = [one for one in found if not own.isdisjoint({one.anchor, one.mailbox})]
        if not found:
            raise EventError(f"reply {event.reply or event.message_id!r} is not of {', '.join(_said(event))}")
    return found


def _meant(connection: Connection, event: Event) -> list[StoredReply]:
    if event.reply:
        one = show(connection, event.reply)
        return [one] if one else []
    return find(connection, Filter(kinds=[Kind.HUMAN], message_id=event.message_id.strip().strip("<>")))


def _conversations(connection: Connection, replies: Sequence[StoredReply]) -> list[StoredReply]:
    """Return these replies, and what is owed to the same persons in the same conversations."""
    anchors = anchors_of(connection, {one.anchor for one in replies if one.anchor})
    same = {one.conversation for one in replies if one.conversation}
    all_of = {anchor for own in anchors.values() for anchor in own}
    owed = find(connection, Filter(states=_OWED, anchors=all_of)) if all_of and same else []
    found = {one.id: one for one in (*replies, *(one for one in owed if one.conversation in same))}
    return list(found.values())


def _tasks(connection: Connection, event: Event) -> list[StoredReply]:
    """Return the reply that is named; or of whom is named, what they gave a score in and is still owed."""
    if event.names_reply:
        return _named(connection, event)
    anchor = _anchor(connection, event)
    owed = find(connection, Filter(states=_OWED, anchors=anchors_of(connection, [anchor])[anchor]))
    return [one for one in owed if one.score is not None]


# What is done.


def _moved(
    connection: Connection, event: Event, replies: Collection[StoredReply], state: ReplyState, *, now: datetime
) -> TakenEvent:
    act = Act(now, event.source, event.reason or f"{event.kind} {event.id}")
    moved: list[Moved] = move_all(connection, [one.id for one in replies], state, act=act)
    return TakenEvent(is_new=True, moved=tuple(one.id for one in moved if one.is_change))


def _field_known(connection: Connection, event: Event) -> TakenEvent:
    fields = {field_name(name): value for name, value in event.fields.items()}
    if not fields or len(fields) > MOST_FIELDS:
        raise EventError(f"field_known needs fields, 1 to {MOST_FIELDS} of them")
    nothing = [name for name, value in fields.items() if not name or (value is not None and not value.strip())]
    if nothing:
        raise EventError(
            f"field_known tells nothing of {', '.join(map(repr, nothing))}: give a value, or null for a secret one"
        )
    tell(connection, _anchor(connection, event), fields, source=event.source, at=event.at)
    return TakenEvent(is_new=True, fields=tuple(sorted(fields)))


def _score_given(connection: Connection, event: Event, settings: ReplySettings, *, now: datetime) -> TakenEvent:
    """Write the score down as a reply of the person's; a low one opens a task, a good one without words needs nothing."""
    if event.score is None or not 0 <= event.score <= MOST_SCORE:
        raise EventError(f"score_given needs a score from 0 to {MOST_SCORE}")
    anchor = _anchor(connection, event)
    mail = _asked(connection, anchor, event, settings)
    rule = rule_for(settings.templates, event.template)
    at = min(event.at, now)
    new = NewReply(
        id=str(ULID.from_datetime(now)),
        key=blake2b(f"event {event.id}".encode(errors="replace"), digest_size=16).digest(),
        received_at=at,
        written_at=event.at,
        source=event.source,
        kind=Kind.HUMAN,
        tie=Tie.EVENT,
        anchor=anchor,
        text=event.text,
        score=event.score,
        answers=mail.id if mail else "",
        answers_n=mail.recipients[0].n if mail else None,
        template=event.template,
        facts=mail.facts if mail else b"",
        brand=settings.client_brands.get(mail.client, "") if mail else "",
        due_at=due_at(at, rule, event.score),
        is_settled=is_settled(rule, event.score, has_words=bool(event.text.strip())),
        size=0,
    )
    places = put(connection, [new])
    settle(connection, [new], now=now)
    stop(connection, [(new, places[0])], settings, now=now)
    return TakenEvent(is_new=True, reply=places[0].id)


def _asked(connection: Connection, anchor: str, event: Event, settings: ReplySettings) -> SentMail | None:
    """Return the mail that the score answers: the last one with this template, None where that is not known."""
    if not event.template:
        return None
    anchors = anchors_of(connection, [anchor])[anchor]
    latest = sent_to(connection, anchors, event.at - settings.limits.reply_window, _MOST_MAILS)
    same = [mail for mails in latest.values() for mail in mails if mail.template == event.template]
    return max(same, key=lambda mail: mail.received_at, default=None)
