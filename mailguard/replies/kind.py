"""What kind of mail a reply is: a human's, automatic, a bounce, a complaint, an unsubscription.

What reports say for certain comes first, then what a mail asks for, then the signs of a program. What has none of them is a
human's. It rests on the readers of each notion; here is only their order.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mailguard.mail.automation import AutoSubmitted, read_automation
from mailguard.mail.header import Header
from mailguard.mail.mailbox import Mailbox
from mailguard.mail.mime import Part
from mailguard.policy.reply import Kind
from mailguard.replies.automatic import automatic_detail, read_automatic
from mailguard.replies.bounce import BounceReport, read_bounce
from mailguard.replies.complaint import ComplaintReport, read_complaint
from mailguard.replies.free_bounce import looks_like_bounce, read_free_bounce
from mailguard.replies.receipt import is_read_receipt
from mailguard.replies.report import find_reports, returned_header
from mailguard.replies.unsubscription import is_unsubscription


@dataclass(frozen=True, slots=True)
class Sorted:
    """The kind, what it is within its kind ("" for a human's), and what the report says where it is one."""

    kind: Kind
    detail: str = ""
    bounce: BounceReport | None = None
    complaint: ComplaintReport | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of a mail before its kind is. `reverse_path` is "" for the null one, None where it is not known."""

    octets: bytes
    header: Header
    parts: Sequence[Part]
    subject: str
    text: str
    originator: Mailbox | None
    recipients: Sequence[Mailbox]
    reverse_path: str | None
    is_reply: bool
    own_domains: Collection[str]


def sort_reply(told: Told) -> Sorted:
    """Return the kind of the mail, with the report that says so."""
    return _by_report(told) or _by_request(told) or _by_signs(told)


def _by_report(told: Told) -> Sorted | None:
    """Sort a complaint, a delivery status or a receipt."""
    reports = find_reports(told.parts)
    returned = returned_header(told.parts)
    complaint = read_complaint(told.header, reports, returned)
    if complaint is not None:
        return _by_complaint(complaint)
    bounce = read_bounce(reports, returned)
    if bounce is not None:
        return _by_bounce(bounce)
    if is_read_receipt(told.header, reports, subject=told.subject, text=told.text):
        return Sorted(Kind.AUTOMATIC, "read_receipt")
    if looks_like_bounce(told.header, subject=told.subject, text=told.text, is_from_nobody=told.reverse_path == ""):
        return _by_bounce(read_free_bounce(told.octets, told.header, subject=told.subject, text=told.text))
    return None


def _by_complaint(complaint: ComplaintReport) -> Sorted:
    if complaint.is_opt_out:
        return Sorted(Kind.UNSUBSCRIBE, complaint=complaint)
    if complaint.is_complaint:
        return Sorted(Kind.COMPLAINT, complaint.feedback_type, complaint=complaint)
    return Sorted(Kind.AUTOMATIC, "notification", complaint=complaint)


def _by_bounce(bounce: BounceReport) -> Sorted:
    if bounce.is_receipt:
        return Sorted(Kind.AUTOMATIC, "delivery_receipt", bounce=bounce)
    return Sorted(Kind.BOUNCE, "hard" if bounce.is_hard else "soft", bounce=bounce)


def _by_request(told: Told) -> Sorted | None:
    """Sort an unsubscription. An automatic answer to one's own mail is none, whatever address it came to."""
    if read_automation(told.header).auto_submitted is AutoSubmitted.REPLIED:
        return None
    asks = is_unsubscription(subject=told.subject, text=told.text, recipients=told.recipients, is_reply=told.is_reply)
    return Sorted(Kind.UNSUBSCRIBE) if asks else None


def _by_signs(told: Told) -> Sorted:
    if not told.text and any(_is_calendar_answer(part) for part in told.parts):
        return Sorted(Kind.AUTOMATIC, "calendar")
    automatic = read_automatic(
        told.header,
        reverse_path=told.reverse_path,
        local_part=told.originator.local_part if told.originator else "",
        subject=told.subject,
        text=told.text,
        is_reply=told.is_reply,
        own_domains=told.own_domains,
    )
    if automatic.is_automatic:
        return Sorted(Kind.AUTOMATIC, automatic_detail(told.header, automatic, subject=told.subject, text=told.text))
    return Sorted(Kind.HUMAN)


def _is_calendar_answer(part: Part) -> bool:
    """Whether the part answers an invitation (RFC 5546 3.2.3)."""
    return part.content_type == "text/calendar" and part.parameters.get("method", "").lower() == "reply"
