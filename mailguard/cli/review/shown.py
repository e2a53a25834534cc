"""A value of a record as it may be shown: on one line, harmless, and no longer than a person reads."""

from __future__ import annotations

import unicodedata
from typing import Final

from mailguard.mail.masking import terminal_safe

MOST_LETTERS: Final = 240
"""Of a longer value the beginning says who it is; the rest would push the next field off the screen."""

_MOST_ACCENTS: Final = 3
"""On one letter. More are not writing: they would be drawn over the lines above."""


def shown(value: str) -> str:
    """The value on one line, without what could drive a terminal; a long one is cut, which an ellipsis says."""
    # Beyond twice the length nothing can be seen: not even looked at.
    text = _calm(unicodedata.normalize("NFC", terminal_safe(value[: 2 * MOST_LETTERS]).strip()))
    is_cut = len(text) > MOST_LETTERS or len(value) > 2 * MOST_LETTERS
    return f"{text[:MOST_LETTERS]}…" if is_cut else text


def _calm(text: str) -> str:
    if text.isascii():
        return text
    kept: list[str] = []
    accents = 0
    for character in text:
        accents = accents + 1 if unicodedata.category(character)[0] == "M" else 0
        if accents <= _MOST_ACCENTS:
            kept.append(character)
    return "".join(kept)


def is_right_to_left(text: str) -> bool:
    """Whether some of it is written from right to left."""
    return not text.isascii() and any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)
