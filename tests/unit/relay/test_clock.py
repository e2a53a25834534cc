"""mailguard.relay.clock: the system's time is aware, and in UTC."""

from __future__ import annotations

from datetime import UTC, timedelta

from mailguard.relay.clock import system_clock


def test_the_time_is_in_utc_and_does_not_go_back() -> None:
    before, after = system_clock(), system_clock()
    assert before.tzinfo is UTC
    assert after - before >= timedelta()
