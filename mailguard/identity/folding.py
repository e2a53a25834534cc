"""Any text as lower-case ASCII words, whatever its script, accents and case; and what stands for nothing at all.

Knows letters only: not names, not streets, not languages. Bounded: only the first characters of a long text are read.
"""

from __future__ import annotations

import re
from typing import Final

from anyascii import anyascii

LONGEST: Final = 256
"""Characters of a value that are read; a name or a street of more is none."""


def word_set(text: str) -> frozenset[str]:
    """Return the words of a list that is written as one text."""
    return frozenset(text.split())


# What a source writes where it has nothing. Compared before punctuation goes: "n/a" is nothing, "Na" is a surname.
_NOTHING = word_set("""
n/a n.a. n.a #n/a n/d n.d. none null nil nan <na> <null> (null) unknown unk unbekannt inconnu desconocido sconosciuto
desconhecido onbekend missing undefined empty blank test testing tbd tba xxx xxxx keine nicht k.a. k.a ninguno anonymous
not_available not_known not_provided not_applicable no_name noname not_given
""")
_APOSTROPHES = "'`´’‘ʼʻ"
# Apostrophes vanish (O'Brien is OBrien), every other mark parts two words.
_WORDS = {code: None if chr(code) in _APOSTROPHES else chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
_LETTERS = _WORDS | dict.fromkeys(map(ord, "0123456789")) | {ord("&"): " and "}
_HAS_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_FIRST_UNSPACED = "\u2e80"  # CJK radicals; kana, Han and Hangul follow
_LAST_UNSPACED = "\ud7ff"


def is_nothing(text: str) -> bool:
    """Whether a value stands for no value: empty, punctuation alone, or one of the words for it."""
    bare = " ".join(text[:LONGEST].split()).lower()
    return bare.replace(" ", "_") in _NOTHING or not _HAS_LETTER_OR_DIGIT.search(bare)


def ascii_of(text: str) -> str:
    """Return the text transliterated to ASCII, cut to LONGEST characters before and after."""
    text = text[:LONGEST]
    return text if text.isascii() else anyascii(text)[:LONGEST]


def words(text: str) -> list[str]:
    """Return the lower-case words, digits among them."""
    return ascii_of(text).translate(_WORDS).split()


def name_words(text: str) -> list[str]:
    """Return the lower-case words without any digits."""
    return ascii_of(text).translate(_LETTERS).split()


def is_unspaced(text: str) -> bool:
    """Whether a text is in a script of East Asia, where a name has no spaces and the family comes first."""
    return bool(text) and _FIRST_UNSPACED <= text[0] <= _LAST_UNSPACED
