from __future__ import annotations

from datetime import timedelta

from mailguard.policy.limits import Limits
from mailguard.replies.settings import ReplySettings


def test_without_being_told_anything_no_server_and_no_template_is_special() -> None:
    settings = ReplySettings()
    assert (settings.address, settings.authserv_ids, settings.templates) == ("", (), ())
    assert (settings.limits, settings.hold_times.expire) == (Limits(), timedelta(days=5))
