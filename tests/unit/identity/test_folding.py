"""mailguard.identity.folding: any script, case and accent in lower-case ASCII words; nothing is nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.identity.folding import LONGEST, ascii_of, is_nothing, is_unspaced, name_words, word_set, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Müller-Lüdenscheidt", ["muller", "ludenscheidt"]),
        ("O'Brien O’Brien", ["obrien", "obrien"]),
        ("Иван Соловьёв", ["ivan", "solovev"]),
        ("J.R.R. Tolkien", ["j", "r", "r", "tolkien"]),
        ("Straße 12a", ["strasse", "12a"]),
        ("e\u0301", ["e"]),
        ("a\u200bb", ["ab"]),
        ("", []),
    ],
)
def test_words_are_lower_case_ascii(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_names_have_no_digits_and_two_people_an_and() -> None:
    assert name_words("Ada2 & Charles 3rd") == ["ada", "and", "charles", "rd"]


@pytest.mark.parametrize(
    "text", ["", " ", "-", "n/a", "N/A", " Unknown ", "none", "NULL", "test", "???", "not available", "\u2014"]
)
def test_what_stands_for_nothing_is_nothing(text: str) -> None:
    assert is_nothing(text)


@pytest.mark.parametrize("text", ["Na", "0", "Nunn", "Testa", "山"])
def test_what_looks_like_nothing_may_be_a_name(text: str) -> None:
    assert not is_nothing(text)


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    assert len(ascii_of("ж" * 10_000)) == LONGEST
    assert ascii_of("a" * (LONGEST + 1)) == "a" * LONGEST


def test_names_of_east_asia_are_told_by_their_script() -> None:
    assert is_unspaced("王小明")
    assert is_unspaced("김민준")
    assert not is_unspaced("Иван")
    assert not is_unspaced("")


def test_a_list_of_words_is_a_set() -> None:
    assert word_set("b a\nb") == {"a", "b"}


@given(st.text(max_size=400))
def test_words_are_ascii_letters_and_digits(text: str) -> None:
    assert all(word.isascii() and word.isalnum() and word == word.lower() for word in words(text))
