from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailguard.replies.file_mail import read_mail_file


def test_file_is_read_with_the_time_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "mail"
    file.write_bytes(b"Subject: x\n\nx\n")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    found = read_mail_file(file, max_size=100)
    assert (found.octets, found.reason) == (b"Subject: x\n\nx\n", "")
    assert found.written_at == datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.mark.parametrize(("size", "reason"), [(9, ""), (10, ""), (11, "11 octets are more than 10"), (0, "is empty")])
def test_size_is_bounded(tmp_path: Path, size: int, reason: str) -> None:
    file = tmp_path / "mail"
    file.write_bytes(b"x" * size)
    assert read_mail_file(file, max_size=10).reason == reason


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert read_mail_file(tmp_path / "pipe", max_size=10).reason == "is no file"
    assert read_mail_file(tmp_path, max_size=10).reason == "is no file"
    assert read_mail_file(tmp_path / "link", max_size=10).reason.startswith("cannot be read")
    with pytest.raises(FileNotFoundError):
        read_mail_file(tmp_path / "gone", max_size=10)
