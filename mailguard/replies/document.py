"""A reply as programs and people are shown it: the same document from the command line and over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailguard.identity.person import person_id
from mailguard.policy.reply import ReplyState
from mailguard.store.persons import person_of
from mailguard.store.replies import StoredReply


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDocument:
    """One reply. `person` is P and a number, or the mailbox where no record is; `answers` is the ledger's id of our mail.

    `state` "" is of what nobody owes an answer. `text` is what was newly written, "" once it is no longer kept.
    `is_tied`: it counts for the person; where not, `person` is only what From says.
    """

    id: str
    person: str
    state: str
    kind: str
    received_at: datetime
    due_at: datetime | None
    message_id: str
    answers: str
    language: str
    text: str
    detail: str
    tie: str
    is_tied: bool
    is_overdue: bool
    mailbox: str
    subject: str
    brand: str
    template: str
    conversation: str
    score: int | None
    returns_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    resolved_at: datetime | None
    resolved_by: str
    source: str
    size: int


def reply_documents(connection: Connection, replies: Sequence[StoredReply], *, now: datetime) -> list[ReplyDocument]:
    """Return the replies as documents, in their order, each with whom it is from by the links as they are now."""
    records = {one.anchor: int(one.anchor[1:]) for one in replies if one.anchor and "@" not in one.anchor}
    persons = person_of(connection, records.values())
    shown = {anchor: person_id(persons.get(record, record)) for anchor, record in records.items()}
    return [_document(one, shown.get(one.anchor, one.anchor or one.mailbox), now) for one in replies]


def _document(one: StoredReply, person: str, now: datetime) -> ReplyDocument:
    is_owed = one.state in {ReplyState.OPEN, ReplyState.ACKNOWLEDGED}
    return ReplyDocument(
        id=one.id,
        person=person,
        state=one.state.value if one.state else "",
        kind=one.kind.value,
        received_at=one.received_at,
        due_at=one.due_at,
        message_id=one.message_id,
        answers=one.answers,
        language=one.language,
        text=one.text or "",
        detail=one.detail,
        tie=one.tie.value,
        is_tied=one.is_tied,
        is_overdue=is_owed and one.due_at is not None and one.due_at < now,
        mailbox=one.mailbox,
        subject=one.subject,
        brand=one.brand,
        template=one.template,
        conversation=one.conversation,
        score=one.score,
        returns_at=one.returns_at,
        acknowledged_at=one.acknowledged_at,
        acknowledged_by=one.acknowledged_by,
        resolved_at=one.resolved_at,
        resolved_by=one.resolved_by,
        source=one.source,
        size=one.size,
    )
