"""What waits for a person, and what a person does about it: release, drop, try again. Also what only time does: expiry.

Every act keeps who did it and why. A repeat of a held mail waits with it (`joins`): it is dropped when the other is released,
for then it would be a repeat indeed, and when the other is dropped. Whether both are to one person is asked when that is done:
persons may have been joined or split since the mails came.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import product
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, not_, or_, select, update

from mailguard.policy.entry import Entry
from mailguard.policy.facts import State
from mailguard.policy.finding import Code
from mailguard.policy.history import COUNTED
from mailguard.policy.parcel import Parcel
from mailguard.store.answers import answer_released
from mailguard.store.filter import FINDINGS, Filter, is_named
from mailguard.store.instant import to_micros
from mailguard.store.intake import AUDIENCE_WRITTEN, ordinals
from mailguard.store.own_mail import OWN_CLIENT
from mailguard.store.parcels import places, read_parcels
from mailguard.store.person_mail import whose
from mailguard.store.plain_text import mark_of
from mailguard.store.recalls import IS_RECALLED
from mailguard.store.statement import Statement, insert
from mailguard.store.stops import settle
from mailguard.store.tables import CONTENT, IS_HELD, IS_OPEN, MESSAGE, RECIPIENT, WORDING
from mailguard.store.waiting import Waiting, waiting
from mailguard.store.workers import PAUSED

__all__ = ["Act", "Changed", "Filter", "Verb", "Waiting", "drop", "expire", "release", "retry", "supersede", "waiting"]

MOST_AT_ONCE: Final = 5_000
"""Recipients that one act changes; what is left, it does when it is repeated."""

CLOCK: Final = "mailguard"
"""The actor of what happens because time has passed."""


class Verb(StrEnum):
    """What was done to a recipient's mail."""

    RELEASED = "released"
    DROPPED = "dropped"
    RETRIED = "retried"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, when and why."""

    at: datetime
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Changed:
    """What an act came to: the messages and the number of their recipients that it changed.

    `joined`: recipients of repeats that were dropped with it. `left`: those ids that it could do nothing for, because nothing
    of theirs is in a state for it, is under way just now, or has its content no more. `is_complete`: whether all that was
    meant is done; else the act is to be repeated.
    """

    messages: tuple[str, ...]
    recipients: int
    joined: int
    left: tuple[str, ...]
    is_complete: bool


_RECORD = insert("event", ("at", "message", "n", "actor", "verb", "reason"))

_QUEUE = Statement(
    """UPDATE recipient SET state = 'queued', owner = '', due_at = ?, expires_at = ?, joins = NULL, is_counted = TRUE
    WHERE message = ? AND n = ?"""
)

_END = Statement("UPDATE recipient SET state = ?, due_at = NULL, is_counted = FALSE WHERE message = ? AND n = ?")

_HASTEN = Statement("UPDATE recipient SET due_at = ? WHERE message = ? AND n = ?")

_IS_NOBODYS = and_(IS_OPEN, RECIPIENT.c.owner.in_(["", PAUSED]))

_HAS_CONTENT = exists().where(CONTENT.c.message == RECIPIENT.c.message)

# A template that was not rendered is no mail to let out.
_IS_WHOLE = or_(FINDINGS.is_(None), not_(FINDINGS.contains(mark_of(Code.RENDER_FAILED), autoescape=True)))

# What was taken back is let out no more, whenever it came; the draft of an apology is.
_CAME_TOO_LATE = and_(MESSAGE.c.client != OWN_CLIENT, FINDINGS.contains(mark_of(Code.RECALLED), autoescape=True))
_IS_WANTED = and_(not_(IS_RECALLED), or_(FINDINGS.is_(None), not_(_CAME_TOO_LATE)))

# A recipient that expired without a try was held; with one, it was on its way.
_WAS_STOPPED = or_(
    RECIPIENT.c.state.in_([State.REJECTED, State.DROPPED]),
    and_(RECIPIENT.c.state == State.EXPIRED, RECIPIENT.c.attempts.is_(None)),
)
_HAS_FAILED = or_(
    RECIPIENT.c.state == State.FAILED,
    and_(RECIPIENT.c.state == State.EXPIRED, RECIPIENT.c.attempts.is_not(None)),
)


def release(connection: Connection, chosen: Filter, act: Act, *, expires_at: datetime, limit: int = MOST_AT_ONCE) -> Changed:
    """Let go out, by `expires_at`, what is held and `chosen` means.

    Of a message that is named by its id and of which nothing is held, what was rejected, dropped or not released in time goes
    out, while its content is kept. A filter that names no ids leaves repeats of held mail to the mail that they repeat. A
    template that was not rendered is released by nobody. What goes out answers what it is an answer to.
    """
    is_first = () if chosen.ids else (RECIPIENT.c.joins.is_(None),)
    rows = _targets(connection, chosen, IS_HELD, _IS_WHOLE, *is_first, limit=limit)
    if chosen.ids:
        held = {row.message for row in rows}
        stopped = _targets(connection, chosen, _WAS_STOPPED, _HAS_CONTENT, _IS_WHOLE, _IS_WANTED, limit=limit)
        rows += [row for row in stopped if row.message not in held]
    released = _without_joined(connection, rows)
    at = to_micros(act.at)
    _QUEUE.run(connection, [(at, to_micros(expires_at), row.message, row.n) for row in released])
    _record(connection, released, act, Verb.RELEASED)
    _remember(connection, released, act.at)
    answer_released(connection, [(row.message, row.n) for row in released], now=act.at)
    settle(connection, {row.message for row in released})
    return _changed(connection, chosen, act, released, Verb.RELEASED, limit=limit)


def drop(connection: Connection, chosen: Filter, act: Act, *, limit: int = MOST_AT_ONCE) -> Changed:
    """Give up what `chosen` means of what is held, queued or deferred. What is under way just now is left alone."""
    rows = _targets(connection, chosen, IS_HELD, limit=limit)
    rows += _targets(connection, chosen, _IS_NOBODYS, limit=limit)
    _end(connection, rows, State.DROPPED)
    _record(connection, rows, act, Verb.DROPPED)
    return _changed(connection, chosen, act, rows, Verb.DROPPED, limit=limit)


def supersede(connection: Connection, entries: Iterable[Entry], *, now: datetime) -> None:
    """Drop the held mail that these take the place of, just written: it waited for the check that they bring."""
    for entry in entries:
        meant = set(_superseded(entry))
        if meant:
            rows = [row for row in _held(connection, {message for message, _ in meant}) if (row.message, row.anchor) in meant]
            act = Act(now, CLOCK, f"came again with a check, as {entry.id}")
            _end(connection, rows, State.DROPPED)
            _record(connection, rows, act, Verb.DROPPED)
            _drop_joined(connection, rows, act, Verb.DROPPED)


def _held(connection: Connection, messages: Collection[str]) -> list[Row[Any]]:
    held = select(RECIPIENT.c.message, RECIPIENT.c.n, RECIPIENT.c.anchor).where(IS_HELD, RECIPIENT.c.message.in_(messages))
    return list(connection.execute(held))


def _superseded(entry: Entry) -> Iterator[tuple[str, str]]:
    """Message and anchor of each held mail that the entry takes the place of."""
    for _, index in ordinals(entry):
        if entry.states[index] in COUNTED:
            anchors = entry.submission.persons[index].anchors
            yield from product(entry.decision.recipients[index].supersedes, anchors)


def retry(connection: Connection, chosen: Filter, act: Act, *, expires_at: datetime, limit: int = MOST_AT_ONCE) -> Changed:
    """Try now what `chosen` means of what is deferred.

    Of a message that is named by its id, what has failed or was given up after tries is tried again too, until `expires_at`,
    while its content is kept.
    """
    # What is due already would be found again and again, until somebody leases it.
    # What may still be undone goes only where it is named: trying again is no reason to hurry it.
    is_waiting = () if chosen.ids else (RECIPIENT.c.due_at > act.at, RECIPIENT.c.state == State.DEFERRED)
    deferred = _targets(connection, chosen, _IS_NOBODYS, *is_waiting, limit=limit)
    failed = _targets(connection, chosen, _HAS_FAILED, _HAS_CONTENT, _IS_WANTED, limit=limit) if chosen.ids else []
    at = to_micros(act.at)
    _HASTEN.run(connection, [(at, row.message, row.n) for row in deferred])
    _QUEUE.run(connection, [(at, to_micros(expires_at), row.message, row.n) for row in failed])
    rows = deferred + failed
    settle(connection, {row.message for row in rows})
    _record(connection, rows, act, Verb.RETRIED)
    return _changed(connection, chosen, act, rows, Verb.RETRIED, limit=limit)


def expire(connection: Connection, *, now: datetime, limit: int = 200) -> list[Parcel]:
    """End what was held for too long and return it, for the senders to be told. To be repeated until nothing comes back.

    The repeats that wait with it end as dropped.
    """
    parcels = read_parcels(connection, IS_HELD, RECIPIENT.c.expires_at <= now, order_by=RECIPIENT.c.expires_at, limit=limit)
    expired = places(parcels)
    _END.run(connection, [(State.EXPIRED.value, message, n) for message, n in expired])
    reason = "nobody released it in time"
    at = to_micros(now)
    _RECORD.run(connection, [(at, message, n, CLOCK, Verb.EXPIRED.value, reason) for message, n in expired])
    _drop_joined(connection, _rows_of(connection, expired), Act(now, CLOCK, reason), Verb.EXPIRED)
    return parcels


def _rows_of(connection: Connection, expired: Iterable[tuple[str, int]]) -> list[Row[Any]]:
    wanted = set(expired)
    selection = select(RECIPIENT.c.message, RECIPIENT.c.n, RECIPIENT.c.anchor)
    rows: list[Row[Any]] = list(
        connection.execute(selection.where(RECIPIENT.c.message.in_({message for message, _ in wanted})))
    )
    return [row for row in rows if (row.message, row.n) in wanted]


def _targets(connection: Connection, chosen: Filter, *states: ColumnElement[bool], limit: int) -> list[Row[Any]]:
    """The oldest recipients that `chosen` means, in any of these states."""
    if chosen.means_nothing:
        return []
    columns = (RECIPIENT.c.message, RECIPIENT.c.n, RECIPIENT.c.anchor, RECIPIENT.c.joins)
    meant = (
        select(*columns, MESSAGE.c.message_id, MESSAGE.c.text, MESSAGE.c.audience)
        .join(MESSAGE, MESSAGE.c.id == RECIPIENT.c.message)
        .where(*states, *chosen.conditions())
        .order_by(MESSAGE.c.seq, RECIPIENT.c.n)
        .limit(limit)
    )
    return list(connection.execute(meant))


def _without_joined(connection: Connection, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """`rows` without the repeats of others among them."""
    person = whose(connection, {row.anchor for row in rows})
    firsts = {(row.message, person[row.anchor]) for row in rows}
    return [row for row in rows if (row.joins, person[row.anchor]) not in firsts]


def _changed(connection: Connection, chosen: Filter, act: Act, rows: Sequence[Row[Any]], verb: Verb, *, limit: int) -> Changed:
    joined = _drop_joined(connection, rows, act, verb) if verb in {Verb.RELEASED, Verb.DROPPED} else 0
    messages = tuple(dict.fromkeys(row.message for row in rows))
    named = {row.message: row.message_id for row in rows}
    left = (name for name in chosen.ids if not any(is_named(name, id=id, message_id=named[id]) for id in named))
    return Changed(messages, len(rows), joined, tuple(left), is_complete=len(rows) < limit)


def _drop_joined(connection: Connection, firsts: Sequence[Row[Any]], act: Act, verb: Verb) -> int:
    """Drop the held repeats of what was released or dropped, and the repeats of those. Returns their number."""
    person = whose(connection, {row.anchor for row in firsts})
    repeated = {(row.message, person[row.anchor]) for row in firsts}
    dropped = 0
    while repeated:
        joining = select(RECIPIENT.c.message, RECIPIENT.c.n, RECIPIENT.c.anchor, RECIPIENT.c.joins)
        joining = joining.where(IS_HELD, RECIPIENT.c.joins.in_({message for message, _ in repeated}))
        rows: list[Row[Any]] = list(connection.execute(joining))
        person = whose(connection, {row.anchor for row in rows})
        rows = [row for row in rows if (row.joins, person[row.anchor]) in repeated]
        _end(connection, rows, State.DROPPED)
        for row in rows:
            _record(connection, [row], Act(act.at, act.actor, f"repeat of {row.joins}, which was {verb}"), Verb.DROPPED)
        dropped += len(rows)
        repeated = {(row.message, person[row.anchor]) for row in rows}
    return dropped


def _end(connection: Connection, rows: Iterable[Row[Any]], state: State) -> None:
    _END.run(connection, [(state.value, row.message, row.n) for row in rows])


def _record(connection: Connection, rows: Iterable[Row[Any]], act: Act, verb: Verb) -> None:
    at = to_micros(act.at)
    _RECORD.run(connection, [(at, row.message, row.n, act.actor, verb.value, act.reason) for row in rows])


def _remember(connection: Connection, rows: Iterable[Row[Any]], at: datetime) -> None:
    """A text that a clerk let out is an approved one, and its audience was written to now."""
    texts, audiences = {row.text for row in rows}, {row.audience for row in rows if row.audience}
    connection.execute(update(WORDING).where(WORDING.c.text.in_(texts)).values(released_at=at))
    AUDIENCE_WRITTEN.run(connection, [(audience, to_micros(at), "") for audience in audiences])
