"""Dates are read leniently and written as RFC 5322 has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.date_field import format_date, parse_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sat, 21 Nov 2026 10:00:00 +0000", "2026-11-21T10:00:00+00:00"),
        ("Sat, 21 Nov 2026 10:00 +0100", "2026-11-21T10:00:00+01:00"),
        ("21 Nov 2026 10:00:00 -0530", "2026-11-21T10:00:00-05:30"),
        ("Sat,21 nov 26 1:02:03 GMT", "2026-11-21T01:02:03+00:00"),
        ("Saturday, 21-November-2026 10:00:00 PST", "2026-11-21T10:00:00-08:00"),
        ("21 Nov 99 10:00:00 EDT", "1999-11-21T10:00:00-04:00"),
        ("21 Nov 126 10:00:00", "2026-11-21T10:00:00+00:00"),
        ("Sat, 21 Nov 2026 23:59:60 +0000", "2026-11-21T23:59:59+00:00"),
        ("Sat, 21 Nov 2026 10:00:00.123 +0000 (UTC)", "2026-11-21T10:00:00+00:00"),
        ("Sat, 21 Nov 2026 10:00:00 +9900", "2026-11-21T10:00:00+00:00"),
        ("Sat, 21 Nov 2026 10:00:00 XYZ", "2026-11-21T10:00:00+00:00"),
    ],
)
def test_dates_in_use_are_read(text: str, expected: str) -> None:
    date = parse_date(text)
    assert date is not None
    assert date.isoformat() == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "31 Feb 2026 10:00:00 +0000",
        "1 Foo 2026 10:00:00",
        "1 Nov 2026 25:00:00",
        "2026-11-21",
        "1 Jan 1899 0:00:00",
        "31 Dec 9999 10:00:00",
        "x" * 9999,
    ],
)
def test_others_are_none(text: str) -> None:
    assert parse_date(text) is None


def test_written_form() -> None:
    assert format_date(datetime(2026, 11, 1, 9, 5, 7, tzinfo=UTC)) == "Sun, 01 Nov 2026 09:05:07 +0000"
    assert format_date(datetime(2026, 11, 1, 9, 5, 7, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))).endswith(" -0330")


@given(st.integers(-2_208_900_000, 253_370_000_000), st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]))
def test_what_is_written_is_read_again(second: int, zone: timezone) -> None:
    moment = datetime.fromtimestamp(second, zone)
    assert parse_date(format_date(moment)) == moment


@given(st.text(max_size=60))
def test_never_raises(text: str) -> None:
    parse_date(text)
