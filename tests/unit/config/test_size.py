"""mailguard.config.size: octets, and the units that mail servers count in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.config.size import format_size, parse_size


@pytest.mark.parametrize(
    ("value", "octets"),
    [
        (26_214_400, 26_214_400),
        ("25MB", 26_214_400),
        ("25 MiB", 26_214_400),
        ("10k", 10_240),
        ("1GB", 1 << 30),
        ("512", 512),
        (0, 0),
    ],
)
def test_size_is_read(value: object, octets: int) -> None:
    assert parse_size(value) == octets


@pytest.mark.parametrize("value", ["25 mega", "-1", -1, True, 2.5, "", None])
def test_size_that_cannot_be_read_comes_with_its_mend(value: object) -> None:
    with pytest.raises(ValueError, match="write the octets, such as 26214400, or 25MB"):
        parse_size(value)


@given(st.integers(min_value=0, max_value=1 << 50))
def test_size_that_is_written_is_read_again(octets: int) -> None:
    assert parse_size(format_size(octets)) == octets


def test_size_is_written_in_the_largest_unit_that_divides_it() -> None:
    assert [format_size(octets) for octets in (0, 1000, 10_240, 26_214_400)] == ["0", "1000", "10KB", "25MB"]
