"""A person's names: titles, suffixes and particles away, parts in order. Refuses to know nicknames and frequencies.

Particles are left out of a surname ("von der Leyen" and "Leyen" are equal) also where they are written in one word with it
("Vandenberg"); what is only the first half of a name is joined ("O' Brien", "Mc Donald"). Hyphens part names.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from mailguard.identity.folding import ascii_of, is_nothing, is_unspaced, name_words
from mailguard.identity.name_words import AND, COMPANY_WORDS, JOINED, LEGAL_FORMS, PARTICLES, SUFFIXES, TITLES

_MOST_WORDS = 8
_LONGEST_WORD = 40
_CACHED: Final = 1 << 16
# Nicknames and remarks: Robert "Bob" Smith, Ada Lovelace (Sales).
_ASIDE = re.compile(r"""["“”„«»][^"“”„«»]*["“”„«»]|\([^()]*\)|\[[^\[\]]*\]""")
_JOINED_PARTICLE = re.compile(r"(?:van[dt]e[nr]|dela|delos)(?=[a-z]{4})")


@lru_cache(_CACHED)
def given_names(text: str) -> tuple[str, str]:
    """Return the first given name and the others, separated by spaces; of two people none."""
    return _given(_of_a_person(text))


@lru_cache(_CACHED)
def surname(text: str) -> str:
    """Return the surname; of several, separated by a space, all."""
    return _surname(_of_a_person(text))


@lru_cache(_CACHED)
def full_name(text: str) -> tuple[str, str, str]:
    """Return the first given name, the others, and the surname. One name alone is a given name, after a title a surname.

    Of a couple ("Ada and Charles King") only the surname is told; of a company all is surname.
    """
    if is_nothing(text):
        return "", "", ""
    text = _ASIDE.sub(" ", text[:256]).strip() or text
    if is_unspaced(text):
        return _unspaced(text)
    if is_company(text):
        return "", "", _company(text)
    left, _, right = text.partition(",")
    if set(name_words(right)) <= SUFFIXES | TITLES:  # also where there is no comma at all
        return _in_order(left)
    return *given_names(right), surname(left)


def is_company(text: str) -> bool:
    """Whether a name is that of no person: with a legal form, or a word for an office or a firm."""
    found = name_words(text)
    return len(found) > 1 and (found[-1] in LEGAL_FORMS or any(word in COMPANY_WORDS for word in found))


def _of_a_person(text: str) -> list[str]:
    """Return a name's words without titles and suffixes."""
    if is_nothing(text):
        return []
    return _without_titles(name_words(_ASIDE.sub(" ", text[:256]) if not text.isalpha() else text))


def _without_titles(found: list[str]) -> list[str]:
    """Return the words between titles and suffixes; all where there are no others, since Dr Sir is somebody too."""
    found = [word[:_LONGEST_WORD] for word in found[:_MOST_WORDS]]
    start, stop = 0, len(found)
    while start < stop - 1 and found[start] in TITLES:
        start += 1
    while start < stop - 1 and found[stop - 1] in SUFFIXES:
        stop -= 1
    return found[start:stop]


def _given(found: list[str]) -> tuple[str, str]:
    return (found[0], " ".join(found[1:])) if found and AND.isdisjoint(found) else ("", "")


def _surname(found: list[str]) -> str:
    """Return the words of a surname: particles away, first halves joined to the next."""
    parts: list[str] = []
    half = ""
    for at, word in enumerate(found):
        is_last = at == len(found) - 1
        if word in JOINED and not is_last:
            half += word
        elif word not in PARTICLES or (is_last and not parts):
            parts.append(_JOINED_PARTICLE.sub("", half + word))
            half = ""
    return " ".join(parts)


def _in_order(text: str) -> tuple[str, str, str]:
    """Return the parts of a name whose surname comes last, or is the one that is written in capitals."""
    found = name_words(text)
    names = _without_titles(found)
    if not AND.isdisjoint(found):
        return "", "", _surname(names[-1:])
    if len(names) < 2:
        is_titled = len(found) > 1 and found[0] in TITLES
        return ("", "", _surname(names)) if is_titled else (*_given(names), "")
    start = _surname_starts(names)
    capital = _in_capitals(text) if start else ""
    if capital and names[0] == capital:
        return *_given(names[1:]), _surname(names[:1])
    return *_given(names[:start]), _surname(names[start:])


def _surname_starts(names: list[str]) -> int:
    """Return where the surname starts: at the first particle after the first name, else at the last word."""
    for at in range(1, len(names) - 1):
        if names[at] in PARTICLES or (names[at] in JOINED and len(names[at]) > 1):
            return at
    is_half = len(names) > 2 and names[-2] in {"o", "d", "l"} and len(names[-2]) == 1
    return len(names) - (2 if is_half else 1)


def _in_capitals(text: str) -> str:
    """Return the one word of several that is in capitals (DOE Jane), lower-case; "" where none or all are."""
    found = [word for word in ascii_of(text).split() if len(word) > 2 and word.isalpha()]
    capital = [word for word in found if word.isupper()]
    return capital[0].lower() if len(capital) == 1 < len(found) else ""


def _unspaced(text: str) -> tuple[str, str, str]:
    """Return the parts of an East Asian name: family first; of one word its first character."""
    first, _, rest = text.partition(" ")
    family, given = (first, rest) if rest else (first[:1], first[1:])
    return "".join(name_words(given)), "", "".join(name_words(family))


def _company(text: str) -> str:
    """Return a company's name without its legal form."""
    found = [word[:_LONGEST_WORD] for word in name_words(text)[:_MOST_WORDS]]
    while len(found) > 1 and found[-1] in LEGAL_FORMS:
        found.pop()
    return " ".join(found)
