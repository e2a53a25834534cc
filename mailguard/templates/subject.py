"""A rendered subject as the one header field that it is: nothing in it can end a line, begin another field, or pass for one.

Pure: text in, octets out.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from typing import Final

MOST_CHARACTERS: Final = 1_000
"""Characters of a rendered subject; mail programs show a hundred."""

_LINE: Final = 76
_WORD_OCTETS: Final = 39
"""Octets of UTF-8 in one encoded word: with its frame and the name of the field, 73 characters of 76 (RFC 2047 2)."""

_ENDS_LINES: Final = frozenset({"Cc", "Zl", "Zp", "Cs"})
# What can stand in a header as it is, cut at single spaces: words of ASCII that no line is too short for.
_PLAIN: Final = re.compile(r"[!-~]{1,70}(?: [!-~]{1,70})*")


def why_not(text: str) -> str:
    """Return in one clause why a text cannot be a subject, "" where it can."""
    if not text.strip():
        return "renders to nothing"
    if len(text) > MOST_CHARACTERS:
        return f"renders to more than {MOST_CHARACTERS} characters"
    odd = next((character for character in text if unicodedata.category(character) in _ENDS_LINES), "")
    return f"renders to a control character (U+{ord(odd):04X}), such as the end of a line" if odd else ""


def subject_field(text: str) -> bytes:
    """Return the field with its line ends, folded (RFC 5322 2.2.3) and, where it must be, in encoded words (RFC 2047).

    Raises ValueError for a text that `why_not` objects to.
    """
    if objection := why_not(text):
        raise ValueError(objection)
    if _PLAIN.fullmatch(text) and "=?" not in text:
        return _folded(text.split(" "))
    return _folded([f"=?utf-8?B?{b64encode(piece).decode()}?=" for piece in _pieces(text)])


def _folded(words: list[str]) -> bytes:
    lines = ["Subject:"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _LINE and lines[-1] != "Subject:":
            lines.append("")
        lines[-1] += f" {word}"
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _pieces(text: str) -> list[bytes]:
    """Return the text in pieces that end between characters (RFC 2047 5)."""
    pieces = [b""]
    for character in text:
        octets = character.encode()
        if len(pieces[-1]) + len(octets) > _WORD_OCTETS:
            pieces.append(b"")
        pieces[-1] += octets
    return pieces
