"""Greetings, titles and closings are folded, and each closing is found by its first word."""

from __future__ import annotations

from mailguard.mail import greeting_words as words


def test_words_are_casefolded() -> None:
    for group in (words.GREETINGS, words.TITLES, words.NOBODY, words.THANKS, words.NO_NAMES, words.AND, words.PARTICLES):
        assert all(word == word.casefold() and word == word.strip() for word in group)


def test_greetings_begin_as_they_are_looked_up() -> None:
    assert {greeting.split()[0] for greeting in words.GREETINGS} == words.GREETING_BEGINNINGS


def test_the_longest_closing_comes_first() -> None:
    for first, closings in words.CLOSINGS.items():
        assert closings == sorted(closings, key=len, reverse=True)
        assert all(closing.split()[0] == first for closing in closings)


def test_nobody_is_no_title() -> None:
    assert "customer" in words.NOBODY
    assert "customer" not in words.TITLES
