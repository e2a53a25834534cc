"""mailguard.policy.hold_times: a class has its own time, or that of all."""

from __future__ import annotations

from datetime import timedelta

from mailguard.mail.control import MailClass
from mailguard.policy.hold_times import HoldTimes


def test_class_waits_as_long_as_it_is_said_to_else_as_all() -> None:
    times = HoldTimes(expire=timedelta(days=3), by_class={MailClass.CRITICAL: timedelta(hours=4)})
    assert [times.of(one) for one in MailClass] == [timedelta(hours=4), timedelta(days=3), timedelta(days=3)]
