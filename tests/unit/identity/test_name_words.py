"""mailguard.identity.name_words: words as the folding of names makes them, each of one kind."""

from __future__ import annotations

from mailguard.identity import name_words as words
from mailguard.identity.folding import name_words


def test_words_are_folded() -> None:
    for group in (
        words.TITLES,
        words.SUFFIXES,
        words.PARTICLES,
        words.JOINED,
        words.AND,
        words.LEGAL_FORMS,
        words.COMPANY_WORDS,
    ):
        assert all(name_words(word) == [word] for word in group)


def test_what_is_dropped_is_not_joined_too() -> None:
    assert words.PARTICLES.isdisjoint(words.JOINED)


def test_surnames_are_no_legal_forms() -> None:
    assert words.LEGAL_FORMS.isdisjoint({"sa", "ma", "as", "de"})
