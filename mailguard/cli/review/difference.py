"""Where two values of one field differ, letter by letter. Knows nothing of screens: a mark is a flag on a piece of text."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from rapidfuzz.distance import Levenshtein

_WORD: Final = re.compile(r"\w+")

_ALIKE: Final = 0.5
"""Words, and values, with at least this share in common are shown as variants of each other; below, as two different things."""


class Sign(StrEnum):
    """What is between two values: it must be readable without colour."""

    EQUAL = "="
    ALIKE = "≈"
    DIFFERENT = "≠"
    MISSING = " "


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of a value; marked where the other value has something else."""

    text: str
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """Two values beside each other. Where the sign says that all is equal or all is different nothing is marked."""

    sign: Sign
    left: tuple[Piece, ...]
    right: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter with the accents that stand on it."""

    text: str
    folded: str


def difference(left: str, right: str, *, in_order: bool = True) -> Difference:
    """How two values differ. With `in_order` letter by letter; without it words may stand in another order, as in names."""
    one, other = _letters(left), _letters(right)
    if not (one and other):
        return _plain(Sign.MISSING, left, right)
    marks = _by_letter(one, other) if in_order else _by_word(one, other)
    if not any(marks[0]) and not any(marks[1]):
        return _plain(Sign.EQUAL, left, right)
    # The fuller value has what the other lacks: what counts is how much of the shorter one it has.
    if max(_share(one, marks[0]), _share(other, marks[1])) < _ALIKE:
        return _plain(Sign.DIFFERENT, left, right)
    return Difference(Sign.ALIKE, _pieces(one, marks[0]), _pieces(other, marks[1]))


def equal(left: str, right: str) -> Difference:
    """Two values that are known to mean the same, however they are written."""
    return _plain(Sign.EQUAL, left, right)


def _plain(sign: Sign, left: str, right: str) -> Difference:
    return Difference(sign, (Piece(left),) if left else (), (Piece(right),) if right else ())


def _letters(text: str) -> tuple[_Letter, ...]:
    found: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        if found and unicodedata.category(character)[0] == "M":
            found[-1] += character
        else:
            found.append(character)
    return tuple(_Letter(one, one.casefold()) for one in found)


def _by_letter(one: Sequence[_Letter], other: Sequence[_Letter]) -> tuple[list[bool], list[bool]]:
    """For each letter, whether the other side lacks it. Case, spaces and punctuation are no difference."""
    marks = [False] * len(one), [False] * len(other)
    edits = Levenshtein.opcodes([letter.folded for letter in one], [letter.folded for letter in other])
    for edit in edits:
        if edit.tag != "equal":
            _mark(marks[0], one, edit.src_start, edit.src_end)
            _mark(marks[1], other, edit.dest_start, edit.dest_end)
    return marks


def _mark(marks: list[bool], letters: Sequence[_Letter], start: int, end: int) -> None:
    for place in range(start, end):
        marks[place] = _counts(letters[place].text[0])


@cache
def _counts(character: str) -> bool:
    return unicodedata.category(character)[0] not in "ZP"


def _by_word(one: Sequence[_Letter], other: Sequence[_Letter]) -> tuple[list[bool], list[bool]]:
    """As `_by_letter`, each word against the word of the other side that is most like it."""
    marks = [False] * len(one), [False] * len(other)
    left, right = _words_alone(_words(one), _words(other)), _words_alone(_words(other), _words(one))
    for word in left:
        twin = max(right, key=lambda candidate: _likeness(word, candidate), default=None)
        if twin is not None and _likeness(word, twin) >= _ALIKE:
            right.remove(twin)
            _mark_variant(marks, (one, other), (word, twin))
        else:
            _mark(marks[0], one, word.start, word.end)
    for word in right:
        _mark(marks[1], other, word.start, word.end)
    return marks


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    folded: str


def _words(letters: Sequence[_Letter]) -> list[_Word]:
    # One character for one letter, so that places in the text are places among the letters.
    text = "".join(letter.text[0] for letter in letters)
    return [
        _Word(*found.span(), "".join(letter.folded for letter in letters[slice(*found.span())]))
        for found in _WORD.finditer(text)
    ]


def _words_alone(words: Sequence[_Word], others: Sequence[_Word]) -> list[_Word]:
    """The words that the other side does not have, each as often as it lacks there."""
    there = Counter(word.folded for word in others)
    alone = []
    for word in words:
        if there[word.folded]:
            there[word.folded] -= 1
        else:
            alone.append(word)
    return alone


def _likeness(one: _Word, other: _Word) -> float:
    # An initial is a variant of every word that it begins.
    if min(len(one.folded), len(other.folded)) == 1 and one.folded[0] == other.folded[0]:
        return _ALIKE
    return Levenshtein.normalized_similarity(one.folded, other.folded)


def _mark_variant(
    marks: tuple[list[bool], list[bool]], sides: tuple[Sequence[_Letter], Sequence[_Letter]], words: tuple[_Word, _Word]
) -> None:
    (one, other), (word, twin) = sides, words
    inner = _by_letter(one[word.start : word.end], other[twin.start : twin.end])
    marks[0][word.start : word.end], marks[1][twin.start : twin.end] = inner


def _share(letters: Sequence[_Letter], marks: Sequence[bool]) -> float:
    """How much of what counts is in common."""
    counted = [marked for letter, marked in zip(letters, marks, strict=True) if _counts(letter.text[0])]
    return 1 - sum(counted) / len(counted) if counted else 1.0


def _pieces(letters: Sequence[_Letter], marks: Sequence[bool]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for letter, marked in zip(letters, marks, strict=True):
        if pieces and pieces[-1].is_marked is marked:
            pieces[-1] = Piece(pieces[-1].text + letter.text, marked)
        else:
            pieces.append(Piece(letter.text, marked))
    return tuple(pieces)
