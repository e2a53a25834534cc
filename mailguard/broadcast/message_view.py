"""One mail as it would leave, read for the check: its header, its texts, and what a person sees of them.

It refuses to judge. What the bounded reader cannot read has no parts here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mailguard.mail.header import Header, UnreadableError, scan
from mailguard.mail.html_text import render
from mailguard.mail.message import Message
from mailguard.mail.mime import Part, walk
from mailguard.mail.reader import read_message
from mailguard.mail.text import MAX_TEXT_OCTETS, is_text, visible_text

FALLBACK_MESSAGE_ID: Final = "check@mailguard.invalid"
"""The Message-ID that a mail without one is read with."""

_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MailView:
    """One mail. `text` is its plain text and `html` its HTML as they are written, "" where it has none.

    `shown` is what is seen of the HTML, `seen` what a person reads of the whole mail, links included. `case` names the data
    that it was rendered with, "" for a mail that is none of a template's. `has_header`: its header is the sender's own.
    """

    message: Message
    header: Header
    parts: tuple[Part, ...]
    text: str
    html: str
    shown: str
    seen: str
    case: str
    has_header: bool

    @property
    def texts(self) -> tuple[Part, ...]:
        """The parts that a mail program shows as text."""
        return tuple(part for part in self.parts if is_text(part))


def read_view(octets: bytes, *, now: datetime, case: str = "", has_header: bool = True) -> MailView:
    """Return the mail as it is seen. Never raises on content."""
    message = read_message(octets, received_at=now, fallback_message_id=FALLBACK_MESSAGE_ID, trusts_fields=True)
    try:
        header = scan(octets)
        parts = () if message.unreadable else walk(header, octets)
    except UnreadableError:
        header, parts = scan(b""), ()
    html = _joined(part for part in parts if is_text(part) and part.content_type in _HTML)
    return MailView(
        message=message,
        header=header,
        parts=parts,
        text=_joined(
            part for part in parts if is_text(part) and part.content_type not in _HTML and "amp" not in part.content_type
        ),
        html=html,
        shown=render(html).text if html else "",
        seen=visible_text(parts),
        case=case,
        has_header=has_header,
    )


def _joined(parts: Iterable[Part]) -> str:
    return "\n\n".join(part.text(most=MAX_TEXT_OCTETS).replace("\r\n", "\n") for part in parts)
