"""mailguard.identity.phones: a number has one form where its country is known, and its digits where not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.identity.phones import phone


@pytest.mark.parametrize(
    "text",
    [
        "020 7183 8750",
        "+44 20 7183 8750",
        "0044 20 7183 8750",
        "+44 (0)20 7183 8750",
        "(020) 7183-8750",
        "020 7183 8750 ext. 5",
        "call 020 7183 8750, evenings",
        "020 7183 8750 / 020 7183 8751",
        "٠٢٠٧١٨٣٨٧٥٠",
    ],
)
def test_spellings_of_one_number_are_equal(text: str) -> None:
    assert phone(text, "gb") == "+442071838750"


def test_a_number_without_a_country_is_its_digits() -> None:
    assert phone("0171/123456") == phone("0171 / 123456") == "0171123456"


@pytest.mark.parametrize(
    "text", ["", "n/a", "0000000000", "999999", "1234567", "987654321", "12", "1-800-FLOWERS", "+", "1" * 18]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert not phone(text, "gb")


def test_a_number_that_the_library_cannot_read_is_its_digits() -> None:
    assert phone("+999123456", "gb") == "999123456"
    assert phone("07825359129", "zz") == "07825359129"


@given(st.text(max_size=100), st.sampled_from(["", "gb", "us", "zz"]))
def test_any_text_gives_digits_or_none(text: str, region: str) -> None:
    found = phone(text, region)
    assert found == "" or found.removeprefix("+").isdecimal()
    assert found.isascii()


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("07783456789", "gb", "+447783456789"),
        ("07783000000", "gb", "+447783000000"),
        ("0891234567", "de", "+49891234567"),
        ("0612345678", "it", "+390612345678"),
        ("2125550100", "us", "+12125550100"),
        ("12125550100", "us", "+12125550100"),
        ("0783456789", "zz", "0783456789"),
    ],
)
def test_numbers_that_start_alike_are_written_alike(text: str, region: str, expected: str) -> None:
    assert phone(text, region) == expected
