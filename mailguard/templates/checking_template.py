"""The files of a template, read: its parts with their places in the file, and what its header says. Renders nothing.

A `.eml` file is the mail as it is handed to the relay; a `.txt` and a `.html` file of one name are the two parts of one mail.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from mailguard.mail.control import MailClass, read_control
from mailguard.mail.encoded_word import decode_words
from mailguard.mail.header import Header, UnreadableError, scan
from mailguard.mail.leftovers import find_syntax
from mailguard.mail.mime import Part, walk
from mailguard.mail.template_values import read_values
from mailguard.templates.environment import MOST_SOURCE

SUBJECT: Final = "subject"
TEXT: Final = "text"
HTML: Final = "html"

_TEMPLATE_SUFFIXES: Final = (".j2", ".jinja", ".jinja2", ".tmpl", ".tpl")
_SUFFIXES: Final = {".txt": TEXT, ".text": TEXT, ".md": TEXT, ".html": HTML, ".htm": HTML, ".xhtml": HTML}
_LOOKS_LIKE_HTML: Final = re.compile(r"<(?:!doctype|html|body|table|p|div|h[1-6]|a\s)[\s>]|<br\s*/?>", re.IGNORECASE)
_PARTS: Final = {"text/plain": TEXT, "text/html": HTML, "application/xhtml+xml": HTML}


@dataclass(frozen=True, slots=True)
class TemplatePart:
    """One source: its kind (subject, text, html), the file it stands in, and the line there of each of its own lines."""

    kind: str
    file: str
    text: str
    lines: tuple[int, ...]

    def line(self, number: int) -> int:
        """Return the line in the file of a line of the source, 0 for none."""
        return self.lines[min(number, len(self.lines)) - 1] if number > 0 and self.lines else number

    def line_with(self, words: str) -> int:
        """Return the line in the file of the first line of the source that has these words, 0 where none has."""
        folded = words.casefold()
        found = (number for number, line in enumerate(self.text.splitlines(), 1) if folded in line.casefold())
        return self.line(next(found, 0))


@dataclass(frozen=True, slots=True)
class CheckedTemplate:
    """One mail's template. `is_mail`: it has a header, `mail_class` the class that it names, `values` what Mailguard-Data has.

    `can_unsubscribe`: it has List-Unsubscribe, `by_one_click`: also List-Unsubscribe-Post (RFC 8058). `unrendered`: what looks
    like a template in other fields and leaves so, with its line. `problem` says why it cannot be checked.
    """

    name: str
    parts: tuple[TemplatePart, ...]
    is_mail: bool = False
    mail_class: MailClass | None = None
    values: dict[str, Any] | None = None
    can_unsubscribe: bool = False
    by_one_click: bool = False
    unrendered: tuple[tuple[int, str], ...] = ()
    problem: str = ""

    def part(self, kind: str) -> TemplatePart | None:
        """Return the part of that kind."""
        return next((part for part in self.parts if part.kind == kind), None)


def read_templates(files: Sequence[tuple[str, bytes]]) -> list[CheckedTemplate]:
    """Return the templates in files (name, octets), in order; a text and an HTML file of one name are one template."""
    found: list[CheckedTemplate] = []
    for name, octets in files:
        read = _read_mail(name, octets) if name.lower().endswith((".eml", ".eml.j2")) else _read_part(name, octets)
        beside = next((at for at, one in enumerate(found) if _are_one_mail(one, read)), -1)
        if beside < 0:
            found.append(read)
        else:
            parts = (*found[beside].parts, *read.parts)
            found[beside] = CheckedTemplate(f"{found[beside].name}, {read.name}", parts)
    return found


def _are_one_mail(first: CheckedTemplate, second: CheckedTemplate) -> bool:
    if first.is_mail or second.is_mail or first.problem or second.problem or len(first.parts) != 1:
        return False
    return _stem(first.name) == _stem(second.name) and first.parts[0].kind != second.parts[0].kind


def _stem(name: str) -> str:
    path = PurePath(name)
    path = path.with_suffix("") if path.suffix.lower() in _TEMPLATE_SUFFIXES else path
    return str(path.with_suffix("") if path.suffix.lower() in _SUFFIXES else path)


def _read_part(name: str, octets: bytes) -> CheckedTemplate:
    try:
        text = octets.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return CheckedTemplate(name, (), problem="it is not UTF-8")
    bare = PurePath(name.lower())
    bare = bare.with_suffix("") if bare.suffix in _TEMPLATE_SUFFIXES else bare
    kind = _SUFFIXES.get(bare.suffix) or (HTML if _LOOKS_LIKE_HTML.search(text) else TEXT)
    return CheckedTemplate(name, (TemplatePart(kind, name, text, tuple(range(1, text.count("\n") + 2))),))


def _read_mail(name: str, octets: bytes) -> CheckedTemplate:
    try:
        header = scan(octets)
        leaves = walk(header, octets)
    except UnreadableError as error:
        return CheckedTemplate(name, (), is_mail=True, problem=str(error))
    control = read_control(header)
    parts = [_subject(name, header, octets)]
    for leaf in leaves:
        kind = _PARTS.get(leaf.content_type)
        if kind is not None and leaf.disposition != "attachment" and kind not in {part.kind for part in parts}:
            parts.append(_part(name, kind, leaf))
    try:
        values = _values(header)
    except ValueError as error:
        return CheckedTemplate(name, (), is_mail=True, problem=str(error))
    return CheckedTemplate(
        name,
        tuple(parts),
        is_mail=True,
        mail_class=control.mail_class,
        values=values,
        can_unsubscribe="list-unsubscribe" in header.names,
        by_one_click="one-click" in header.first("list-unsubscribe-post").lower(),
        unrendered=tuple(_unrendered([header, *(leaf.header for leaf in leaves)], octets)),
        problem="" if len(parts) > 1 else "it has no text and no HTML part",
    )


def _unrendered(headers: Iterable[Header], octets: bytes) -> Iterator[tuple[int, str]]:
    """Yield what looks like a template in fields that the relay neither renders nor takes out."""
    fields = {field.start: field for header in headers for field in header.fields}
    for start, field in sorted(fields.items()):
        if field.name != "subject" and not field.name.startswith("mailguard-"):
            for words in dict.fromkeys(find_syntax(decode_words(field.text()))):
                yield octets.count(b"\n", 0, start) + 1, f"{field.name}: {words}"


def _subject(name: str, header: Header, octets: bytes) -> TemplatePart:
    fields = header.named("subject")
    line = octets.count(b"\n", 0, fields[0].start) + 1 if fields else 1
    return TemplatePart(SUBJECT, name, decode_words(header.first("subject")), (line,))


def _part(name: str, kind: str, leaf: Part) -> TemplatePart:
    text = leaf.text(most=4 * MOST_SOURCE).replace("\r\n", "\n")
    first = leaf.octets.count(b"\n", 0, leaf.start) + 1
    count = text.count("\n") + 1
    raw = leaf.octets[leaf.start : leaf.stop].splitlines()
    if leaf.encoding == "quoted-printable":  # RFC 2045 6.7: a line that ends with = goes on in the next
        starts = [at for at in range(len(raw)) if at == 0 or not raw[at - 1].rstrip().endswith(b"=")]
        return TemplatePart(kind, name, text, tuple(first + at for at in starts) or (first,))
    if leaf.encoding == "base64":
        return TemplatePart(kind, name, text, (first,) * count)
    return TemplatePart(kind, name, text, tuple(range(first, first + count)))


def _values(header: Header) -> dict[str, Any] | None:
    """Return what Mailguard-Data carries, None where it is absent. Raises ValueError where it cannot be read."""
    field = header.first("mailguard-data")
    if not field:
        return None
    octets = read_values(field)
    if octets is None:
        raise ValueError("its Mailguard-Data is no base64 of a JSON object")
    values: dict[str, Any] = json.loads(octets)
    return values
