"""mailguard.identity.countries: a country by code and by name."""

from __future__ import annotations

import pytest

from mailguard.identity.countries import country


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GB", "gb"),
        ("UK", "gb"),
        ("United Kingdom", "gb"),
        ("England", "gb"),
        ("deu", "de"),
        ("Deutschland", "de"),
        ("U.S.A.", "us"),
        ("Österreich", "at"),
        ("Россия", "ru"),
        ("Narnia", "narnia"),
        ("n/a", ""),
        ("", ""),
    ],
)
def test_a_country_has_a_code(text: str, expected: str) -> None:
    assert country(text) == expected


def test_a_country_that_is_nothing_but_for_its_marks_is_nothing() -> None:
    assert [country(text) for text in ("(unknown)", ":EMPTY", "n/a")] == ["", "", ""]
