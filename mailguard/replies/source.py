"""What every source of replies has in common: it reads until it is stopped, and hands on what it found, with how far it is.

A source knows octets and names, not persons; who takes them is told. What was taken is durable when `take` returns, and how
far the source was read is written down in the same transaction: a crash in between reads the same mail again, which the
ledger knows by its key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Final, Protocol

from mailguard.errors import MailguardError
from mailguard.replies.incoming import Incoming, Taken, Unreadable
from mailguard.store.reply_cursors import Cursor

Clock = Callable[[], datetime]
"""Returns the time now, aware, in UTC."""

MOST_IN_BATCH: Final = 200
"""Mails of one transaction."""

MOST_OCTETS_IN_BATCH: Final = 4 * 1024 * 1024
"""Octets of one transaction, unless a single mail has more."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction takes: mails, what could not be read, and how far the folder is read with them (None: unchanged)."""

    source: str
    folder: str
    mails: Sequence[Incoming] = ()
    unreadable: Sequence[Unreadable] = ()
    cursor: Cursor | None = None


class LogInRefusedError(MailguardError):
    """The place takes neither the name nor the password; to ask again soon would have it lock the account, or this host out."""


class Ledger(Protocol):
    """Takes replies over. Safe to use from several threads."""

    def cursor(self, source: str, folder: str) -> Cursor | None:
        """Return how far the folder was read, None if never."""
        ...

    def take(self, batch: Batch) -> Sequence[Taken]:
        """Keep all of it, durably when this returns; return what became of each mail. Never raises on what is in one."""
        ...


class Report(Protocol):
    """What a source tells of its place while it reads."""

    def well(self) -> None:
        """Note that the place was looked at and all was read."""
        ...

    def trouble(self, what: str, error: Exception) -> None:
        """Note that a part of the place, such as a folder, could not be read; the other parts were."""
        ...


class Source(Protocol):
    """One place that replies come from, with a thread of its own."""

    @property
    def name(self) -> str:
        """What the place is called in the ledger, in the log and in metrics."""
        ...

    def read(self, stopping: Event, report: Report) -> None:
        """Hand on what comes until `stopping`. Raises whatever goes wrong with the place as a whole, or with the ledger."""
        ...

    def interrupt(self) -> None:
        """Wake a `read` that waits for its place, after `stopping` was set. Called by another thread."""
        ...
