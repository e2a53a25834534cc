from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailguard.errors import UsageError
from mailguard.replies.files import mails_from, mails_in
from mailguard.replies.incoming import Incoming, Unreadable
from tests.unit.replies.source_places import NOW

MESSAGE = b"Received: from a by b; Fri, 20 Nov 2026 05:00:00 +0100\nSubject: x\n\nx\n"
MBOX = b"From x Sat Nov 21 05:00:00 2026\nSubject: 1\n\none\n\nFrom y\nSubject: 2\n\ntwo\n"


def found(path: Path, *, max_size: int = 1_000) -> list[Incoming | Unreadable]:
    return list(mails_in(path, max_size=max_size, now=NOW))


def times(path: Path) -> list[datetime]:
    return [one.received_at for one in found(path) if isinstance(one, Incoming)]


def test_message_came_when_the_last_server_took_it(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(MESSAGE)
    assert times(tmp_path / "a.eml") == [datetime(2026, 11, 20, 4, 0, tzinfo=UTC)]
    (tmp_path / "b.eml").write_bytes(b"Subject: x\n\nx\n")
    assert times(tmp_path / "b.eml") == [NOW]


def test_mbox_is_told_from_a_message(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(MBOX)
    assert times(tmp_path / "box") == [datetime(2026, 11, 21, 5, 0, tzinfo=UTC), NOW]


def test_folder_of_messages_is_read_with_its_folders(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.eml").write_bytes(MESSAGE)
    (tmp_path / "b.mbox").write_bytes(MBOX)
    (tmp_path / "readme.txt").write_bytes(b"not mail")
    assert len(found(tmp_path)) == 3


def test_maildir_is_known_by_its_folders(tmp_path: Path) -> None:
    for name in ("new", "cur"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"1.{name}").write_bytes(MESSAGE)
        os.utime(tmp_path / name / f"1.{name}", (1_700_000_000, 1_700_000_000))
    assert times(tmp_path) == [datetime.fromtimestamp(1_700_000_000, UTC)] * 2


def test_what_cannot_be_read_is_named_and_the_others_are_given(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"x" * 1_001)
    (tmp_path / "b.eml").write_bytes(b"")
    (tmp_path / "c.mbox").write_bytes(MBOX.replace(b"one", b"x" * 2_000) + b"\nFrom z\n")
    reasons = [one.reason for one in found(tmp_path) if isinstance(one, Unreadable)]
    assert reasons == ["1001 octets are more than 1000", "is empty", "2014 octets are more than 1000", "is empty"]


@pytest.mark.parametrize(("octets", "count"), [(MESSAGE, 1), (MBOX, 2), (b"", 1), (b"x" * 1_001, 1)])
def test_stream_is_one_message_or_an_mbox(octets: bytes, count: int) -> None:
    assert len(list(mails_from(io.BytesIO(octets), name="standard input", max_size=1_000, now=NOW))) == count


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(UsageError, match=r"is not there|holds no"):
            found(path)
