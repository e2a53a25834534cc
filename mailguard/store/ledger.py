"""Reading the ledger: one decision in full, the decisions in the order they were made, and counts of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, exists, func, or_, select

from mailguard.policy.facts import State
from mailguard.policy.finding import Action, Code, Finding
from mailguard.store.document import (
    AttemptDocument,
    ComparisonDocument,
    EventDocument,
    FindingDocument,
    GroundDocument,
    MessageDocument,
    OpenReplyDocument,
    RecalledDocument,
    RecipientDocument,
)
from mailguard.store.grounds import Grounds, grounds
from mailguard.store.plain_text import attempts_from_json, findings_from_json, mark_of, storable
from mailguard.store.recall_lookup import recall_of
from mailguard.store.stats import stats
from mailguard.store.tables import CONTENT, EVENT, MESSAGE, RECIPIENT, REPLY
from mailguard.store.waiting import leaves_at
from mailguard.store.workers import PAUSED

__all__ = ["Log", "log", "stats", "why"]

MOST_OTHERS: Final = 20
"""Other messages of one Message-ID that are named."""

FIRST_WORDS: Final = 300
"""Characters of a reply that are shown with the mail that passes it over."""

_OF_REPLIES: Final = frozenset({Code.OPEN_REPLY, Code.STALE_CONTEXT})

MOST_GROUNDED: Final = 50
"""Recipients of one message of whom it is said what it rests on that they are a person."""


@dataclass(frozen=True, slots=True)
class Log:
    """A piece of the log, oldest first. `cursor` goes into the next question, for what has come since."""

    messages: tuple[MessageDocument, ...]
    cursor: int


def why(connection: Connection, name: str) -> MessageDocument | None:
    """One decision in full: of the message with the id `name`, or the newest with the Message-ID `name`, in angle brackets.

    None where there is none.
    """
    named = MESSAGE.c.id == name.upper()
    if name.startswith("<"):
        named = MESSAGE.c.message_id == storable(name.strip("<>"))
    found = connection.execute(select(MESSAGE).where(named).order_by(MESSAGE.c.seq.desc()).limit(MOST_OTHERS + 1)).all()
    if not found:
        return None
    return _in_full(connection, found[0], others=tuple(row.id for row in found[1:]) if name.startswith("<") else None)


def message_id_of(connection: Connection, id: str) -> str | None:
    """The Message-ID of the message with this id, None where there is none."""
    found: str | None = connection.execute(select(MESSAGE.c.message_id).where(MESSAGE.c.id == id.upper())).scalar()
    return found


def log(
    connection: Connection,
    *,
    since: datetime | None = None,
    action: Action | None = None,
    anchors: Collection[str] | None = None,
    client: str = "",
    finding: Code | None = None,
    broadcast: str = "",
    after: int = 0,
    last: int = 0,
    limit: int = 500,
) -> Log:
    """Decisions in the order in which they were made, without attempts: `limit` from `after` on, or the `last` ones there are.

    `anchors`: only mail that stands under one of these. What was not asked about moves the cursor all the same.
    """
    conditions: list[ColumnElement[bool]] = [MESSAGE.c.seq > after]
    if since is not None:
        conditions.append(MESSAGE.c.received_at >= since)
    if action is not None:
        conditions.append(MESSAGE.c.action == action)
    if anchors is not None:
        conditions.append(MESSAGE.c.id.in_(select(RECIPIENT.c.message).where(RECIPIENT.c.anchor.in_(anchors))))
    if client:
        conditions.append(MESSAGE.c.client == client)
    if finding is not None:
        conditions.append(_has_finding(finding))
    if broadcast:
        conditions.append(MESSAGE.c.broadcast == broadcast)
    order = MESSAGE.c.seq.desc() if last else MESSAGE.c.seq
    found = connection.execute(select(MESSAGE).where(*conditions).order_by(order).limit(last or limit)).all()
    rows = sorted(found, key=lambda row: row.seq)
    recipients = _recipients(connection, [row.id for row in rows])
    documents = tuple(_document(row, recipients[row.id], with_attempts=False) for row in rows)
    is_cut = len(rows) == limit and not last
    return Log(documents, rows[-1].seq if is_cut else _newest(connection, after))


def _has_finding(code: Code) -> ColumnElement[bool]:
    """What holds for a message with a recipient that this was found of."""
    own = exists().where(RECIPIENT.c.message == MESSAGE.c.id, RECIPIENT.c.findings.contains(mark_of(code), autoescape=True))
    return or_(MESSAGE.c.findings.contains(mark_of(code), autoescape=True), own)


def _newest(connection: Connection, after: int) -> int:
    newest: int | None = connection.execute(select(func.max(MESSAGE.c.seq))).scalar_one()
    return max(newest or 0, after)


def _in_full(connection: Connection, message: Row[Any], *, others: tuple[str, ...] | None) -> MessageDocument:
    rows = _recipients(connection, [message.id])[message.id]
    document = _document(message, rows, with_attempts=True)
    found = grounds(connection, {row.anchor for row in rows[:MOST_GROUNDED]})
    recipients = [_grounded(one, found.get(row.anchor)) for one, row in zip(document.recipients, rows, strict=True)]
    events = connection.execute(select(EVENT).where(EVENT.c.message == message.id).order_by(EVENT.c.seq))
    has_content = connection.execute(select(exists().where(CONTENT.c.message == message.id))).scalar_one()
    return document.model_copy(
        update={
            "recipients": tuple(recipients),
            "events": tuple(
                EventDocument(at=row.at, n=row.n, actor=row.actor, verb=row.verb, reason=row.reason) for row in events
            ),
            "has_content": bool(has_content),
            "open_replies": _open_replies(connection, document.findings),
            "recalled": _recall_of(connection, message),
            "others": others,
        }
    )


def _recall_of(connection: Connection, message: Row[Any]) -> RecalledDocument | None:
    """Return the recall of the message, or of its broadcast, None where there is none."""
    found = recall_of(connection, message.id, message.broadcast)
    return RecalledDocument(recall=found.id, at=found.at, actor=found.actor, reason=found.reason) if found else None


def _open_replies(connection: Connection, findings: Iterable[FindingDocument]) -> tuple[OpenReplyDocument, ...] | None:
    """Return the replies that these findings rest on, the newest first, None for none."""
    ids = {ref for finding in findings if finding.code in _OF_REPLIES for ref in finding.refs}
    rows = connection.execute(select(REPLY).where(REPLY.c.id.in_(ids)).order_by(REPLY.c.seq.desc())) if ids else ()
    found = tuple(
        OpenReplyDocument(
            id=row.id,
            received_at=row.received_at,
            state=row.state,
            language=row.language,
            text=None if row.text is None else " ".join(row.text.split())[:FIRST_WORDS],
        )
        for row in rows
    )
    return found or None


def _grounded(recipient: RecipientDocument, found: Grounds | None) -> RecipientDocument:
    """Return the recipient with what it rests on that it is the person."""
    if found is None:
        return recipient
    rests_on = tuple(
        GroundDocument(
            records=one.records,
            probability=one.probability,
            match_weight=one.match_weight,
            origin=one.origin,
            comparisons=tuple(
                ComparisonDocument(field=each.field, level=each.level, weight=each.weight) for each in one.comparisons
            ),
        )
        for one in found.links
    )
    return recipient.model_copy(update={"person_now": found.person, "records": found.records, "rests_on": rests_on})


def _recipients(connection: Connection, ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """Message → its recipients in order."""
    found: dict[str, list[Row[Any]]] = {id: [] for id in ids}
    rows = select(RECIPIENT).where(RECIPIENT.c.message.in_(ids)).order_by(RECIPIENT.c.message, RECIPIENT.c.n)
    for row in connection.execute(rows):
        found[row.message].append(row)
    return found


def _document(message: Row[Any], recipients: Sequence[Row[Any]], *, with_attempts: bool) -> MessageDocument:
    columns = dict.fromkeys(_findings_column(message, recipient) for recipient in recipients)
    findings = {column: findings_from_json(column) for column in columns}
    return MessageDocument(
        id=message.id,
        received_at=message.received_at,
        client=message.client,
        reverse_path=message.reverse_path,
        message_id=message.message_id,
        subject=message.subject,
        mail_class=message.mail_class,
        template=message.template,
        action=message.action,
        answer=message.answer,
        shadow=message.is_shadow,
        size=message.size,
        broadcast=message.broadcast,
        brand=message.brand,
        findings=_findings(dict.fromkeys(finding for found in findings.values() for finding in found)),
        recipients=tuple(
            _recipient(row, findings[_findings_column(message, row)], with_attempts=with_attempts) for row in recipients
        ),
    )


def _findings_column(message: Row[Any], recipient: Row[Any]) -> str | None:
    own: str | None = recipient.findings
    of_all: str | None = message.findings
    return of_all if own is None else own


def _recipient(row: Row[Any], findings: Iterable[Finding], *, with_attempts: bool) -> RecipientDocument:
    attempts = tuple(
        AttemptDocument(
            at=attempt.at, next_hop=attempt.next_hop, answer=attempt.answer, uncertain=True if attempt.is_uncertain else None
        )
        for attempt in attempts_from_json(row.attempts)
    )
    is_open = row.state in {State.QUEUED, State.DEFERRED}
    return RecipientDocument(
        n=row.n,
        mailbox=row.mailbox,
        person=row.anchor if row.person is None else row.person,
        probability=1.0 if row.probability is None else row.probability,
        action=row.action,
        state=row.state,
        findings=_findings(findings),
        attempts=attempts if with_attempts else None,
        joins=row.joins,
        due_at=row.due_at if is_open else None,
        leaves_at=leaves_at(row),
        expires_at=row.expires_at if is_open or row.state == State.HELD else None,
        paused=True if is_open and row.owner == PAUSED else None,
    )


def _findings(findings: Iterable[Finding]) -> tuple[FindingDocument, ...]:
    return tuple(FindingDocument(code=finding.code, text=finding.text, refs=finding.refs) for finding in findings)
