from __future__ import annotations

from datetime import UTC, datetime

from mailguard.replies.incoming import Incoming, Unreadable


def test_content_is_not_shown_where_a_mail_is() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert "secret" not in repr(Incoming(b"secret", "lmtp", now))
    assert "secret" not in repr(Unreadable("lmtp", "1", "too large", b"secret"))
