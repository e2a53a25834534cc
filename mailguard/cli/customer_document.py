"""All that is held about one person, gathered from the store into one document. Other persons stand in it by number only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from mailguard.identity.known import known_fields
from mailguard.identity.person import person_id
from mailguard.identity.record import Record
from mailguard.mail.mailbox import parse_mailbox
from mailguard.sources.column_words import FIELDS
from mailguard.store.bounces import bounces_of
from mailguard.store.candidates import anchors, owners, reference_of
from mailguard.store.document import MessageDocument, RecipientDocument
from mailguard.store.ledger import log
from mailguard.store.links import Kept, links_of
from mailguard.store.person_mail import PersonMail, mail_of
from mailguard.store.persons import members, person_of
from mailguard.store.records import StoredRecord, records
from mailguard.store.replies import Filter, StoredReply, find
from mailguard.store.reply_moves import Move, moves_of
from mailguard.store.suppressions import Suppressed, suppressed
from mailguard.store.told import all_told
from mailguard.store.verdicts import Verdict, verdicts_of

MOST_MAIL: Final = 1_000_000
_FORGOTTEN: Final = "(erased)"


@dataclass(frozen=True, slots=True)
class RecordDocument:
    """One record: what its source gave, by the contract's names, and the names of what counts as known of it."""

    record: str
    fields: dict[str, str]
    known_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkDocument:
    """A scored pair: two records of the person, or (`other` is set) one of them and one of another person."""

    records: tuple[str, str]
    probability: float
    match_weight: float
    origin: str
    at: datetime
    other: str | None


@dataclass(frozen=True, slots=True)
class VerdictDocument:
    """What a clerk said of two records."""

    records: tuple[str, str]
    answer: str
    actor: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class MailboxDocument:
    """A canonical mailbox, and the other persons in whose records it stands."""

    mailbox: str
    shared_with: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplyDocument:
    """A mail that came from the person: what it says, whether it counts as theirs, and what has become of it."""

    id: str
    received_at: datetime
    kind: str
    tie: str
    mailbox: str
    message_id: str
    subject: str
    language: str
    text: str | None
    score: int | None
    answers: str
    state: str | None
    due_at: datetime | None
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class PersonDocument:
    """One person as a clerk sees it."""

    person: str
    records: tuple[RecordDocument, ...]
    links: tuple[LinkDocument, ...]
    verdicts: tuple[VerdictDocument, ...]
    mailboxes: tuple[MailboxDocument, ...]
    mail: PersonMail
    suppressed: tuple[Suppressed, ...]


def person_document(connection: Connection, person: int) -> PersonDocument:
    """Return what is known of a person, with the pairs and verdicts that reach beyond it."""
    own = records(connection, members(connection, [person]).get(person, ()))
    links, verdicts = links_of(connection, own), verdicts_of(connection, own)
    pairs = [*(one.pair for one in links), *(one.pair for one in verdicts)]
    others = {record for pair in pairs for record in pair} - own.keys()
    names = {id: _reference(one) for id, one in (own | records(connection, others)).items()}
    persons = person_of(connection, others)
    theirs = anchors(connection, [person]).get(person, ())
    return PersonDocument(
        person_id(person),
        tuple(_record(one) for one in own.values()),
        tuple(_link(one, names, persons) for one in links),
        tuple(_verdict(one, names) for one in verdicts),
        _mailboxes(connection, person, own.values()),
        mail_of(connection, theirs),
        _suppressions(connection, theirs),
    )


def export_document(connection: Connection, person: int, *, now: datetime) -> dict[str, Any]:
    """Return the answer to a person who asks what is held about them: nothing in it is another person's.

    Left out are pairs and verdicts that reach beyond the person, the other recipients of a mail, and mail to a mailbox that
    other persons have, too, unless it was known whose it is; those mailboxes are named.
    """
    shown = person_document(connection, person)
    own = {record.record for record in shown.records}
    boxes = {one.mailbox for one in shown.mailboxes}
    shared = {one.mailbox for one in shown.mailboxes if one.shared_with}
    theirs = [anchor for anchor in anchors(connection, [person]).get(person, ()) if anchor not in shared]
    alone = sorted(boxes - shared)
    return {
        "person": shown.person,
        "exported_at": now,
        "records": shown.records,
        "links": [link for link in shown.links if link.other is None],
        "verdicts": [verdict for verdict in shown.verdicts if own.issuperset(verdict.records)],
        "mailboxes": sorted(boxes),
        "shared_mailboxes": sorted(shared),
        "suppressed": shown.suppressed,
        "told": all_told(connection, (*theirs, *alone)),
        "bounces": bounces_of(connection, alone),
        "replies": _replies(connection, theirs, alone),
        "mail": [_only(message, boxes) for message in log(connection, anchors=theirs, last=MOST_MAIL).messages],
    }


def _replies(connection: Connection, theirs: Collection[str], boxes: Collection[str]) -> list[ReplyDocument]:
    """What was written from mailboxes that are theirs alone, or in answer to mail to them."""
    if not theirs:
        return []
    found = find(connection, Filter(anchors=theirs, mailboxes=boxes), limit=MOST_MAIL)
    return [_reply(connection, one) for one in found]


def _reply(connection: Connection, one: StoredReply) -> ReplyDocument:
    return ReplyDocument(
        id=one.id,
        received_at=one.received_at,
        kind=one.kind,
        tie=one.tie,
        mailbox=one.mailbox,
        message_id=one.message_id,
        subject=one.subject,
        language=one.language,
        text=one.text,
        score=one.score,
        answers=one.answers,
        state=one.state,
        due_at=one.due_at,
        moves=tuple(moves_of(connection, one.id)) if one.state else (),
    )


def shared_with(connection: Connection, person: int, mailboxes: Collection[str]) -> dict[str, list[int]]:
    """Return mailbox → the other persons in whose records it stands."""
    found = owners(connection, mailboxes)
    return {box: sorted({owner.person for owner in found.get(box, ())} - {person}) for box in mailboxes}


def mailboxes_of(stored: Iterable[StoredRecord]) -> tuple[str, ...]:
    """Return the canonical mailboxes of the records, each once."""
    return tuple(dict.fromkeys(box for one in stored for box in one.standard.mailboxes))


def fields_of(record: Record) -> dict[str, str]:
    """Return what the source gave, by the contract's names: its filled fields, then its further ones."""
    fields = {name: ";".join(record.emails) if name == "email" else getattr(record, name) for name in FIELDS[1:]}
    return {name: value for name, value in (*fields.items(), *record.extra) if value}


def _reference(one: StoredRecord) -> str:
    return reference_of(one.record.source, one.record.source_key)


def _record(one: StoredRecord) -> RecordDocument:
    return RecordDocument(_reference(one), fields_of(one.record), tuple(sorted(known_fields(one.record))))


def _link(one: Kept, names: Mapping[int, str], persons: Mapping[int, int]) -> LinkDocument:
    other = next((person_id(persons[record]) for record in one.pair if record in persons), None)
    return LinkDocument(_names(one.pair, names), one.probability, one.match_weight, one.origin, one.at, other)


def _verdict(one: Verdict, names: Mapping[int, str]) -> VerdictDocument:
    return VerdictDocument(_names(one.pair, names), one.answer, one.actor, one.at, one.reason)


def _names(pair: tuple[int, int], names: Mapping[int, str]) -> tuple[str, str]:
    return names.get(pair[0], _FORGOTTEN), names.get(pair[1], _FORGOTTEN)


def _mailboxes(connection: Connection, person: int, own: Iterable[StoredRecord]) -> tuple[MailboxDocument, ...]:
    found = shared_with(connection, person, mailboxes_of(own))
    return tuple(MailboxDocument(box, tuple(map(person_id, others))) for box, others in found.items())


def _suppressions(connection: Connection, theirs: Collection[str]) -> tuple[Suppressed, ...]:
    return tuple(one for one in suppressed(connection) if one.person in theirs)


def _only(message: MessageDocument, boxes: Collection[str]) -> MessageDocument:
    """A mail without its other recipients and what was found about them."""
    recipients = tuple(one for one in message.recipients if _canonical(one) in boxes)
    findings = tuple(finding for finding in message.findings if any(finding in one.findings for one in recipients))
    return message.model_copy(update={"recipients": recipients, "findings": findings})


def _canonical(recipient: RecipientDocument) -> str:
    return parse_mailbox(recipient.mailbox).canonical
