from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from mailguard.replies.maildir import MaildirSource
from tests.unit.replies.source_places import Remembered, Told

NEVER = Event()


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("tmp", "new", "cur"):
        (tmp_path / name).mkdir()
    return tmp_path


def source(maildir: Path, ledger: Remembered, *, max_size: int = 100) -> MaildirSource:
    return MaildirSource(
        maildir, ledger, max_size=max_size, look_back=timedelta(days=30), clock=lambda: datetime.now(UTC), poll=0.001
    )


def put(maildir: Path, name: str, octets: bytes = b"Subject: x\n\n", *, folder: str = "new", days_old: float = 0) -> None:
    file = maildir / folder / name
    file.write_bytes(octets)
    moment = time.time() - days_old * 86_400
    os.utime(file, (moment, moment))


def test_mail_in_both_folders_is_taken_once_and_stays_where_it_is(maildir: Path) -> None:
    ledger = Remembered()
    one = source(maildir, ledger)
    put(maildir, "1.host")
    put(maildir, "2.host:2,S", b"two", folder="cur")
    put(maildir, ".hidden")
    one.look(NEVER)
    (maildir / "new" / "1.host").rename(maildir / "cur" / "1.host:2,")
    one.look(NEVER)
    put(maildir, "3.host", b"three")
    one.look(NEVER)
    assert ledger.octets == [b"Subject: x\n\n", b"two", b"three"]
    assert sorted(file.name for file in (maildir / "cur").iterdir()) == ["1.host:2,", "2.host:2,S"]


def test_what_is_too_old_is_passed_over_at_the_very_first_only(maildir: Path) -> None:
    ledger = Remembered()
    put(maildir, "old", b"old", days_old=31)
    put(maildir, "young", b"young", days_old=29)
    source(maildir, ledger).look(NEVER)
    assert ledger.octets == [b"young"]
    put(maildir, "copied", b"copied", days_old=400)  # its change is of now, whatever its time says
    source(maildir, ledger).look(NEVER)
    assert b"copied" in ledger.octets


def test_after_a_restart_only_what_changed_lately_is_read_again(maildir: Path) -> None:
    ledger = Remembered()
    put(maildir, "1.host")
    source(maildir, ledger).look(NEVER)
    name, cursor = next(iter(ledger.cursors.items()))
    ledger.cursors[name] = type(cursor)("", str(int(cursor.position) + 2 * 3_600 * 10**9))
    source(maildir, ledger).look(NEVER)
    assert len(ledger.mails) == 1


def test_what_cannot_be_read_is_put_aside(maildir: Path) -> None:
    ledger = Remembered()
    put(maildir, "1.large", b"x" * 101)
    put(maildir, "2.empty", b"")
    (maildir / "new" / "3.folder").mkdir()
    put(maildir, "4.good", b"x" * 100)
    one = source(maildir, ledger)
    one.look(NEVER)
    one.look(NEVER)
    assert [mail.name for mail in ledger.mails] == ["4.good"]
    assert {bad.name: bad.reason for bad in ledger.unreadable} == {
        "1.large": "101 octets are more than 100",
        "2.empty": "is empty",
        "3.folder": "is no file",
    }


def test_ledger_that_fails_leaves_the_mail_for_the_next_look(maildir: Path) -> None:
    ledger = Remembered()
    put(maildir, "1.host")
    one = source(maildir, ledger)
    ledger.is_failing = True
    with pytest.raises(OSError, match="full"):
        one.look(NEVER)
    ledger.is_failing = False
    one.look(NEVER)
    assert len(ledger.mails) == 1


def test_many_are_taken_in_several_transactions(maildir: Path) -> None:
    ledger = Remembered()
    for number in range(401):
        put(maildir, f"{number}.host")
    source(maildir, ledger).look(NEVER)
    assert len(ledger.mails) == 401


def test_folder_in_which_nothing_changes_is_not_listed_again(maildir: Path) -> None:
    long_ago = time.time() - 100
    for folder in ("new", "cur"):
        os.utime(maildir / folder, (long_ago, long_ago))
    one = source(maildir, Remembered())
    one.look(NEVER)
    before = (maildir / "new").stat().st_atime_ns
    one.look(NEVER)
    assert (maildir / "new").stat().st_atime_ns == before


def test_what_is_no_maildir_is_an_error_of_the_source(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        source(tmp_path, Remembered()).read(NEVER, Told())


def test_reading_ends_when_it_is_told_to(maildir: Path) -> None:
    stopping = Event()

    class Stopping(Told):
        def well(self, _source: str = "") -> None:
            stopping.set()

    one = source(maildir, Remembered())
    one.read(stopping, Stopping())
    one.interrupt()
    assert one.name == f"maildir:{maildir}"
