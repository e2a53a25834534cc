"""mailguard.policy.reply_aware: what a next hop is told of one recipient."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from mailguard.policy.reply_aware import reply_aware
from tests.unit.policy.test_recipient_rules import recipient
from tests.unit.policy.test_reply_rules import reply


def test_who_is_owed_nothing_waits_for_nothing() -> None:
    assert reply_aware(recipient()) == "no"


def test_the_number_of_open_replies_and_the_newest_of_them_in_utc() -> None:
    newest = reply(at=datetime(2026, 11, 19, 9, 12, 0, 500_000, tzinfo=timezone(timedelta(hours=1))))
    assert reply_aware(recipient(open_replies=(newest, reply(seq=1)))) == "yes; open=2; last=2026-11-19T08:12:00Z"
