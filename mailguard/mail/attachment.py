"""What the parts that are no visible text say as facts: attachments, invitations, reports of delivery.

It refuses to look into an attachment, and to know the text around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256

from mailguard.mail.header import UnreadableError, scan
from mailguard.mail.mime import Part
from mailguard.mail.text import is_text

_MOST_CALENDAR_OCTETS = 262_144
_MOST_REPORT_OCTETS = 262_144
# A signature is made anew each time a mail is sent (RFC 1847 2.1).
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_CALENDARS = frozenset({"text/calendar", "application/ics"})
_REPORTS = frozenset({"message/delivery-status", "message/disposition-notification", "message/feedback-report"})
_RETURNED = frozenset({"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"})
# RFC 5545 3.8.4.7, 3.8.7.4, 3.7.2, 3.8.2.4; not DTSTAMP, which says when the invitation was made.
_CALENDAR_LINE = re.compile(r"^(UID|SEQUENCE|METHOD|DTSTART|RECURRENCE-ID)([^:\n]*):([^\n]*)", re.MULTILINE | re.IGNORECASE)
_FOLD = re.compile(r"\n[ \t]")
# RFC 3464 2.3, RFC 8098 3.2, RFC 5965 3: not the times and queue names, which differ in every report.
_REPORT_LINE = re.compile(
    r"^(final-recipient|original-recipient|action|status|original-message-id|disposition|feedback-type)[ \t]*:([^\n]*)",
    re.MULTILINE | re.IGNORECASE,
)


def attachment_facts(parts: Sequence[Part]) -> set[str]:
    """Return what the parts besides the text hold, each as one fact."""
    if len(parts) == 1 and is_text(parts[0]):
        return set()
    return {fact for part in parts if not is_text(part) for fact in _facts(part)}


def _facts(part: Part) -> Iterable[str]:
    if part.content_type in _SIGNATURES:
        return ()
    if part.content_type in _CALENDARS:
        return _calendar_facts(part)
    if part.container == "report":
        if part.content_type in _REPORTS:
            return _report_facts(part)
        if part.content_type in _RETURNED:
            return _returned_facts(part)
    return (f"attached {_digest(part)}",)


def _digest(part: Part) -> str:
    """Return the sha256; that of a text with its lines ended as in no transfer encoding in particular."""
    if part.content_type.startswith("text/") and part.size <= _MOST_CALENDAR_OCTETS:
        return sha256(part.decoded().replace(b"\r\n", b"\n").rstrip(b"\n")).hexdigest()
    return part.sha256().hex()


def _calendar_facts(part: Part) -> set[str]:
    """Return UID, SEQUENCE, METHOD and DTSTART of an invitation; the METHOD may stand in the Content-Type only."""
    text = _FOLD.sub("", _lines(part, most=_MOST_CALENDAR_OCTETS))
    facts = {f"{name}{parameters}:{value.strip()}".lower() for name, parameters, value in _CALENDAR_LINE.findall(text)}
    if part.parameters.get("method"):
        facts.add(f"method:{part.parameters['method']}".lower())
    return facts


def _lines(part: Part, *, most: int) -> str:
    return part.text(most=most).replace("\r\n", "\n")


def _report_facts(part: Part) -> set[str]:
    text = _FOLD.sub(" ", _lines(part, most=_MOST_REPORT_OCTETS))
    return {f"{name}:{' '.join(value.split())}".lower() for name, value in _REPORT_LINE.findall(text)}


def _returned_facts(part: Part) -> set[str]:
    """Return the Message-ID of the mail that a report is about (RFC 3464 2)."""
    try:
        header = scan(part.decoded(most=_MOST_REPORT_OCTETS))
    except UnreadableError:
        return {f"attached {part.sha256().hex()}"}
    return {f"about {header.first('message-id')}"}
