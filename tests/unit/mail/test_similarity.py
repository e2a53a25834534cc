"""Two texts are explained to a person: what is common, what differs and where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail import similarity
from mailguard.mail.similarity import Place, compare

TEXT = "Dear Ann,\n\nYour parcel 4711 is on its way. It comes tomorrow.\n\nhttps://x.example/a\n\nKind regards,\nBob\n"


def test_equal_texts_do_not_differ() -> None:
    same = compare(TEXT, TEXT)
    assert (same.ratio, same.places, same.only_a, same.only_b) == (1.0, (), (), ())
    assert str(same) == "the same words in the same order"


def test_two_empty_texts_are_equal() -> None:
    assert compare("", "").ratio == 1.0


@pytest.mark.parametrize(
    ("before", "after", "places"),
    [
        ("Dear Ann,", "Hello Ann,", (Place.SALUTATION,)),
        ("on its way", "packed", (Place.TEXT,)),
        ("4711", "4712", (Place.TEXT,)),
        ("on its way. It comes tomorrow.", "It comes tomorrow. on its way.", (Place.ORDER,)),
        ("on its way.", "on its way!", (Place.PUNCTUATION,)),
        ("Bob", "Eve", (Place.CLOSING,)),
        ("x.example/a", "x.example/b", (Place.LINKS,)),
        ("regards,\nBob", "regards,\nBob\n\nP.S. Call me.", (Place.TEXT,)),
    ],
)
def test_the_place_is_named(before: str, after: str, places: tuple[Place, ...]) -> None:
    assert compare(TEXT, TEXT.replace(before, after)).places == places


def test_the_words_of_one_text_only_are_named_in_order() -> None:
    found = compare("the box was packed today", "the box was shipped by us today")
    assert (found.only_a, found.only_b) == (("packed",), ("shipped", "by", "us"))
    assert found.ratio == pytest.approx(2 * 4 / 12)
    assert str(found) == (
        "67% of the words are common; they differ in: text; only in the first: packed; only in the second: shipped by us"
    )


def test_a_word_that_stands_more_often_is_named() -> None:
    found = compare("very very good", "very good")
    assert found.only_a == ("very",)
    assert str(found).endswith("only in the first: very")


def test_only_the_first_words_are_named() -> None:
    assert len(compare(" ".join(map(str, range(100))), "").only_a) == similarity.MAX_NAMED_WORDS


def test_a_long_text_is_compared_by_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "MAX_CHARACTERS", 10)
    assert compare("0123456789", "0123456789 more").places == ()


@given(st.text(max_size=100), st.text(max_size=100))
def test_the_ratio_is_a_share_and_symmetric(one: str, two: str) -> None:
    there, back = compare(one, two), compare(two, one)
    assert 0 <= there.ratio <= 1
    assert (there.ratio, there.places, there.only_a) == (back.ratio, back.places, back.only_b)
