"""From a template's rendered texts to the whole mail that they would leave in, for judging it. Renders and sends nothing.

A template in a mail keeps all that is not rendered: its other fields, its attachments, the order of its parts.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mailguard.mail.header import Header, UnreadableError, scan
from mailguard.mail.mime import Part, walk
from mailguard.mail.octet_edits import Edit, edited
from mailguard.mail.text import is_text

_BOUNDARY: Final = "=_mailguard-check"
_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
_LINE_ENDS: Final = re.compile(r"\s*[\r\n]+\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """One distinct rendering of a template: its texts, "" for one that it has not, and the cases that came to it."""

    subject: str = ""
    text: str = ""
    html: str = ""
    cases: tuple[str, ...] = ()


def composed(rendering: Rendering) -> bytes:
    """Return a mail of these texts alone, without sender and recipients."""
    kinds = [(kind, text) for kind, text in (("plain", rendering.text), ("html", rendering.html)) if text]
    head = _subject(rendering.subject) if rendering.subject else b""
    head += b"MIME-Version: 1.0\r\n"
    if len(kinds) < 2:
        kind, text = kinds[0] if kinds else ("plain", "")
        return head + _part_fields(kind) + b"\r\n" + _encoded(text)
    sections = b"".join(
        f"--{_BOUNDARY}\r\n".encode() + _part_fields(kind) + b"\r\n" + _encoded(text) + b"\r\n" for kind, text in kinds
    )
    head += f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"\r\n\r\n'.encode()
    return head + sections + f"--{_BOUNDARY}--\r\n".encode()


def filled(source: bytes, rendering: Rendering) -> bytes:
    """Return the mail `source` with these texts in the places of its subject, its first text and its first HTML part."""
    try:
        header = scan(source)
        parts = walk(header, source)
    except UnreadableError:
        return source
    return edited(source, list(_edits(header, parts, rendering)))


def _edits(header: Header, parts: Sequence[Part], rendering: Rendering) -> Iterator[Edit]:
    subjects = header.named("subject")
    if subjects:
        yield subjects[0].start, subjects[0].end, _subject(rendering.subject)
    texts = [part for part in parts if is_text(part)]
    for wants_html, text in ((False, rendering.text), (True, rendering.html)):
        part = next((each for each in texts if (each.content_type in _HTML) is wants_html), None)
        if part is None:
            continue
        kind = part.content_type.partition("/")[2]
        for field in (*part.header.named("content-type"), *part.header.named("content-transfer-encoding")):
            yield field.start, field.end, b""
        yield part.header.end, part.header.end, _part_fields(kind)
        yield part.start, part.stop, _encoded(text)


def _subject(subject: str) -> bytes:
    """Return the field, unfolded: it is read here and nowhere sent."""
    return b"Subject: " + _LINE_ENDS.sub(" ", subject.strip()).encode("utf-8", "replace") + b"\r\n"


def _part_fields(kind: str) -> bytes:
    return f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n".encode()


def _encoded(text: str) -> bytes:
    return encodebytes(text.encode("utf-8", "replace")).replace(b"\n", b"\r\n")
