"""The reply-aware context: what is known of a person before a mail to them is written, read from one snapshot of the ledger.

Many at once cost a handful of queries together. Who a mailbox is has been found out before; what is made of the facts is for
`policy` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import TypeVar

from sqlalchemy import Connection
from ulid import ULID

from mailguard.identity.person import Resolution, parse_person
from mailguard.mail.control import MailClass
from mailguard.policy.context import Context, ContextId, reply_state_of
from mailguard.policy.facts import OnFile, RecipientFacts, Suppression
from mailguard.policy.foresight import NO_FAN_OUT, Intent, foresee
from mailguard.policy.limits import Limits
from mailguard.policy.reply import Reply
from mailguard.store.bounces import standing
from mailguard.store.candidates import known
from mailguard.store.contact import NO_CONTACT, Contact, bulk_counts, contacts
from mailguard.store.reply_lookup import Newest, last_seq, newest, open_replies
from mailguard.store.suppressions import said_against
from mailguard.store.told import told

T = TypeVar("T")

TOLD = "told:"
"""What stands before the name of the system that has told a field, where a record's name would stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """What the ledger knows of some anchors. `fields`: person → field → records; `bounced`: canonical mailboxes."""

    seq: int
    owed: Mapping[str, list[Reply]]
    newest: Mapping[str, Newest]
    contacts: Mapping[str, Contact]
    bulk: Mapping[str, int]
    suppressions: Mapping[str, set[Suppression]]
    bounced: frozenset[str]
    fields: Mapping[int, dict[str, tuple[str, ...]]]
    told: Mapping[str, dict[str, str]]


def context(connection: Connection, resolution: Resolution, intent: Intent, *, limits: Limits, now: datetime) -> Context:
    """Return the context of one recipient for the mail that is meant."""
    return contexts(connection, [resolution], intent, limits=limits, now=now)[0]


def contexts(
    connection: Connection, resolutions: Sequence[Resolution], intent: Intent, *, limits: Limits, now: datetime
) -> list[Context]:
    """Return the contexts of recipients, in their order, each of its own person alone. `connection` reads one snapshot."""
    gathered = _gather(connection, resolutions, intent, limits=limits, now=now)
    return [_context(one, gathered, intent, limits=limits, now=now) for one in resolutions]


def _gather(
    connection: Connection, resolutions: Sequence[Resolution], intent: Intent, *, limits: Limits, now: datetime
) -> _Gathered:
    anchors = {anchor for one in resolutions for anchor in one.anchors}
    boxes = {one.mailbox.canonical for one in resolutions}
    counts_bulk = intent.mail_class is MailClass.BULK and limits.bulk_per_person
    return _Gathered(
        seq=last_seq(connection),
        owed=open_replies(connection, anchors, now - limits.reply_window),
        newest=newest(connection, anchors),
        contacts=contacts(connection, anchors, template=intent.template),
        bulk=bulk_counts(connection, anchors, since=now - limits.bulk_window) if counts_bulk else {},
        suppressions=said_against(connection, anchors | boxes),
        bounced=standing(connection, boxes, now),
        fields=known(connection, {parse_person(one.person) for one in resolutions if one.record is not None}),
        told=told(connection, anchors),
    )


def _context(one: Resolution, gathered: _Gathered, intent: Intent, *, limits: Limits, now: datetime) -> Context:
    is_known = one.record is not None
    owed = _owed(one, gathered)
    last = max(_of(one, gathered.newest), key=lambda reply: reply.seq, default=None)
    contact = reduce(or_, _of(one, gathered.contacts), NO_CONTACT)
    on_file = _on_file(one, gathered)
    would, findings = foresee(_facts(one, gathered, owed, on_file, limits=limits), intent, now=now, limits=limits)
    return Context(
        context_id=ContextId(gathered.seq, str(ULID.from_datetime(now))),
        reply_aware=bool(owed),
        reply_state=reply_state_of((reply.state for reply in owed), last.state if last else None),
        open_replies=len(owed),
        last_reply_at=last.at if last else None,
        last_reply_language=(last.language or None) if last else None,
        sent_count=contact.sent_count,
        last_sent_at=contact.last_sent_at,
        last_same_template_at=contact.last_same_template_at,
        known_customer=is_known,
        known_fields=tuple(sorted(on_file)) if is_known else (),
        person=one.person if is_known else None,
        probability=one.probability if is_known else None,
        would=would,
        findings=findings,
    )


def _facts(
    one: Resolution,
    gathered: _Gathered,
    owed: tuple[Reply, ...],
    on_file: Mapping[str, tuple[str, ...]],
    *,
    limits: Limits,
) -> RecipientFacts:
    """What the rules may see of one recipient of a mail that is not written yet."""
    said = {word for anchor in {*one.anchors, one.mailbox.canonical} for word in gathered.suppressions.get(anchor, ())}
    bounced_by_word = Suppression.BOUNCED in gathered.suppressions.get(one.mailbox.canonical, ())
    return RecipientFacts(
        mailbox=one.mailbox,
        person=one.person,
        is_own=limits.is_own(one.mailbox.domain),
        replay=None,
        earlier=(),
        fan_out=NO_FAN_OUT,
        suppression=next((word for word in Suppression if word in said and word is not Suppression.BOUNCED), None),
        bulk_count=sum(_of(one, gathered.bulk)),
        is_bounced=bounced_by_word or one.mailbox.canonical in gathered.bounced,
        on_file=OnFile(on_file, "".join(one.refs[:1])) if on_file else None,
        open_replies=owed,
    )


def _owed(one: Resolution, gathered: _Gathered) -> tuple[Reply, ...]:
    """What the person waits for an answer to, newest first."""
    found = {reply.id: reply for replies in _of(one, gathered.owed) for reply in replies}
    return tuple(sorted(found.values(), key=lambda reply: reply.seq, reverse=True))


def _on_file(one: Resolution, gathered: _Gathered) -> dict[str, tuple[str, ...]]:
    """Field → who has it: the person's records, and systems that have told of it since."""
    found = dict(gathered.fields.get(parse_person(one.person), {})) if one.record is not None else {}
    for fields in _of(one, gathered.told):
        for field, source in fields.items():
            found.setdefault(field, (f"{TOLD}{source}",))
    return found


def _of(one: Resolution, by_anchor: Mapping[str, T]) -> Iterable[T]:
    """What is known under the anchors of one recipient."""
    return [by_anchor[anchor] for anchor in one.anchors if anchor in by_anchor]
