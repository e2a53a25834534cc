"""Street addresses, cities and postcodes in one form. Refuses to know whether there is such a place."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from mailguard.identity.address_words import ABBREVIATED, SAINT, STREET_ENDINGS, UNITS
from mailguard.identity.folding import ascii_of, is_nothing, words

_CACHED: Final = 1 << 16
_MOST_WORDS = 12
_MOST_PARTS = 4
_LONGEST_WORD = 40
_NUMBER = re.compile(r"\d{1,6}[a-z]?")
_LETTER = re.compile(r"[a-h]")
_UNIT_BEFORE_NUMBER = re.compile(r"^\W*(?:unit|flat|apt|suite|shop|lot)\W*\w+\s?/", re.IGNORECASE)
_RANGE = re.compile(r"(?<=\d)\s?[-–/]\s?\d+[a-z]?\b")
_PARTS = re.compile(r"[,;\n]+")
_COUNTRY_PREFIX = re.compile(r"[a-z]{1,3}[- ]\s?(?=\d{3})")
_ZIP_PLUS_4 = re.compile(r"(\d{5})-\d{4}")
_NO_LETTER_OR_DIGIT = re.compile(r"[^a-z0-9]+")
_LONGEST_POSTCODE = 10
_SHORTEST_POSTCODE = 3


@lru_cache(_CACHED)
def address(text: str) -> tuple[str, str]:
    """Return the house number and the street; each "" where there is none. Flats, floors and suites are left out.

    The number may stand before or behind the street; of a range (12-14) it is the first.
    """
    if is_nothing(text):
        return "", ""
    text = _RANGE.sub("", _UNIT_BEFORE_NUMBER.sub("", text[:256]))
    parts = [_without_units(words(part)[:_MOST_WORDS]) for part in _PARTS.split(text)[:_MOST_PARTS]]
    whole = next((part for part in parts if _is_whole(part)), [word for part in parts for word in part])
    number, street = _parted(whole)
    return number, " ".join(_street_word(word[:_LONGEST_WORD], at) for at, word in enumerate(street))


@lru_cache(_CACHED)
def postcode(text: str) -> str:
    """Return the letters and digits of a postcode, without a country's prefix (D-12345) and a ZIP code's last four."""
    bare = ascii_of(text[:32].strip()).lower()
    if is_nothing(bare):
        return ""
    bare = _ZIP_PLUS_4.sub(r"\1", _COUNTRY_PREFIX.sub("", bare, count=1))
    code = _NO_LETTER_OR_DIGIT.sub("", bare)[:_LONGEST_POSTCODE]
    return "" if len(code) < _SHORTEST_POSTCODE or (len(set(code)) == 1 and code[0] in "09x") else code


@lru_cache(_CACHED)
def place(text: str) -> str:
    """Return the words of a city's or a state's name."""
    if is_nothing(text):
        return ""
    found = " ".join(SAINT.get(word, word)[:_LONGEST_WORD] for word in words(text)[:_MOST_WORDS])
    return "" if is_nothing(found) else found


def _without_units(found: list[str]) -> list[str]:
    """Return the words without those that name a part of a building, as flat 3 does."""
    kept: list[str] = []
    at = 0
    while at < len(found):
        if found[at] in UNITS and at + 1 < len(found) and (found[at + 1][0].isdigit() or len(found[at + 1]) == 1):
            at += 2
        else:
            kept.append(found[at])
            at += 1
    return kept


def _is_whole(part: list[str]) -> bool:
    """Whether a part of an address has both a number and a street."""
    return any(map(_NUMBER.fullmatch, part)) and any(len(word) > 1 and word.isalpha() for word in part)


def _parted(found: list[str]) -> tuple[str, list[str]]:
    """Return the first number, with the letter after it, and the street: what follows it, or what stands before."""
    at = next((at for at, word in enumerate(found) if _NUMBER.fullmatch(word)), -1)
    if at < 0:
        return "", found
    number, before, after = found[at], found[:at], found[at + 1 :]
    if after and _LETTER.fullmatch(after[0]) and number.isdecimal():
        number, after = number + after[0], after[1:]
    is_before = before and ABBREVIATED.keys().isdisjoint(after)  # Calle Mayor 5 3º B, but Oak House 30 Oak Avenue
    return number.lstrip("0") or "0", before if is_before else after


def _street_word(word: str, at: int) -> str:
    """Return a word of a street as it is most often abbreviated; at the beginning, St is a saint."""
    if at == 0 and word in SAINT:
        return SAINT[word]
    if word in ABBREVIATED:
        return ABBREVIATED[word]
    ending = next((ending for ending in STREET_ENDINGS if word.endswith(ending) and len(word) > len(ending)), "")
    return word.removesuffix(ending) + "str" if ending else word
