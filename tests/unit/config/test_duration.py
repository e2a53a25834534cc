"""mailguard.config.duration: what an operator may write, and what the mend says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.config.duration import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15s", 15), ("10m", 600), ("2h", 7200), ("6d", 518_400), ("1w", 604_800), ("1d12h", 129_600), ("0s", 0)],
)
def test_duration_is_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


def test_duration_that_is_one_already_is_kept() -> None:
    assert parse_duration(timedelta(days=6)) == timedelta(days=6)


@pytest.mark.parametrize(
    ("value", "mend"),
    [
        ("6 days", "write 6d"),
        ("10 minutes", "write 10m"),
        ("2 Hours", "write 2h"),
        ("30", "write 30s"),
        (30, "write 30s"),
        ("2 months", "such as 6d"),
        ("5 ms", "such as 6d"),
        ("soon", "such as 6d"),
        ("", "such as 6d"),
        (None, "such as 6d"),
    ],
)
def test_duration_that_cannot_be_read_comes_with_its_mend(value: object, mend: str) -> None:
    with pytest.raises(ValueError, match="is not a duration") as caught:
        parse_duration(value)
    assert mend in str(caught.value)


@pytest.mark.parametrize(("text", "is_taken"), [("36500d", True), ("36501d", False), ("9" * 30 + "d", False)])
def test_duration_is_at_most_a_hundred_years(text: str, is_taken: bool) -> None:  # noqa: FBT001 - a table of cases
    if is_taken:
        assert parse_duration(text) == timedelta(days=36_500)
    else:
        with pytest.raises(ValueError, match="longer than a hundred years"):
            parse_duration(text)


@given(st.integers(min_value=0, max_value=36_500 * 86_400))
def test_duration_that_is_written_is_read_again(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration


def test_duration_is_written_short() -> None:
    assert [format_duration(timedelta(seconds=seconds)) for seconds in (0, 15, 3600, 129_600)] == ["0s", "15s", "1h", "1d12h"]
