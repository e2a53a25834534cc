"""Mail on its way to who has just answered: judged again, and held where it would go out as if nobody had read the answer.

Asked from two sides: by what takes replies in, of all that waits for the person; and by what delivers, of what was in a
worker's memory when the reply came and is not: it could not be delivered yet, or the worker has ended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from mailguard.identity.person import Resolution
from mailguard.mail.control import MailClass
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.facts import FanOut, MessageFacts, RecipientFacts, State
from mailguard.policy.finding import Action, Code, Finding
from mailguard.policy.hold_times import HoldTimes
from mailguard.policy.limits import Limits, Mode
from mailguard.policy.reply import Answerable, Reply
from mailguard.policy.reply_history import is_of
from mailguard.policy.reply_rules import open_reply
from mailguard.policy.rules import action_for
from mailguard.policy.template_rule import TemplateRule, rule_for
from mailguard.store import reply_lookup
from mailguard.store.instant import from_micros, to_micros
from mailguard.store.person_anchors import anchors_of
from mailguard.store.plain_text import findings_from_json, findings_to_json
from mailguard.store.statement import Lookup, Statement, insert
from mailguard.store.workers import PAUSED

CLOCK: Final = "mailguard"
STOPPED: Final = "stopped"
"""The actor and the verb of what is done here, in the events of a recipient."""

LOOKED_BACK: Final = timedelta(days=60)
"""Mail that was taken longer ago waits for nothing any more: it has expired, unless the operator wants it otherwise."""

MOST_LOOKED_AT: Final = 5_000
"""Mails of one anchor among which those that wait are looked for, the newest ones."""

_ROW: Final = """r.message, r.n, r.mailbox, r.anchor, r.state, coalesce(r.findings, m.findings),
    m.message_id, m.mail_class, m.template, m.facts, m.is_automatic, m.asks, m.answers, m.thread"""

_IS_WAITING: Final = (
    f"m.id = r.message AND (r.state = 'held' OR (r.state IN ('queued', 'deferred') AND r.owner IN ('', '{PAUSED}')))"
)

_NEWEST: Final = "WHERE i.anchor = k.anchor AND i.is_counted = TRUE AND i.at > ? ORDER BY i.at DESC LIMIT ?"

_WAITING = Lookup(
    {"anchor": "text"},
    f"""SELECT {_ROW} FROM k CROSS JOIN recipient r ON r.rowid IN (SELECT i.rowid FROM recipient i {_NEWEST})
    CROSS JOIN message m WHERE {_IS_WAITING} ORDER BY m.seq, r.n""",  # noqa: S608 - constants
    postgres=f"""SELECT {_ROW} FROM k CROSS JOIN LATERAL (SELECT i.* FROM recipient i {_NEWEST}) r
    JOIN message m ON {_IS_WAITING} ORDER BY m.seq, r.n""",  # noqa: S608 - constants
)

_OF = Lookup(
    {"message": "text", "n": "integer"},
    f"""SELECT {_ROW} FROM k CROSS JOIN recipient r CROSS JOIN message m
    WHERE r.message = k.message AND r.n = k.n AND r.is_counted = TRUE AND r.state IN ('queued', 'deferred') AND r.owner = ?
    AND m.id = r.message""",  # noqa: S608
)

# Whoever lets a mail out, or has it tried again, has seen what was there then.
_RELEASED = Lookup(
    {"message": "text", "n": "integer"},
    """SELECT e.message, e.n, max(e.at) FROM k CROSS JOIN event e
    WHERE e.message = k.message AND e.n = k.n AND e.verb IN ('released', 'retried') GROUP BY e.message, e.n""",
)

_HOLD = Statement(
    "UPDATE recipient SET state = 'held', owner = '', findings = ?, due_at = NULL, expires_at = ? WHERE message = ? AND n = ?"
)
_NOTE = Statement("UPDATE recipient SET findings = ? WHERE message = ? AND n = ?")
_RECORD = insert("event", ("at", "message", "n", "actor", "verb", "reason"))


@dataclass(frozen=True, slots=True)
class Stopped:
    """A recipient's mail that waits for a person now, because of what it was found to pass over."""

    message: str
    n: int
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """By what waiting mail is judged, and how long what is stopped may wait. `templates`: what the operator says of them."""

    limits: Limits
    now: datetime
    hold_times: HoldTimes = field(default_factory=HoldTimes)
    templates: Sequence[TemplateRule] = ()

    def held_until(self, mail_class: MailClass) -> int:
        """Until when mail of this class that is stopped now may wait, in microseconds."""
        return to_micros(self.now + self.hold_times.of(mail_class))


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One recipient's mail as it is written down."""

    message: str
    n: int
    mailbox: str
    anchor: str
    state: State
    findings: tuple[Finding, ...]
    facts: MessageFacts

    @property
    def named(self) -> frozenset[str]:
        """The replies that it was found to pass over before."""
        return frozenset(ref for finding in self.findings if finding.code is Code.OPEN_REPLY for ref in finding.refs)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A mail that waits, the replies that are news to it, and all anchors of the person that it is to."""

    waiting: _Waiting
    replies: Sequence[Reply]
    anchors: frozenset[str]


def stop_waiting(connection: Connection, anchors: Collection[str], replies: Sequence[Reply], terms: Terms) -> list[Stopped]:
    """Stop what waits for one person, whose mail stands under `anchors`, and passes over these new replies of theirs.

    Returns what was stopped; mail that is held already keeps its state and its time, and is told of the reply.
    """
    if not replies or terms.limits.mode is Mode.SHADOW:
        return []
    keys = [(anchor,) for anchor in dict.fromkeys(anchors)]
    rows = _WAITING.fetch(connection, keys, to_micros(terms.now - LOOKED_BACK), MOST_LOOKED_AT)
    waiting = [_waiting(row, terms) for row in rows]
    judged = [_Judged(one, replies, frozenset(anchors)) for one in waiting]
    return _stop(connection, judged, terms)


def stop_overlooked(
    connection: Connection, places: Collection[tuple[str, int]], terms: Terms, *, owner: str = ""
) -> list[Stopped]:
    """Stop those of these recipients' mails that are `owner`'s and pass over a reply that came while a worker had them.

    What a clerk has released is not stopped again for a reply that was there then. Where nobody is owed anything, it costs one
    look.
    """
    if not places or terms.limits.mode is Mode.SHADOW or not reply_lookup.is_any_owed(connection):
        return []
    waiting = [_waiting(row, terms) for row in _OF.fetch(connection, places, owner)]
    anchors = anchors_of(connection, {one.anchor for one in waiting})
    since = terms.now - terms.limits.reply_window
    owed = reply_lookup.open_replies(connection, {anchor for own in anchors.values() for anchor in own}, since)
    if not owed:
        return []
    released = {(message, n): from_micros(at) for message, n, at in _RELEASED.fetch(connection, places)}
    judged = [
        _Judged(one, [reply for anchor in own for reply in owed.get(anchor, ()) if _is_news(reply, one, released)], own)
        for one in waiting
        for own in (frozenset(anchors[one.anchor]),)
    ]
    return _stop(connection, judged, terms)


def _is_news(reply: Reply, one: _Waiting, released: Mapping[tuple[str, int], datetime]) -> bool:
    at = released.get((one.message, one.n))
    return reply.id not in one.named and (at is None or reply.at >= at)


def _stop(connection: Connection, judged: Sequence[_Judged], terms: Terms) -> list[Stopped]:
    """Judge each mail by the replies that are news to it, and write down what is found."""
    named = reply_lookup.by_message_id(connection, {id for one in judged for id in one.waiting.facts.thread})
    found = [
        (one.waiting, finding)
        for one in judged
        if one.replies and (finding := _finding(one, named=named, limits=terms.limits)) is not None
    ]
    kept = {id(one): findings_to_json((*one.findings, finding)) for one, finding in found}
    at = to_micros(terms.now)
    held = [one for one, _ in found if one.state is State.HELD]
    moved = [one for one, _ in found if one.state is not State.HELD]
    _NOTE.run(connection, [(kept[id(one)], one.message, one.n) for one in held])
    _HOLD.run(connection, [(kept[id(one)], terms.held_until(one.facts.mail_class), one.message, one.n) for one in moved])
    _RECORD.run(connection, [(at, one.message, one.n, CLOCK, STOPPED, finding.text) for one, finding in found])
    return [Stopped(one.message, one.n, finding) for one, finding in found]


def _finding(one: _Judged, *, named: Mapping[str, Sequence[Answerable]], limits: Limits) -> Finding | None:
    """What the rule says of the mail today; None where the operator lets such mail out."""
    facts, mailbox = one.waiting.facts, parse_mailbox(one.waiting.mailbox)
    if limits.is_own(mailbox.domain) or action_for(Code.OPEN_REPLY, facts.mail_class, limits) is Action.DELIVER:
        return None
    person = Resolution(mailbox, one.waiting.anchor, 1.0, anchor=one.waiting.anchor, anchors=tuple(one.anchors))
    recipient = RecipientFacts(
        mailbox=mailbox,
        person=person.person,
        is_own=False,
        replay=None,
        earlier=(),
        fan_out=FanOut(0, None, was_released=False),
        suppression=None,
        bulk_count=0,
        open_replies=tuple(sorted(one.replies, key=lambda reply: reply.seq, reverse=True)),
        answered=tuple(_of_person(facts.answers, named, person)),
        follows_reply=bool(_of_person(facts.thread, named, person)),
    )
    return open_reply(facts, recipient, limits)


def _of_person(message_ids: Iterable[str], named: Mapping[str, Sequence[Answerable]], person: Resolution) -> list[Reply]:
    """The person's replies among those with these Message-IDs."""
    return [one.reply for message_id in message_ids for one in named.get(message_id, ()) if is_of(one, person)]


def _waiting(row: Sequence[Any], terms: Terms) -> _Waiting:
    message, n, mailbox, anchor, state, findings, message_id, mail_class, template, facts, is_automatic, *texts = row
    asks, answers, thread = texts
    return _Waiting(
        message,
        n,
        mailbox,
        anchor,
        State(state),
        findings_from_json(findings),
        MessageFacts.without_text(
            now=terms.now,
            mail_class=MailClass(mail_class),
            asks=tuple(asks.split(",")) if asks else (),
            template=template,
            facts=bytes(facts),
            answers=tuple(answers.split("\n")) if answers else (),
            thread=frozenset((*(thread.split("\n") if thread else ()), message_id)),
            is_automatic=bool(is_automatic),
            is_survey=rule_for(terms.templates, template).is_survey,
        ),
    )
