"""mailguard.identity.dates: a date of birth has one form, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.identity.dates import born


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1815-12-10", "1815-12-10"),
        ("18151210", "1815-12-10"),
        ("10.12.1815", "1815-12-10"),
        ("10/12/1815", "1815-12-10"),
        ("12/25/1985", "1985-12-25"),
        ("25/12/85", "1985-12-25"),
        ("1.2.03", "2003-02-01"),
        ("31.12.20", "2020-12-31"),
        ("31.12.21", "1921-12-31"),
        ("10 December 1815", "1815-12-10"),
        ("Dec 10, 1815", "1815-12-10"),
        ("10-Dec-85", "1985-12-10"),
        ("10. Dezember 1985", "1985-12-10"),
        ("12th of May 1970", "1970-05-12"),
        ("5 мая 1985", "1985-05-05"),
        ("1985年4月12日", "1985-04-12"),
        ("١٩٨٥-٠٤-١٢", "1985-04-12"),
        ("1985-04-12T00:00:00Z", "1985-04-12"),
        ("1985-04-12 00:00:00", "1985-04-12"),
        ("1985/4/2", "1985-04-02"),
        ("1985", "1985"),
        ("1985-04", "1985-04"),
        ("04/1985", "1985-04"),
        ("1985-00-00", "1985"),
        ("May 1985", "1985-05"),
    ],
)
def test_a_date_has_one_form(text: str, expected: str) -> None:
    assert born(text) == expected


def test_the_region_says_which_comes_first() -> None:
    assert born("03/04/1980") == "1980-04-03"
    assert born("03/04/1980", "us") == "1980-03-04"
    assert born("25/04/1980", "us") == "1980-04-25"


@pytest.mark.parametrize(
    "text",
    "1900-01-01 1970-01-01 01.01.1900 0000-00-00 00000000 99999999 9999-12-31 1899-12-30 n/a - 85 soon 1234567 12.12. May".split(),
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert not born(text)


@pytest.mark.parametrize("text", ["2 Feb", "May June 1985", "yesterday, 5 o'clock", "May 12, May 13"])
def test_words_without_one_month_and_a_year_are_no_date(text: str) -> None:
    assert not born(text)


def test_a_typing_error_stays() -> None:
    assert born("19371345") == "1937-13-45"


@given(st.text(max_size=100) | st.from_regex(r"[0-9]{0,8}[-/. ]?[0-9]{0,4}[-/. ]?[0-9]{0,4}"))
def test_any_text_gives_a_date_or_none(text: str) -> None:
    found = born(text)
    assert len(found) in {0, 4, 7, 10}
    assert born(found) == found


@given(st.dates())
def test_forms_of_one_date_are_equal(date: object) -> None:
    iso = str(date)
    year, month, day = iso.split("-")
    assert born(iso) == born(iso.replace("-", "")) == born(f"{day}.{month}.{year}") == born(f"{iso} 00:00")
