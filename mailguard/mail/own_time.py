"""When a mail was sent, as its text may show it: which days and which minutes are the mail's own.

Compares values that `dates.py` has read; it refuses to read text.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

DAY_TOLERANCE = timedelta(days=1)
TIME_TOLERANCE_MINUTES = 10
DAY_MINUTES = 1_440

Day = tuple[int, int, int]
"""Year (0: not said), month, day of the month."""


class OwnTime:
    """The moment that a mail was sent at, as its text may show it: on the sender's clock or in UTC. None: no moment at all."""

    def __init__(self, sent_at: datetime | None) -> None:
        self._minutes: list[int] = []
        self._days: list[dict[Day, int]] = []
        for clock in (sent_at, sent_at.astimezone(UTC)) if sent_at else ():
            self._minutes.append(clock.hour * 60 + clock.minute)
            near = {apart: clock + apart * DAY_TOLERANCE for apart in (-1, 0, 1)}
            self._days.append({(year, day.month, day.day): apart for apart, day in near.items() for year in (0, day.year)})

    def is_day(self, days: Sequence[Day]) -> bool:
        """Whether one of the readings is the day of sending ± 1."""
        return any(day in near for near in self._days for day in days)

    def is_minute(self, minute: int) -> bool:
        """Whether this minute of the day is within ten minutes of sending."""
        apart = (abs(minute - own) for own in self._minutes)
        return any(min(each, DAY_MINUTES - each) <= TIME_TOLERANCE_MINUTES for each in apart)

    def is_moment(self, days: Sequence[Day], minute: int) -> bool:
        """Whether one of the readings together with this minute is within ten minutes of sending."""
        return any(
            abs(near[day] * DAY_MINUTES + minute - own) <= TIME_TOLERANCE_MINUTES
            for near, own in zip(self._days, self._minutes, strict=True)
            for day in days
            if day in near
        )
