"""The text of a file whose encoding nobody has named. Knows nothing of rows and columns."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from mailguard.errors import UsageError

UNDECODABLE: Final = "\udcff"
"""Stands in a decoded text for octets that the encoding has no characters for. No text that is sound can hold it."""

KEEP_PLACE: Final = "mailguard.undecodable"
"""The handler of errors, for `decode` and `open`, that puts it there."""

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD: Final = 65_536
_CHUNK: Final = 1 << 20
_FEWEST_NULS: Final = 0.2
"""Share of the characters that are ASCII in a table of UTF-16, whatever its script: digits, separators, addresses."""

_RARITY: Final = 4
"""Damaged octets that one letter of sound UTF-8 outweighs: in other encodings two or three octets hardly ever look like one."""

_ESCAPED = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")
_NAMES: Final = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1"}


def find_encoding(file: Path) -> str:
    """Return the codec that reads the file: one of UTF-8, UTF-16 or UTF-32 with or without a mark, or Windows-1252.

    Windows-1252 holds all that is printable of Latin-1 (ISO 8859-1). A file that is mostly sound UTF-8 is taken for UTF-8: a
    few damaged lines must not spoil the others' letters. Reads the whole file. Raises UsageError where it cannot be read.
    """
    try:
        with file.open("rb") as octets:
            head = octets.read(_HEAD)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    marked = next((codec for mark, codec in _BYTE_ORDER_MARKS if head.startswith(mark)), "")
    return marked or _wide(head) or ("utf-8" if _is_mostly_utf8(file) else "cp1252")


def known_encoding(name: str) -> str:
    """Return the codec of an encoding that somebody named. Raises UsageError where there is none of that name for text."""
    try:
        "id".encode(name)
    except (LookupError, ValueError) as error:
        raise UsageError(f"there is no encoding {name!r}; write utf-8, utf-16, windows-1252, iso-8859-2, …") from error
    return codecs.lookup(name).name


def encoding_name(codec: str) -> str:
    """Return the name under which people know a codec."""
    return _NAMES.get(codec, codec.upper())


@contextmanager
def open_text(file: Path, codec: str) -> Iterator[TextIO]:
    """Give the text with its line ends as they are; UNDECODABLE stands where it is damaged. Raises UsageError."""
    try:
        text = file.open(encoding=codec, errors=KEEP_PLACE, newline="")
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    with text:
        yield text


def _wide(head: bytes) -> str:
    """Return which UTF-16 it is, or "": ASCII characters have their NUL always on the same side."""
    pairs = len(head) // 2
    first, second = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if pairs and second >= _FEWEST_NULS * pairs and first * 10 <= second:
        return "utf-16-le"
    if pairs and first >= _FEWEST_NULS * pairs and second * 10 <= first:
        return "utf-16-be"
    return ""


def _is_mostly_utf8(file: Path) -> bool:
    sound = damaged = 0
    with file.open(encoding="utf-8", errors="surrogateescape", newline="") as text:
        while chunk := text.read(_CHUNK):
            if not chunk.isascii():
                escaped = len(_ESCAPED.findall(chunk))
                damaged += escaped
                sound += len(_BEYOND_ASCII.findall(chunk)) - escaped
    return sound * _RARITY >= damaged


def _keep_place(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return UNDECODABLE, error.end
    raise error


codecs.register_error(KEEP_PLACE, _keep_place)
