"""The document of a check from what its parts have found. Words and numbers only; judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from mailguard.broadcast.audience import AudienceCounts, AudienceReport
from mailguard.broadcast.document import (
    AudienceDocument,
    CheckDocument,
    CheckFindingDocument,
    LastDocument,
    MessageDocument,
    ShareDocument,
)
from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.message import CheckedMessage
from mailguard.policy.severity import Severity, verdict_of
from mailguard.policy.submission import Classification
from mailguard.relay.broadcast_request import BroadcastRequest

MOST_SHARES: Final = 20
"""Domains or languages that are named."""

_CONTRACT: Final = frozenset(
    {
        *("rows", "mailboxes", "persons", "invalid", "duplicate", "possible_duplicate", "suppressed", "recently_sent"),
        *("open_reply", "role", "clean", "left_out"),
    }
)
"""Counts that have a member of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A check before it is signed: what was asked, what was read, and what was found. `now`: when."""

    request: BroadcastRequest
    message: CheckedMessage
    classification: Classification
    message_findings: tuple[CheckFinding, ...]
    last: LastDocument | None
    now: datetime


def full_document(checked: Checked, audience: AudienceReport) -> CheckDocument:
    """Return the document for who may know all of it."""
    counts = audience.counts
    others = {one.name: getattr(counts, one.name) for one in fields(AudienceCounts) if one.name not in _CONTRACT}
    return document_of(
        checked,
        audience.findings,
        AudienceDocument(
            source=checked.request.source_name,
            mapping=checked.request.columns.document,
            rows=counts.rows,
            mailboxes=counts.mailboxes,
            persons=counts.persons,
            invalid=counts.invalid,
            duplicate=counts.duplicate,
            possible_duplicate=counts.possible_duplicate,
            suppressed=counts.suppressed,
            recently_sent=counts.recently_sent,
            open_reply=counts.open_reply,
            role=counts.role,
            others=others,
            domains=shares_of(audience.profile.domains),
            languages=shares_of(audience.languages),
            last=checked.last,
        ),
        clean=counts.clean,
        left_out=counts.left_out,
    )


def document_of(
    checked: Checked,
    audience_findings: Sequence[CheckFinding],
    audience: AudienceDocument,
    *,
    clean: int | None,
    left_out: int | None,
) -> CheckDocument:
    """Return the document of a check with what is told of its audience."""
    message = checked.message
    about_message = _findings(checked.message_findings)
    found = (*checked.message_findings, *audience_findings)
    originator = message.first.originator
    return CheckDocument(
        verdict=verdict_of(found).value,
        checked_at=checked.now,
        message=MessageDocument(
            name=message.name,
            kind=message.kind.value,
            subject=message.first.subject,
            sender=originator.wire if originator else "",
            mail_class=checked.classification.mail_class.value,
            template=checked.classification.template,
            mails=len(message.mails),
            findings=about_message,
        ),
        audience=audience,
        findings=sorted([*about_message, *_findings(audience_findings)], key=lambda one: one.severity),
        clean_rows=clean,
        left_out_rows=left_out,
    )


def shares_of(found: Mapping[str, float]) -> list[ShareDocument]:
    """Return the largest shares, largest first; what has no name is not named."""
    named = sorted(((name, part) for name, part in found.items() if name), key=lambda one: -one[1])
    return [ShareDocument(name=name, share=part) for name, part in named[:MOST_SHARES]]


def _findings(found: Iterable[CheckFinding]) -> list[CheckFindingDocument]:
    """Return them errors first, else in their order."""
    return [
        CheckFindingDocument(
            code=one.code, severity=one.severity.value, text=one.text, count=one.count, examples=list(one.examples)
        )
        for one in sorted(found, key=lambda one: one.severity is Severity.WARNING)
    ]
