"""mailguard.identity.addresses: spellings of one house, one postcode and one city are equal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.identity.addresses import address, place, postcode


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 Oak Avenue", ("30", "oak av")),
        ("30, Oak Ave.", ("30", "oak av")),
        ("Flat 3, 30 Oak Avenue", ("30", "oak av")),
        ("30 Oak Avenue, Apt 503", ("30", "oak av")),
        ("Oak House, 30 Oak Avenue", ("30", "oak av")),
        ("Oak House 30 Oak Avenue", ("30", "oak av")),
        ("Unit 4/12 King Street", ("12", "king st")),
        ("flat b 12 King Street", ("12", "king st")),
        ("Musterstraße 12a", ("12a", "musterstr")),
        ("Musterstr. 12 a", ("12a", "musterstr")),
        ("Musterstr. 12, Hinterhaus", ("12", "musterstr")),
        ("12-14 High St", ("12", "high st")),
        ("012 High St", ("12", "high st")),
        ("0 High St", ("0", "high st")),
        ("St. John's Road 5", ("5", "saint johns rd")),
        ("10, rue de la Paix", ("10", "r de la paix")),
        ("Calle Mayor 5 3º B", ("5", "c mayor")),
        ("2nd Avenue 10", ("10", "2nd av")),
        ("ул. Ленина, 10", ("10", "ul lenina")),
        ("The Old Rectory", ("", "the old rectory")),
        ("Flat", ("", "flat")),
        ("n/a", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_street_address_is_parted(text: str, expected: tuple[str, str]) -> None:
    assert address(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PO18 1WU", "po181wu"),
        ("po181wu", "po181wu"),
        ("D-12345", "12345"),
        ("NL-1012 AB", "1012ab"),
        ("12345-6789", "12345"),
        ("2830", "2830"),
        ("00000", ""),
        ("99999", ""),
        ("12", ""),
        ("n/a", ""),
        ("", ""),
    ],
)
def test_a_postcode_is_letters_and_digits(text: str, expected: str) -> None:
    assert postcode(text) == expected


def test_a_place_that_is_nothing_but_for_its_marks_is_nothing() -> None:
    assert [place(text) for text in ("(unknown)", ":EMPTY", "n/a")] == ["", "", ""]


def test_a_place_is_its_words() -> None:
    assert place("Frankfurt/Main") == place(" FRANKFURT  main") == "frankfurt main"
    assert place("St. Gallen") == place("Sankt Gallen") == "saint gallen"
    assert place("unknown") == ""


@given(st.text(max_size=300))
def test_any_text_gives_bounded_words(text: str) -> None:
    number, street = address(text)
    assert len(number) <= 8
    assert len(street) <= 48 * 41
    assert len(postcode(text)) <= 10
    for found in (number, street, place(text), postcode(text)):
        assert found.isascii()
        assert found == found.lower().strip()


@given(st.integers(1, 9999), st.from_regex(r"[a-z]{4,10}", fullmatch=True))
def test_the_number_may_stand_before_or_behind(number: int, name: str) -> None:
    assert address(f"{number} {name} road") == address(f"{name.upper()} Rd. {number}")
