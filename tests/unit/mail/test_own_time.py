"""The mail's own day ± 1 and time ± 10 minutes, on the sender's clock and in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from mailguard.mail.own_time import Day, OwnTime

OWN = OwnTime(datetime(2026, 11, 16, 23, 55, tzinfo=timezone(timedelta(hours=-2))))  # 01:55 on the 17th in UTC


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ((2026, 11, 14), False),
        ((2026, 11, 15), True),
        ((2026, 11, 16), True),
        ((2026, 11, 18), True),
        ((2026, 11, 19), False),
        ((0, 11, 16), True),
        ((2025, 11, 16), False),
    ],
)
def test_days(day: Day, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert OWN.is_day([(1999, 1, 1), day]) is expected


@pytest.mark.parametrize(
    ("minute", "expected"),
    [(1_424, False), (1_425, True), (1_439, True), (5, True), (6, False), (104, False), (105, True), (125, True), (126, False)],
)
def test_minutes(minute: int, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert OWN.is_minute(minute) is expected


@pytest.mark.parametrize(
    ("day", "minute", "expected"),
    [
        ((2026, 11, 16), 1_435, True),
        ((2026, 11, 17), 5, True),
        ((2026, 11, 17), 115, True),
        ((2026, 11, 17), 1_435, False),
        ((2026, 11, 16), 600, False),
        ((2026, 11, 30), 1_435, False),
    ],
)
def test_moments(day: Day, minute: int, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert OWN.is_moment([day], minute) is expected
