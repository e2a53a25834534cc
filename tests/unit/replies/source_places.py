"""What sources are tested with: a ledger that remembers what it was handed, and a report that remembers what it was told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event, Lock

from mailguard.policy.reply import Kind
from mailguard.replies.incoming import Incoming, Taken, Unreadable
from mailguard.replies.source import Batch
from mailguard.store.reply_cursors import Cursor

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
PATIENCE = 20.0


class Remembered:
    """A ledger in memory. `wanted` is set once there are that many mails and unreadable ones."""

    def __init__(self, wanted: int = 1) -> None:
        self.mails: list[Incoming] = []
        self.unreadable: list[Unreadable] = []
        self.cursors: dict[tuple[str, str], Cursor] = {}
        self.is_failing = False
        self._wanted = wanted
        self._lock = Lock()
        self.enough = Event()

    def cursor(self, source: str, folder: str) -> Cursor | None:
        return self.cursors.get((source, folder))

    def take(self, batch: Batch) -> Sequence[Taken]:
        if self.is_failing:
            raise OSError("the disk is full")
        with self._lock:
            self.mails += batch.mails
            self.unreadable += batch.unreadable
            if batch.cursor is not None:
                self.cursors[batch.source, batch.folder] = batch.cursor
        if len(self.mails) + len(self.unreadable) >= self._wanted:
            self.enough.set()
        return [Taken("", Kind.HUMAN, is_new=True) for _ in batch.mails]

    @property
    def octets(self) -> list[bytes]:
        return [mail.octets for mail in self.mails]


class Told:
    """Remembers what a source, or a watch over sources, told."""

    def __init__(self) -> None:
        self.was_well = Event()
        self.has_failed = Event()
        self.troubles: list[tuple[str, str]] = []
        self.failures: list[tuple[str, str, float]] = []

    def well(self, _source: str = "") -> None:
        self.was_well.set()

    def trouble(self, *what: object) -> None:
        self.troubles.append((str(what[-2]), str(what[-1])))

    def failed(self, source: str, error: Exception, *, retry_in: float) -> None:
        self.failures.append((source, str(error), retry_in))
        self.has_failed.set()


def clock() -> datetime:
    return NOW


BOUNDS = {"max_size": 10_000, "look_back": timedelta(days=30), "clock": clock}
