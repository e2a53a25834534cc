"""What the ledger remembers that bears on a batch of submissions: a handful of queries, whatever the size of either.

Each query is bounded a key: by an index that holds nothing else, or by a LIMIT. Which facts matter is for `policy.history`
to say; this file only finds them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection

from mailguard.identity.person import parse_person
from mailguard.mail.automation import AutoSubmitted
from mailguard.mail.control import MailClass
from mailguard.policy.facts import Audience, Earlier, State, Suppression
from mailguard.policy.finding import Code
from mailguard.policy.history import REPLAY_WINDOW, History, Reach, Sibling, audience_of, reach_key
from mailguard.policy.limits import Limits
from mailguard.policy.submission import Submission
from mailguard.store.bounces import standing
from mailguard.store.broadcast_lookup import checked
from mailguard.store.candidates import known
from mailguard.store.instant import from_micros, to_micros
from mailguard.store.plain_text import codes_in, storable
from mailguard.store.recall_lookup import lately_recalled
from mailguard.store.reply_recollection import replies
from mailguard.store.statement import Lookup, Statement
from mailguard.store.told import told

LIFTED: Final = 1_000_000
"""A `fan_out_limit` from which on it is no limit: nothing is looked up."""

MOST_EARLIER: Final = 200
"""Earlier mails looked at for one anchor and one set of facts, newest first."""

TOLD: Final = "told:"
"""What stands before the name of the system that has told a field, where a record's name would stand."""

_BY_MESSAGE_ID = Lookup(
    {"message_id": "text", "digest": "bytea", "client": "text"},
    """SELECT m.id, m.client, m.message_id, m.key, m.digest, m.text, m.facts, m.hidden_outside, m.answer, m.broadcast
    FROM k CROSS JOIN message m
    WHERE m.message_id = k.message_id AND m.digest = k.digest AND m.is_replay = FALSE AND m.client = k.client
    AND m.received_at > ? ORDER BY m.seq""",
)

_BY_KEY = Lookup(
    {"client": "text", "key": "text"},
    """SELECT m.id, m.client, m.message_id, m.key, m.digest, m.text, m.facts, m.hidden_outside, m.answer, m.broadcast
    FROM k CROSS JOIN message m WHERE m.client = k.client AND m.key = k.key""",
)

_RECIPIENTS = Lookup(
    {"id": "text"},
    "SELECT r.message, r.mailbox, r.state FROM k CROSS JOIN recipient r WHERE r.message = k.id ORDER BY r.message, r.n",
)

# What was just recalled loses `is_counted` only bit by bit.
_EARLIER = Lookup(
    {"anchor": "text", "facts": "bytea", "since": "bigint"},
    """SELECT r.anchor, r.facts, r.message, r.at, m.text, m.core, r.state, r.findings, m.findings
    FROM k CROSS JOIN recipient r ON r.rowid IN (
        SELECT i.rowid FROM recipient i
        WHERE i.anchor = k.anchor AND i.facts = k.facts AND i.is_counted = TRUE AND i.at > k.since
        ORDER BY i.at DESC LIMIT ?
    ) CROSS JOIN message m WHERE m.id = r.message AND r.state <> 'cancelled' ORDER BY r.at DESC""",
    postgres="""SELECT r.anchor, r.facts, r.message, r.at, m.text, m.core, r.state, r.findings, m.findings
    FROM k CROSS JOIN LATERAL (
        SELECT i.* FROM recipient i
        WHERE i.anchor = k.anchor AND i.facts = k.facts AND i.is_counted = TRUE AND i.at > k.since
        ORDER BY i.at DESC LIMIT ?
    ) r JOIN message m ON m.id = r.message AND r.state <> 'cancelled' ORDER BY r.at DESC""",
)

_REACH = Lookup(
    {"key": "bytea", "since": "bigint"},
    """SELECT k.key, (SELECT count(*) FROM (SELECT 1 FROM reach r WHERE r.key = k.key AND r.at > k.since LIMIT ?) AS reached)
    FROM k WHERE EXISTS (SELECT 1 FROM reach r WHERE r.key = k.key AND r.at > k.since)""",
)

_REACHED = Statement("SELECT person FROM reach WHERE key = ? AND at > ? LIMIT ?")

_WORDING = Lookup(
    {"text": "bytea"}, "SELECT w.text, w.first_seen, w.released_at FROM k CROSS JOIN wording w WHERE w.text = k.text"
)

_SUPPRESSIONS = Lookup(
    {"person": "text"}, "SELECT s.person, s.suppression FROM k CROSS JOIN suppression s WHERE s.person = k.person"
)

_AUDIENCES = Lookup(
    {"hash": "bytea"}, "SELECT a.hash, a.last_written_at, a.stale_id FROM k CROSS JOIN audience a WHERE a.hash = k.hash"
)

_AUTOMATIC = Lookup(
    {"message_id": "text"},
    """SELECT m.message_id, min(m.id) FROM k CROSS JOIN message m
    WHERE m.message_id = k.message_id AND m.is_automatic = TRUE GROUP BY m.message_id""",
)

# What robots on customers' side wrote; an unsubscription is a person's wish, and may be confirmed.
_AUTOMATIC_REPLIES = Lookup(
    {"message_id": "text"},
    """SELECT r.message_id, min(r.id) FROM k CROSS JOIN reply r
    WHERE r.message_id = k.message_id AND r.kind IN ('automatic', 'bounce', 'complaint') GROUP BY r.message_id""",
)

_BULK = Lookup(
    {"anchor": "text", "since": "bigint"},
    """SELECT r.anchor, count(*) FROM k CROSS JOIN recipient r CROSS JOIN message m
    WHERE r.anchor = k.anchor AND r.is_counted = TRUE AND r.at > k.since AND m.id = r.message AND m.mail_class = 'bulk'
    AND r.state <> 'cancelled'
    GROUP BY r.anchor""",
)


_STRENGTH: Final = list(Suppression).index
_OF_MAILBOX: Final = frozenset({Suppression.BOUNCED})


def gather(
    connection: Connection, submissions: Sequence[Submission], limits: Limits, *, newest_recall: str | None = None
) -> History:
    """All that the ledger knows that a decision about `submissions` may rest on.

    `newest_recall`: of this very transaction, "" for none; None where the caller has not asked.
    """
    suppressions = _suppressions(connection, submissions)
    siblings = _siblings(connection, submissions)
    tokens = checked(connection, submissions)
    return History(
        siblings=siblings,
        earlier=_earlier(connection, submissions, limits),
        reach=_reach(connection, submissions, limits),
        suppressions={
            anchor: min(found - _OF_MAILBOX, key=_STRENGTH) for anchor, found in suppressions.items() if found - _OF_MAILBOX
        },
        audiences=_audiences(connection, submissions, limits),
        automatic=_automatic(connection, submissions),
        bulk_counts=_bulk_counts(connection, submissions, limits),
        on_file=_on_file(connection, submissions, limits),
        bounced=_bounced(connection, submissions, suppressions),
        replies=replies(connection, submissions, limits),
        recalled=lately_recalled(connection, submissions, siblings, tokens.named, newest=newest_recall),
        checked=tokens,
    )


def _siblings(connection: Connection, submissions: Sequence[Submission]) -> list[Sibling]:
    """Earlier messages of the same client with the same Message-ID and digest, or with the same key."""
    if not submissions:
        return []
    named: dict[tuple[str, bytes, str], str] = {}
    keyed: dict[tuple[str, str], str] = {}
    for submission in submissions:
        message = submission.message
        if message.message_id:
            named[storable(message.message_id), message.digest, submission.client] = message.message_id
        if message.control.key:
            keyed[submission.client, storable(message.control.key)] = message.control.key
    rows = {
        row[0]: row
        for row in _BY_MESSAGE_ID.fetch(connection, named, _since(submissions, REPLAY_WINDOW))
        + _BY_KEY.fetch(connection, keyed)
    }
    recipients = _states(connection, rows)
    return [
        Sibling(
            id=id,
            client=client,
            message_id=named.get((message_id, digest, client), message_id),
            key=keyed.get((client, key), key) if key else "",
            digest=digest,
            text=text,
            facts=facts,
            hidden_outside=hidden_outside,
            recipients=recipients[id],
            answer=answer,
            broadcast=broadcast or "",
        )
        for id, client, message_id, key, digest, text, facts, hidden_outside, answer, broadcast in rows.values()
    ]


def _states(connection: Connection, ids: Iterable[str]) -> dict[str, dict[str, State]]:
    """Message → its recipients' mailboxes and states."""
    states: dict[str, dict[str, State]] = {id: {} for id in ids}
    for message, mailbox, state in _RECIPIENTS.fetch(connection, [(id,) for id in states]):
        states[message][mailbox] = State(state)
    return states


def _earlier(
    connection: Connection, submissions: Sequence[Submission], limits: Limits
) -> dict[tuple[str, bytes], list[Earlier]]:
    """What was sent to each anchor about the same facts, within the longest window that the batch asks about.

    Repeats are no finding for mailboxes of one's own (`policy.rules.EXEMPT_OWN`), so for those nothing is looked up, unless a
    check may let out what waited for it.
    """
    windows = [one.classification.repeat_window for one in submissions if one.classification.repeat_window is not None]
    if not windows:
        return {}
    since = _since(submissions, max(windows))
    keys = {
        (anchor, submission.message.fingerprint.facts, since)
        for submission in submissions
        if submission.classification.repeat_window is not None
        for resolution in submission.persons
        if submission.message.control.check is not None or not limits.is_own(resolution.mailbox.domain)
        for anchor in resolution.anchors
    }
    found: dict[tuple[str, bytes], list[Earlier]] = {}
    for anchor, facts, id, at, text, core, state, *findings in _EARLIER.fetch(connection, keys, MOST_EARLIER):
        mail = Earlier(id, from_micros(at), text, core, State(state), _held_for(state, *findings))
        found.setdefault((anchor, facts), []).append(mail)
    return found


def _held_for(state: str, own: str | None, common: str | None) -> frozenset[Code]:
    return codes_in(common if own is None else own) if state == State.HELD else frozenset()


def _reach(connection: Connection, submissions: Sequence[Submission], limits: Limits) -> dict[bytes, Reach]:
    """How far each text has gone; exactly, with the persons, where the batch could take it past the limit."""
    if limits.fan_out_limit >= LIFTED or not submissions:
        return {}
    added: Counter[bytes] = Counter()
    texts: dict[bytes, bytes] = {}
    for submission in submissions:
        key = reach_key(submission.classification.mail_class, submission.wording)
        added[key] += len(submission.persons)
        texts[key] = submission.wording.text
    since = _since(submissions, limits.fan_out_window)
    most = limits.fan_out_limit + 1
    rows = dict(_REACH.fetch(connection, [(key, since) for key in added], most))
    exceeding = [key for key, count in added.items() if rows.get(key, 0) + count > limits.fan_out_limit]
    return {key: Reach(count) for key, count in rows.items()} | _reached(
        connection, {key: texts[key] for key in exceeding}, since=since, most=most
    )


def _reached(connection: Connection, texts: Mapping[bytes, bytes], *, since: int, most: int) -> dict[bytes, Reach]:
    wordings = {text: rest for text, *rest in _WORDING.fetch(connection, [(text,) for text in set(texts.values())])}
    reached: dict[bytes, Reach] = {}
    for key, text in texts.items():
        persons = frozenset(row[0] for row in _REACHED.fetch(connection, key, since, most))
        first_seen, released_at = wordings.get(text, (None, None))
        reached[key] = Reach(
            len(persons),
            persons,
            first_seen=None if first_seen is None else from_micros(first_seen),
            was_released=released_at is not None,
        )
    return reached


def _suppressions(connection: Connection, submissions: Iterable[Submission]) -> dict[str, set[Suppression]]:
    """Anchor → all that is said against writing to the person."""
    anchors = {
        (anchor,)
        for submission in submissions
        for resolution in submission.persons
        for anchor in (*resolution.anchors, resolution.mailbox.canonical)
    }
    found: dict[str, set[Suppression]] = {}
    for anchor, suppression in _SUPPRESSIONS.fetch(connection, anchors):
        found.setdefault(anchor, set()).add(Suppression(suppression))
    return found


def _bounced(
    connection: Connection, submissions: Sequence[Submission], suppressions: Mapping[str, set[Suppression]]
) -> frozenset[str]:
    """The mailboxes of the batch to which mail does not arrive: by their bounces, or because somebody has said so."""
    mailboxes = {path.mailbox.canonical for submission in submissions for path in submission.envelope.recipients}
    said = {mailbox for mailbox in mailboxes if Suppression.BOUNCED in suppressions.get(mailbox, ())}
    if not submissions:
        return frozenset()
    return standing(connection, mailboxes, max(submission.received_at for submission in submissions)) | said


def _audiences(connection: Connection, submissions: Iterable[Submission], limits: Limits) -> dict[bytes, Audience]:
    hashes = {(audience,) for submission in submissions if (audience := audience_of(submission, limits))}
    rows = _AUDIENCES.fetch(connection, hashes)
    return {key: Audience(from_micros(last_written_at), stale_id) for key, last_written_at, stale_id in rows}


def _automatic(connection: Connection, submissions: Iterable[Submission]) -> dict[str, str]:
    """Of the mails that the batch's automatic replies answer, those that were automatic themselves, sent or taken in."""
    answered = {
        storable(message_id): message_id
        for submission in submissions
        if submission.message.automation.auto_submitted is AutoSubmitted.REPLIED
        for message_id in submission.message.thread.answers
    }
    keys = [(message_id,) for message_id in answered]
    rows = _AUTOMATIC_REPLIES.fetch(connection, keys) + _AUTOMATIC.fetch(connection, keys)
    return {answered[message_id]: id for message_id, id in rows}


def _bulk_counts(connection: Connection, submissions: Sequence[Submission], limits: Limits) -> dict[str, int]:
    if not limits.bulk_per_person:
        return {}
    bulk = [one for one in submissions if one.classification.mail_class is MailClass.BULK]
    anchors = {anchor for submission in bulk for resolution in submission.persons for anchor in resolution.anchors}
    since = _since(bulk, limits.bulk_window) if bulk else 0
    rows: list[Any] = _BULK.fetch(connection, [(anchor, since) for anchor in anchors])
    return dict(rows)


def _on_file(
    connection: Connection, submissions: Iterable[Submission], limits: Limits
) -> dict[str, dict[str, tuple[str, ...]]]:
    """What is on file for the outside persons whom the batch asks for something, and what systems have told of them since."""
    asked = [
        resolution
        for submission in submissions
        if submission.classification.asks
        for resolution in submission.persons
        if not limits.is_own(resolution.mailbox.domain)
    ]
    persons = {parse_person(one.person): one.person for one in asked if one.record is not None}
    found = {persons[person]: fields for person, fields in known(connection, persons).items()}
    told_of = told(connection, {anchor for one in asked for anchor in one.anchors})
    for person, anchor in ((one.person, anchor) for one in asked for anchor in one.anchors if anchor in told_of):
        fields = found.setdefault(person, {})
        for field, source in told_of[anchor].items():
            fields.setdefault(field, (f"{TOLD}{source}",))
    return found


def _since(submissions: Sequence[Submission], window: timedelta) -> int:
    """The beginning of `window`, for the earliest of `submissions`."""
    return to_micros(min(submission.received_at for submission in submissions) - window)
