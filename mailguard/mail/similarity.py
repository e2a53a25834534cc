"""How two texts differ, for a person: what both say, what only one says, and where.

Explains what the digests of `fingerprint.py` only decide. Works on visible texts; bounded: a text beyond MAX_CHARACTERS is
compared by its beginning, and of words that differ only the first ones are named. It refuses to judge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from mailguard.mail.footer import find_footer
from mailguard.mail.link import take_links
from mailguard.mail.salutation import find_salutation
from mailguard.mail.words import fold, words_of

MAX_CHARACTERS = 262_144
MAX_NAMED_WORDS = 20


class Place(StrEnum):
    """Where two texts differ."""

    SALUTATION = "salutation"
    TEXT = "text"
    ORDER = "order"
    PUNCTUATION = "punctuation"
    CLOSING = "signature or footer"
    LINKS = "links"


@dataclass(frozen=True, slots=True)
class Similarity:
    """`ratio` is the share of words that both have, 0 to 1: 2 × common / (words of a + words of b); 1.0 for two empty texts.

    `only_a` and `only_b` are the first words that one has and the other has not (or has fewer of), in reading order.
    """

    ratio: float
    places: tuple[Place, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]

    def __str__(self) -> str:
        """Return one sentence."""
        if not self.places:
            return "the same words in the same order"
        said = f"{self.ratio:.0%} of the words are common; they differ in: {', '.join(self.places)}"
        for name, words in (("first", self.only_a), ("second", self.only_b)):
            if words:
                said += f"; only in the {name}: {' '.join(words)}"
        return said


@dataclass(frozen=True, slots=True)
class _Text:
    """The words of one text by place."""

    salutation: list[str]
    core: list[str]
    closing: list[str]
    signs: str
    targets: frozenset[str]

    @property
    def words(self) -> list[str]:
        return [*self.salutation, *self.core, *self.closing]


def compare(a: str, b: str) -> Similarity:
    """Return how two visible texts differ; linear in their sizes."""
    one, two = _read(a), _read(b)
    counts_one, counts_two = Counter(one.words), Counter(two.words)
    total = len(one.words) + len(two.words)
    ratio = 2 * (counts_one & counts_two).total() / total if total else 1.0
    only_a = _named(one.words, counts_one - counts_two)
    only_b = _named(two.words, counts_two - counts_one)
    return Similarity(ratio, tuple(_places(one, two)), only_a, only_b)


def _read(text: str) -> _Text:
    links = take_links(text[:MAX_CHARACTERS])
    salutation = find_salutation(links.text)
    regions = find_footer(links.text)
    core: list[str] = []
    closing: list[str] = []
    at = salutation.stop
    head = links.text[: salutation.start]
    for region in regions:
        core.append(links.text[at : region.start])
        closing.append(links.text[region.start : region.stop])
        at = max(at, region.stop)
    core_text = "\n".join((head, *core, links.text[at:]))
    return _Text(
        words_of(fold(links.text[salutation.start : salutation.stop])),
        words_of(fold(core_text)),
        words_of(fold("\n".join(closing))),
        "".join(sign for sign in core_text if not (sign.isalnum() or sign.isspace())),
        links.targets,
    )


def _places(one: _Text, two: _Text) -> Sequence[Place]:
    places: list[Place] = []
    if one.salutation != two.salutation:
        places.append(Place.SALUTATION)
    if Counter(one.core) != Counter(two.core):
        places.append(Place.TEXT)
    elif one.core != two.core:
        places.append(Place.ORDER)
    elif one.signs != two.signs:
        places.append(Place.PUNCTUATION)
    if one.closing != two.closing:
        places.append(Place.CLOSING)
    if one.targets != two.targets:
        places.append(Place.LINKS)
    return places


def _named(words: Sequence[str], surplus: Counter[str]) -> tuple[str, ...]:
    """Return the first different words of the surplus, as they come."""
    return tuple(islice((word for word in dict.fromkeys(words) if word in surplus), MAX_NAMED_WORDS))
