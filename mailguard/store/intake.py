"""What was decided about a batch, written down: one statement a table, whatever the number of messages.

`gather` (from `recollection`) finds what the decisions rest on, `record` writes what they came to. Both belong into one
`Database.write`, so that nobody else's decision comes between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from mailguard.policy.entry import Entry
from mailguard.policy.facts import State
from mailguard.policy.finding import Action, Code, Finding
from mailguard.policy.history import COUNTED, is_automatic, reach_key
from mailguard.policy.hold_times import HoldTimes
from mailguard.store.broadcast_lookup import CLAIM
from mailguard.store.instant import to_micros
from mailguard.store.plain_text import findings_to_json, storable
from mailguard.store.recollection import gather
from mailguard.store.statement import Statement, insert
from mailguard.store.workers import PAUSED

__all__ = ["AUDIENCE_WRITTEN", "gather", "ordinals", "record"]

MESSAGE_COLUMNS = (
    "id",
    "received_at",
    "client",
    "reverse_path",
    "message_id",
    "subject",
    "mail_class",
    "template",
    "action",
    "answer",
    "findings",
    "key",
    "digest",
    "text",
    "facts",
    "core",
    "audience",
    "size",
    "hidden_outside",
    "is_replay",
    "is_shadow",
    "is_automatic",
    "body",
    "smtputf8",
    "ret",
    "envid",
    "asks",
    "answers",
    "thread",
    "broadcast",
    "brand",
)

RECIPIENT_COLUMNS = (
    "message",
    "n",
    "mailbox",
    "anchor",
    "person",
    "probability",
    "action",
    "state",
    "findings",
    "joins",
    "notify",
    "orcpt",
    "reverse_path",
    "at",
    "facts",
    "due_at",
    "owner",
    "attempts",
    "expires_at",
    "is_counted",
    "reply_aware",
)

MOST_THREAD = 8_000
"""Characters that are kept of the Message-IDs that a mail follows."""

INSERT_MESSAGE = insert("message", MESSAGE_COLUMNS)
INSERT_CONTENT = insert("content", ("message", "octets"))
INSERT_RECIPIENT = insert("recipient", RECIPIENT_COLUMNS)

# A part may come after retention has taken the content of what went before.
_KEEP_CONTENT = insert("content", ("message", "octets"), conflict="ON CONFLICT (message) DO NOTHING")

# The names of actions sort by strength: deliver, hold, reject. The strongest of all parts is the message's.
_EXTEND_MESSAGE = Statement(
    """UPDATE message SET action = CASE WHEN action < ? THEN ? ELSE action END, answer = ?, hidden_outside = ?
    WHERE id = ?"""
)

_REACH = insert("reach", ("key", "person", "at"), conflict="ON CONFLICT (key, person) DO UPDATE SET at = excluded.at")

# A text in daily use is written once a day, not with each mail.
_WORDING = insert(
    "wording",
    ("text", "first_seen", "last_seen"),
    conflict="""ON CONFLICT (text) DO UPDATE SET last_seen = excluded.last_seen
    WHERE excluded.last_seen > wording.last_seen + 86400000000""",
)

AUDIENCE_WRITTEN = insert(
    "audience",
    ("hash", "last_written_at", "stale_id"),
    conflict="ON CONFLICT (hash) DO UPDATE SET last_written_at = excluded.last_written_at, stale_id = ''",
)

# The first message that was found stale stays the one that is named.
_FOUND_STALE = Statement("UPDATE audience SET stale_id = ? WHERE hash = ? AND stale_id = ''")


@dataclass(frozen=True, slots=True)
class _Terms:
    """Whose the mail is that may leave, until when (in microseconds) it is kept, and how long what is held."""

    owner: str
    expires_at: int
    hold_times: HoldTimes


def record(
    connection: Connection, entries: Sequence[Entry], *, owner: str, expires_at: datetime, hold_times: HoldTimes
) -> None:
    """Write `entries`. What may leave is `owner`'s to deliver until `expires_at`; "" leaves it to whoever leases it.

    What is held waits as long as `hold_times` say.
    """
    fresh = [entry for entry in entries if not entry.first_ordinal]
    INSERT_MESSAGE.run(connection, [_message_row(entry) for entry in fresh])
    INSERT_CONTENT.run(connection, [(entry.id, entry.octets) for entry in fresh if entry.octets])
    _KEEP_CONTENT.run(connection, [(entry.id, entry.octets) for entry in entries if entry.first_ordinal])
    _EXTEND_MESSAGE.run(connection, [_extension(entry) for entry in entries if entry.first_ordinal])
    terms = _Terms(owner, to_micros(expires_at), hold_times)
    INSERT_RECIPIENT.run(connection, [row for entry in entries for row in _recipient_rows(entry, terms)])
    CLAIM.run(connection, [row for entry in entries if entry.members for row in _claims(entry)])
    _remember(connection, entries)


def ordinals(entry: Entry) -> Iterator[tuple[int, int]]:
    """The recipients that `entry` adds: ordinal in the message, index in the envelope."""
    written = (index for index in range(len(entry.states)) if index not in entry.skip)
    return zip(range(entry.first_ordinal, entry.first_ordinal + len(entry.states)), written, strict=False)


def _message_row(entry: Entry) -> tuple[Any, ...]:
    submission = entry.submission
    message, envelope, kind = submission.message, submission.envelope, submission.classification
    fingerprint = message.fingerprint
    is_replay = entry.decision.is_replay
    return (
        entry.id,
        to_micros(submission.received_at),
        submission.client,
        envelope.reverse_path,
        storable(message.message_id),
        storable(message.subject),
        kind.mail_class.value,
        storable(kind.template),
        entry.decision.action.value,
        storable(str(entry.answer)),
        findings_to_json(_common(entry)),
        # A replay has its key's mail before it; the key stays with that.
        storable(message.control.key) if message.control.key and not is_replay else None,
        message.digest,
        fingerprint.text,
        fingerprint.facts,
        fingerprint.core,
        entry.audience or None,
        len(entry.octets) or len(message.content),
        entry.hidden_outside,
        is_replay,
        _is_shadow(entry),
        is_automatic(submission),
        envelope.body.value,
        envelope.smtputf8,
        envelope.ret,
        envelope.envid,
        storable(",".join(kind.asks)) or None,
        _lines(message.thread.answers),
        _lines(message.thread.in_reply_to + message.thread.references[::-1]),
        entry.broadcast or None,
        entry.brand or None,
    )


def _claims(entry: Entry) -> Iterator[tuple[Any, ...]]:
    """For which members of its broadcast the mail is taken."""
    ordinal = {index: n for n, index in ordinals(entry)}
    return ((entry.id, ordinal[index], entry.broadcast, key) for index, key in entry.members.items())


def _lines(message_ids: Iterable[str]) -> str | None:
    """Message-IDs one a line, as many of the first as fit; None for none."""
    kept, room = [], MOST_THREAD
    for id in dict.fromkeys(message_ids):
        room -= len(id) + 1
        if room < 0:
            break
        kept.append(storable(id))
    return "\n".join(kept) or None


def _common(entry: Entry) -> tuple[Finding, ...]:
    """The findings that all recipients share, else none: then each recipient's row has its own."""
    first = entry.decision.recipients[0].findings
    return first if all(recipient.findings == first for recipient in entry.decision.recipients) else ()


def _is_shadow(entry: Entry) -> bool:
    return any(
        recipient.action is not Action.DELIVER and state is State.QUEUED
        for recipient, state in zip(entry.decision.recipients, entry.states, strict=True)
    )


def _extension(entry: Entry) -> tuple[Any, ...]:
    action = entry.decision.action.value
    return action, action, storable(str(entry.answer)), entry.hidden_outside, entry.id


def _recipient_rows(entry: Entry, terms: _Terms) -> Iterator[tuple[Any, ...]]:
    submission = entry.submission
    envelope, facts, at = submission.envelope, submission.message.fingerprint.facts, to_micros(submission.received_at)
    common = _common(entry) if not entry.first_ordinal else None
    # What waits to be undone is nobody's, and may be tried as long as any other mail from when it leaves.
    leaves_at = at if entry.leaves_at is None else to_micros(entry.leaves_at)
    owner = PAUSED if entry.is_paused else terms.owner if entry.leaves_at is None else ""
    held_until = None
    if State.HELD in entry.states:
        held_until = to_micros(submission.received_at + terms.hold_times.of(submission.classification.mail_class))
    for n, index in ordinals(entry):
        path, resolution, state = envelope.recipients[index], submission.persons[index], entry.states[index]
        decision = entry.decision.recipients[index]
        is_queued = state is State.QUEUED
        joins = decision.joins if state is State.HELD else ""
        yield (
            entry.id,
            n,
            path.mailbox.wire,
            resolution.anchor,
            None if resolution.person == resolution.anchor else resolution.person,
            None if resolution.probability == 1 else resolution.probability,
            decision.action.value,
            state.value,
            # Of a part, the message's row is not at hand: its recipients say what they have, even if that is nothing.
            None if decision.findings == common else findings_to_json(decision.findings) or "[]",
            joins or None,
            path.notify,
            path.orcpt,
            # A part may come from another reverse-path (VERP); it says its own, a first transaction has the message's.
            envelope.reverse_path if entry.first_ordinal else None,
            at,
            facts,
            leaves_at if is_queued else None,
            owner if is_queued else "",
            None,
            terms.expires_at + leaves_at - at if is_queued else held_until if state is State.HELD else None,
            state in COUNTED and not joins,
            entry.reply_aware[index] or None if entry.reply_aware else None,
        )


def _remember(connection: Connection, entries: Iterable[Entry]) -> None:
    """What later mails are judged by: whom a text reached, which texts are known, who was written to together."""
    reach: list[tuple[bytes, str, int]] = []
    wordings: dict[bytes, tuple[bytes, int, int]] = {}
    for entry in entries:
        submission = entry.submission
        at = to_micros(submission.received_at)
        counted = [index for _, index in ordinals(entry) if entry.states[index] in COUNTED]
        if counted:
            fingerprint = submission.wording
            key = reach_key(submission.classification.mail_class, fingerprint)
            reach += ((key, submission.persons[index].person, at) for index in counted if index not in entry.own)
            wordings.setdefault(fingerprint.text, (fingerprint.text, at, at))
    _REACH.run(connection, reach)
    _WORDING.run(connection, list(wordings.values()))
    for entry in entries:
        if entry.audience:
            _remember_audience(connection, entry)


def _remember_audience(connection: Connection, entry: Entry) -> None:
    """As `History.add` does within a batch: a stale set stays stale, one that was written to is fresh again."""
    if any(finding.code is Code.STALE_AUDIENCE for finding in entry.decision.findings):
        _FOUND_STALE.run(connection, [(entry.id, entry.audience)])
    elif entry.decision.action is Action.DELIVER or State.QUEUED in entry.states:
        AUDIENCE_WRITTEN.run(connection, [(entry.audience, to_micros(entry.submission.received_at), "")])
