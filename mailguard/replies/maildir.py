"""Replies from a Maildir: what is in `new` and `cur`, read as it appears, and never moved, renamed or removed.

Others may read the same Maildir and move mail from `new` to `cur`: a mail is known by the part of its name that stays. How far
it is read is a time: that of the last change of the newest file taken (its ctime, which neither copying nor renaming can put
back). After a restart, files changed up to an hour before it are read once more; the ledger knows them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Final

from mailguard.replies.file_mail import read_mail_file
from mailguard.replies.incoming import Incoming, Unreadable
from mailguard.replies.source import MOST_IN_BATCH, MOST_OCTETS_IN_BATCH, Batch, Clock, Ledger, Report
from mailguard.store.reply_cursors import Cursor

POLL: Final = 1.0
"""Seconds between two looks; a look at folders in which nothing has changed costs two system calls."""

SLACK: Final = timedelta(hours=1)
"""What clocks of a file server and its writers may differ by."""

_FOLDERS: Final = ("new", "cur")
_SECOND: Final = 1_000_000_000
_COARSE: Final = 2 * _SECOND
"""Nanoseconds in which two changes of a folder may bear one time."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file: `key` is what stays of its name when flags are added (maildir(5)), `changed` its ctime in nanoseconds."""

    path: Path
    key: str
    changed: int
    written: int


class MaildirSource:
    """One Maildir. `poll`: seconds between two looks."""

    def __init__(
        self, path: Path, ledger: Ledger, *, max_size: int, look_back: timedelta, clock: Clock, poll: float = POLL
    ) -> None:
        self._path = path
        self._ledger = ledger
        self._max_size = max_size
        self._look_back = look_back
        self._clock = clock
        self._poll = poll
        self._known: frozenset[str] = frozenset()
        self._looked: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The folder's path."""
        return f"maildir:{self._path}"

    def read(self, stopping: Event, report: Report) -> None:
        """Take what is there and what comes, until `stopping`. Raises OSError where it is no Maildir."""
        self._looked = ()
        while not stopping.is_set():
            self.look(stopping)
            report.well()
            stopping.wait(self._poll)

    def interrupt(self) -> None:
        """Do nothing: `read` waits for nothing but `stopping`."""

    def look(self, stopping: Event) -> None:
        """Take what has not been taken. Raises OSError."""
        begun = time.time_ns()
        changed = tuple((self._path / folder).stat().st_mtime_ns for folder in _FOLDERS)
        if changed == self._looked:
            return
        there = self._there()
        new = self._new(there)
        wanted = self._worth_reading(new)
        passed_over = {entry.key for entry in new}.difference(entry.key for entry in wanted)
        self._known = (self._known & there.keys()) | passed_over
        self._take_all(wanted, stopping)
        # A folder that has only just changed may change again without its time telling.
        is_settled = all(entry.key in self._known for entry in new) and begun - max(changed) > _COARSE
        self._looked = changed if is_settled else ()

    def _there(self) -> dict[str, Path]:
        """Return every mail by what stays of its name. maildir(5): names that begin with a dot are none of a reader's."""
        names = ((folder, name) for folder in _FOLDERS for name in os.listdir(self._path / folder))  # noqa: PTH208 - names suffice
        return {name.partition(":2,")[0]: self._path / folder / name for folder, name in names if not name.startswith(".")}

    def _new(self, there: Mapping[str, Path]) -> list[_Entry]:
        """Return what is not known yet, in the order in which it came."""
        entries: list[_Entry] = []
        for key in there.keys() - self._known:
            # What has been moved meanwhile is found at the next look.
            with suppress(FileNotFoundError):
                status = there[key].lstat()
                entries.append(_Entry(there[key], key, status.st_ctime_ns, status.st_mtime_ns))
        return sorted(entries, key=lambda entry: entry.changed)

    def _worth_reading(self, new: list[_Entry]) -> list[_Entry]:
        """Leave out what an earlier process has read, and at the very first what is too old."""
        cursor = self._ledger.cursor(self.name, "")
        if cursor is None:
            oldest = (self._clock() - self._look_back).timestamp() * _SECOND
            return [entry for entry in new if entry.written >= oldest]
        if self._known:  # what this process has not seen is new
            return new
        since = int(cursor.position) - SLACK // timedelta(microseconds=1) * 1000
        return [entry for entry in new if entry.changed >= since]

    def _take_all(self, wanted: list[_Entry], stopping: Event) -> None:
        """Take these, some at a time."""
        begin = 0
        while begin < len(wanted) and not stopping.is_set():
            begin += self._take_some(wanted[begin : begin + MOST_IN_BATCH])

    def _take_some(self, entries: list[_Entry]) -> int:
        """Take as many as one transaction should have; return how many were looked at. What is gone stays unknown."""
        mails: list[Incoming] = []
        unreadable: list[Unreadable] = []
        done: list[_Entry] = []
        octets = count = 0
        for entry in entries:
            if octets > MOST_OCTETS_IN_BATCH:
                break
            count += 1
            with suppress(FileNotFoundError):
                found = read_mail_file(entry.path, max_size=self._max_size)
                octets += len(found.octets)
                done.append(entry)
                if found.reason:
                    unreadable.append(Unreadable(self.name, entry.path.name, found.reason))
                else:
                    mails.append(Incoming(found.octets, self.name, min(found.written_at, self._clock()), name=entry.path.name))
        if done:
            self._ledger.take(Batch(self.name, "", mails, unreadable, Cursor("", str(done[-1].changed))))
            self._known |= {entry.key for entry in done}
        return count
