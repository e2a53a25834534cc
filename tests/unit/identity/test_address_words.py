"""mailguard.identity.address_words: each spelling has one abbreviation, which is its own."""

from __future__ import annotations

from mailguard.identity.address_words import ABBREVIATED, SAINT, STREET_ENDINGS, UNITS
from mailguard.identity.folding import words


def test_words_are_folded() -> None:
    for group in (ABBREVIATED, SAINT, STREET_ENDINGS, UNITS):
        assert all(words(word) == [word] for word in group)


def test_an_abbreviation_stays_as_it_is() -> None:
    assert all(ABBREVIATED.get(short, short) == short for short in ABBREVIATED.values())


def test_a_unit_is_no_kind_of_street() -> None:
    assert UNITS.isdisjoint(set(ABBREVIATED) - {"ste"})
