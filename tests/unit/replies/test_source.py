from __future__ import annotations

from mailguard.replies.source import Batch


def test_batch_moves_no_cursor_unless_it_is_told_one() -> None:
    assert Batch("imap:a", "INBOX").cursor is None
