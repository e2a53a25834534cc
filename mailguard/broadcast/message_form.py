"""The form in which a mail leaves: how large it is, its lines, its character sets, and what hangs on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.message_terms import MessageTerms, error, warning
from mailguard.broadcast.message_view import MailView
from mailguard.mail.charset import is_known
from mailguard.mail.control import MailClass
from mailguard.mail.mime import Part
from mailguard.mail.text import MAX_TEXT_OCTETS, is_text

CLIPPED_AT: Final = 102_400
"""Octets of HTML; Gmail shows no more than about 102 KB, and a link to the rest."""
LONGEST_LINE: Final = 998  # RFC 5322 2.1.1

_LONG_LINE: Final = re.compile(rb"[^\r\n]{%d}" % (LONGEST_LINE + 1))
_KB: Final = 1_024
# UTF-8 that was read as Windows-1252: "Ã¼" for "ü", "â€™" for an apostrophe.
_READ_TWICE: Final = re.compile("[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac[\u0080-\u02ff\u2018-\u2122]")
_MARK: Final = "\ufffd"
_ENOUGH_READ_TWICE: Final = 2
_NO_ATTACHMENTS: Final = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature", "text/calendar"}
)


def size_findings(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:
    """Yield a mail that is larger than the relay takes, or than a large provider shows."""
    size = len(view.message.content)
    if size > terms.max_size:
        yield error(
            "too_large", f"it has {size} octets, and the relay takes {terms.max_size} (relay.max_size); make it smaller"
        )
    html = len(view.html.encode("utf-8", "replace"))
    if html > CLIPPED_AT:
        text = (
            f"its HTML has {html // _KB} KB, and Gmail cuts off what is beyond 102 KB, unsubscription and all; make it smaller"
        )
        yield warning("clipped", text)


def form_findings(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:
    """Yield lines that no server need take, texts that cannot be read as they say, and attachments to many."""
    if _LONG_LINE.search(view.message.content):
        text = f"a line of it is longer than {LONGEST_LINE} octets, which servers may break or refuse (RFC 5322 2.1.1)"
        yield warning("long_lines", f"{text}; encode the part as quoted-printable or base64")
    unencoded = [each.name for each in view.header.fields if each.name and not each.value.isascii()]
    if unencoded:
        yield warning("charset", "fields of its header hold unencoded 8-bit text (RFC 2047); encode it", *unencoded)
    for part in view.texts:
        yield from _charset(part)
    attached = [_name(part) for part in view.parts if _is_attached(part)]
    if attached and terms.mail_class is MailClass.BULK:
        text = "attachments go to everybody, and filters distrust them in bulk mail; put them on a page and link to it"
        yield warning("attachment", text, *attached)


def _charset(part: Part) -> Iterator[CheckFinding]:
    octets = part.decoded(most=MAX_TEXT_OCTETS)
    if octets.isascii() and b"\x1b" not in octets:
        return
    if not part.charset:
        text = "a text does not say in which character set it is, and has more than ASCII (RFC 2046 4.1.2); add charset=utf-8"
        yield warning("charset", text, part.content_type)
        return
    if not is_known(part.charset):
        yield warning("charset", "a text names a character set that is none; name the one that it is in", part.charset)
        return
    text = part.text(most=MAX_TEXT_OCTETS)
    if _MARK in text:
        yield warning("charset", "a text is not in the character set that it names; name the one that it is in", part.charset)
    elif len(found := _READ_TWICE.findall(text)) >= _ENOUGH_READ_TWICE:
        yield warning("charset", "a text was encoded twice, and reads like this; save it as UTF-8 once", *found)


def _is_attached(part: Part) -> bool:
    if is_text(part) or part.content_type in _NO_ATTACHMENTS or part.choice:
        return False
    is_shown = part.container == "related" or "content-id" in part.header.names
    return part.disposition == "attachment" or not is_shown


def _name(part: Part) -> str:
    return part.parameters.get("name", "") or part.content_type
