"""The header of a message or of a part, scanned once over its octets: fields with their places, and where the body starts.

What decides must see at least what any mail program shows, so the scan is lenient and reads the union of what programs make
of a broken header: a space before the colon, odd case, folding over white lines, bare LF and bare CR as line ends, and fields
after a line that is none. It knows no field's meaning. It is linear: every octet is looked at a fixed number of times.
"""

from __future__ import annotations

import re
from collections.abc import KeysView, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

MAX_HEADER_OCTETS = 262_144
MAX_FIELDS = 2_000

# A line and the lines folded under it (RFC 5322 2.2.3). Each octet fits in one place only and nothing can fail: linear.
_FOLDED_LINE = re.compile(rb"[^\n]+(?:\n[ \t][^\n]*)*\n?")
# A CR that is no part of CRLF starts a new line for programs that read it as a line end.
_BARE_CR = re.compile(rb"\r(?![\n \t])")
_PLAIN_NAME = re.compile(rb"[!-9;-~]+[ \t]*")  # RFC 5322 3.6.8 ftext, and white space before the colon (4.5)
_NOT_IN_NAMES = bytes(range(0x20)) + bytes(range(0x7F, 0x100))
_LONGEST_CACHED_NAME = 80


class UnreadableError(ValueError):
    """The bounded reader stops here; the message is one clause that says why."""


class Field(NamedTuple):
    """One header field. A NamedTuple, for it is made a dozen times a message and a dataclass costs three times as much.

    `name` is lower case, without white space, control and 8-bit octets; "" for a line without a colon. `value` are the octets
    after the colon, folding kept, the line end not. `start` and `end` are its place in the scanned octets, line end included;
    a field that begins after a bare CR has that CR in its place and not the line end, so that either can be cut out.
    """

    name: str
    value: bytes
    start: int
    end: int

    def text(self) -> str:
        """Return the value unfolded (RFC 5322 2.2.3), stripped, without NUL; UTF-8 where it is that, else Latin-1."""
        return decode_octets(self.value.replace(b"\r\n", b"").replace(b"\n", b"")).strip()


@dataclass(frozen=True, slots=True)
class Header:
    """The fields in order, and where the header ends.

    `end` is where a field can be added; `body_start` is the first octet of the body. Where a line stands in the header that
    some programs take for the first one of the body, both are there, and yet the fields after it are among `fields`. Only
    `body_start` is where such a line begins after a bare CR or is a first, folded one: no field can be added before it.
    """

    fields: tuple[Field, ...]
    end: int
    body_start: int
    _index: Mapping[str, list[Field]] = field(repr=False, compare=False)

    @property
    def names(self) -> KeysView[str]:
        """The names that occur."""
        return self._index.keys()

    def named(self, name: str) -> tuple[Field, ...]:
        """Return all fields of that lower-case name, in order."""
        return tuple(self._index.get(name, ()))

    def first(self, name: str) -> str:
        """Return the text of the first field of that lower-case name, "" where there is none."""
        found = self._index.get(name)
        return found[0].text() if found else ""

    def all(self, name: str) -> tuple[str, ...]:
        """Return the texts of all fields of that lower-case name, in order."""
        return tuple(each.text() for each in self._index.get(name, ()))


def decode_octets(octets: bytes) -> str:
    """Return 8-bit header octets as text: UTF-8 where they are that (RFC 6532), else Latin-1; NUL is left out."""
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    return text.replace("\0", "") if "\0" in text else text


def scan(octets: bytes, *, start: int = 0, stop: int | None = None) -> Header:
    """Return the header that begins at `start`; offsets count from the beginning of `octets`.

    Raises UnreadableError beyond MAX_HEADER_OCTETS or MAX_FIELDS.
    """
    stop = len(octets) if stop is None else min(stop, len(octets))
    end, body_start = _header_end(octets, start=start, stop=stop)
    block = octets[start:end]
    fields, doubtful = _fields(block, offset=start)
    if block.count(b"\r") != block.count(b"\r\n"):
        fields, body_start = _with_bare_cr(block, fields, offset=start, body_start=body_start)
    if doubtful >= 0:
        body_start = min(body_start, doubtful)
        end = end if octets.startswith((b" ", b"\t"), doubtful) else doubtful
    return Header(tuple(fields), end, body_start, _indexed(fields))


def _header_end(octets: bytes, *, start: int, stop: int) -> tuple[int, int]:
    """Return where the empty line begins and where it ends (RFC 5322 2.1); both are `stop` where there is none."""
    if octets.startswith(b"\r\n", start, stop):
        return start, start + 2
    if octets.startswith(b"\n", start, stop):
        return start, start + 1
    limit = min(stop, start + MAX_HEADER_OCTETS)
    with_cr = octets.find(b"\n\r\n", start, limit)
    bare = octets.find(b"\n\n", start, limit if with_cr < 0 else with_cr + 1)
    if bare >= 0:
        return bare + 1, bare + 2
    if with_cr >= 0:
        return with_cr + 1, with_cr + 3
    if limit < stop:
        raise UnreadableError(f"its header is longer than {MAX_HEADER_OCTETS} octets")
    return stop, stop


def _fields(block: bytes, *, offset: int) -> tuple[list[Field], int]:
    """Return the fields, and where the first line starts that some programs take for one of the body (-1: nowhere)."""
    lines = _FOLDED_LINE.findall(block)
    if len(lines) > MAX_FIELDS:
        raise _too_many_fields()
    fields: list[Field] = []
    doubtful = -1
    start = offset
    for line in lines:
        end = start + len(line)
        name, is_plain, value = _split(line)
        if not is_plain and doubtful < 0 and not (start == offset and line.startswith((b"From ", b">From "))):
            doubtful = start
        fields.append(Field(name, value, start, end))
        start = end
    return fields, doubtful


def _split(line: bytes) -> tuple[str, bool, bytes]:
    """Return name, whether it is one that every program takes for a name, and value; name "" where there is no colon."""
    raw, colon, value = line.partition(b":")
    if not colon:
        return "", False, line.rstrip(b"\r\n")
    name, is_plain = _known_name(raw) if len(raw) <= _LONGEST_CACHED_NAME else _read_name(raw)
    return name, is_plain, value.rstrip(b"\r\n")


def _read_name(raw: bytes) -> tuple[str, bool]:
    name = raw.translate(None, _NOT_IN_NAMES).strip().lower().decode("ascii")
    return name, _PLAIN_NAME.fullmatch(raw) is not None


_known_name = lru_cache(maxsize=1024)(_read_name)


def _with_bare_cr(block: bytes, fields: list[Field], *, offset: int, body_start: int) -> tuple[list[Field], int]:
    """Add the fields that begin after a bare CR; the body starts where a program that breaks there sees no field."""
    seen: list[Field] = []
    for whole in fields:
        seen.append(whole)
        start = whole.start
        for line in _BARE_CR.split(block[whole.start - offset : whole.end - offset], MAX_FIELDS):
            if start > whole.start:
                name, is_plain, value = _split(line)
                body_start = body_start if is_plain else min(body_start, start)
                seen.append(Field(name, value, start - 1, start + len(line.rstrip(b"\r\n"))))
            start += len(line) + 1
        if len(seen) > MAX_FIELDS:
            raise _too_many_fields()
    return seen, body_start


def _too_many_fields() -> UnreadableError:
    return UnreadableError(f"its header has more than {MAX_FIELDS} fields")


def _indexed(fields: list[Field]) -> dict[str, list[Field]]:
    index: dict[str, list[Field]] = {}
    for each in fields:
        known = index.get(each.name)
        if known is None:
            index[each.name] = [each]
        else:
            known.append(each)
    return index
