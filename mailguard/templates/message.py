"""A mail whose subject and text parts are templates: what is to be rendered of it, and the mail that comes of the texts.

Everything that is not rendered stays as it came, octet for octet: other fields, attachments, the parts' order and boundaries,
and a text in which nothing changed. Knows MIME (RFC 2045 to 2047) and no template language.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mailguard.mail.encoded_word import decode_words
from mailguard.mail.header import Field, Header, UnreadableError, scan
from mailguard.mail.mime import Part, walk
from mailguard.mail.octet_edits import Edit, edited
from mailguard.mail.text import is_text
from mailguard.templates.subject import subject_field, why_not
from mailguard.templates.template import SUBJECT, Failure, Source

MOST_PARTS: Final = 20
"""Text parts of one mail."""

MOST_SOURCE_OCTETS: Final = 2_097_152
"""Octets of one text part as it was sent."""

_ESCAPED: Final = frozenset({"text/html", "application/xhtml+xml", "text/x-amp-html"})
"""Of the kinds of part that a mail program shows as text, those in which values are HTML-escaped."""

_LONGEST_LINE: Final = 990  # RFC 5322 2.1.1 has 998
_AS_UTF_8: Final = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})
_AS_IT_IS: Final = frozenset({"", "7bit", "8bit", "binary"})
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# A line that could end the part it stands in (RFC 2046 5.1.1). "-- " alone begins a signature, and no boundary is empty.
_LIKE_A_BOUNDARY: Final = re.compile(rb"^--[^\s]", re.MULTILINE)
_CHARSET: Final = re.compile(r';\s*charset\s*=\s*(?:"[^"]*"|[^\s;]*)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail to be rendered: `sources` in the order in which `filled` takes their texts; the subject first, if there is one."""

    octets: bytes
    sources: tuple[Source, ...]
    _subject: Field | None
    _parts: tuple[Part, ...]

    def filled(self, texts: Sequence[str]) -> bytes | Failure:
        """Return the mail with these texts in the sources' places, or why one of them cannot stand there."""
        edits: list[Edit] = []
        pairs = list(zip(self.sources, texts, strict=True))
        if self._subject is not None:
            source, text = pairs.pop(0)
            if (subject := text.strip()) != source.text.strip():
                if objection := why_not(subject):
                    return Failure(source.name, 0, objection)
                edits.append((self._subject.start, self._subject.end, subject_field(subject)))
        for part, (source, text) in zip(self._parts, pairs, strict=True):
            if "\0" in text:
                return Failure(source.name, 0, "renders to a NUL")
            edits += _part_edits(part, source.text, text)
        return edited(self.octets, edits)


def read_draft(octets: bytes) -> Draft | Failure:
    """Return what is to be rendered of the mail, or why nothing can be."""
    if not octets.count(b"\r") == octets.count(b"\n") == octets.count(b"\r\n"):
        return Failure("", 0, "a line of it does not end with CRLF")
    try:
        header = scan(octets)
        parts = walk(header, octets)
    except UnreadableError as error:
        return Failure("", 0, str(error))
    subjects = header.named("subject")
    if len(subjects) > 1:
        return Failure(SUBJECT, 0, "stands there more than once")
    rendered = tuple(part for part in parts if is_text(part))
    if any(part.container == "signed" for part in parts):
        return Failure("", 0, "it is signed (multipart/signed), and rendering would break the signature")
    if objection := _objection(header, rendered):
        return objection
    sources = (*(Source(SUBJECT, decode_words(field.text())) for field in subjects), *_sources(rendered))
    return Draft(octets, sources, subjects[0] if subjects else None, rendered)


def _objection(header: Header, parts: Sequence[Part]) -> Failure | None:
    if not all(map(_is_sound, (header, *(part.header for part in parts)))):
        return Failure("", 0, "a line of a header of it is none")
    if len(parts) > MOST_PARTS:
        return Failure("", 0, f"it has more than {MOST_PARTS} text parts")
    for part in parts:
        if part.header.first("content-type").lower().strip().startswith("multipart/"):  # a leaf: its boundary stands nowhere
            return Failure("", 0, "a multipart of it has no parts")
        if part.size > MOST_SOURCE_OCTETS:
            return Failure(part.content_type, 0, f"is larger than {MOST_SOURCE_OCTETS} octets")
    return None


def _is_sound(header: Header) -> bool:
    """Whether a header ends in one place for all programs, so that what is put into it does not stand in a body."""
    return header.end <= header.body_start and all(field.end <= header.end for field in header.fields)


def _sources(parts: Iterable[Part]) -> list[Source]:
    """Return the sources, each kind numbered from its second on."""
    seen: Counter[str] = Counter()
    sources: list[Source] = []
    for part in parts:
        kind = part.content_type
        seen[kind] += 1
        name = kind if seen[kind] == 1 else f"{kind} {seen[kind]}"
        sources.append(Source(name, _lines(part.text(most=MOST_SOURCE_OCTETS)), kind in _ESCAPED))
    return sources


def _part_edits(part: Part, source: str, text: str) -> list[Edit]:
    text = _lines(text)
    if text == source:
        return []
    encoding, body = _encoded(text, part.encoding)
    if part.container == "" and not body.endswith(b"\r\n"):
        body += b"\r\n"
    edits = [(part.start, part.stop, body)]
    if encoding != part.encoding:
        edits += _field_edits(part.header, "Content-Transfer-Encoding", encoding.encode())
    if part.charset.lower() not in ({"utf-8", "utf8"} if not text.isascii() else _AS_UTF_8):
        edits += _field_edits(part.header, "Content-Type", _content_type(part))
    if len(edits) > 1 and part.container == "" and not part.header.named("mime-version"):
        edits += _field_edits(part.header, "MIME-Version", b"1.0")  # RFC 2045 4: without it the fields above say nothing
    return edits


def _encoded(text: str, encoding: str) -> tuple[str, bytes]:
    """Return the transfer encoding and the body in it (RFC 2045 6.7, 6.8), ASCII whatever the text is."""
    is_plain = text.isascii() and not _CONTROLS.search(text) and max(map(len, text.split("\n"))) <= _LONGEST_LINE
    octets = text.encode()
    is_mostly_ascii = 3 * (len(octets) - len(text)) <= len(octets)
    if encoding in _AS_IT_IS and is_plain:
        body = octets
    elif encoding != "base64" and is_mostly_ascii:
        encoding, body = "quoted-printable", b2a_qp(octets)
    else:
        body = b""
    if not body or _LIKE_A_BOUNDARY.search(body):
        encoding, body = "base64", encodebytes(text.replace("\n", "\r\n").encode()).removesuffix(b"\n")
    return encoding, body.replace(b"\n", b"\r\n")


def _content_type(part: Part) -> bytes:
    """Return the value with another character set; the other parameters stay as they were written."""
    named = part.header.named("content-type")
    value = _CHARSET.sub("", named[0].text()) if named else ""
    value = value if "/" in value.partition(";")[0] else part.content_type
    return f"{value.rstrip('; ')}; charset=utf-8".encode("ascii", "replace")


def _field_edits(header: Header, name: str, value: bytes) -> list[Edit]:
    """Return the changes that leave one field of that name in a header."""
    line = name.encode() + b": " + value + b"\r\n"
    named = header.named(name.lower())
    if not named:
        return [(header.end, header.end, line)]
    return [(named[0].start, named[0].end, line), *((field.start, field.end, b"") for field in named[1:])]


def _lines(text: str) -> str:
    """Return the text with its lines ended by LF alone."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
