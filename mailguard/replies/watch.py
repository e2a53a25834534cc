"""Runs every source in a thread of its own; one that fails is reported, tried again with growing delay, and stops no other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final, Protocol

from mailguard.replies.source import LogInRefusedError, Source

FIRST_DELAY: Final = 1.0
"""Seconds after the first failure; each further one doubles them."""

LONGEST_DELAY: Final = 300.0
"""Seconds between two tries of a source that keeps failing, and of one that refuses the log-in."""


class Observer(Protocol):
    """Is told how sources are; called from their threads."""

    def well(self, source: str) -> None:
        """Take note that the source was read to its end."""
        ...

    def trouble(self, source: str, what: str, error: Exception) -> None:
        """Take note that a part of the source could not be read."""
        ...

    def failed(self, source: str, error: Exception, *, retry_in: float) -> None:
        """Take note that the source has failed, and in how many seconds it is tried again."""
        ...


@dataclass(slots=True)
class _Round:
    """The report of one source. `failures` counts those since it was last well."""

    source: str
    observer: Observer
    failures: int = 0

    def well(self) -> None:
        self.failures = 0
        self.observer.well(self.source)

    def trouble(self, what: str, error: Exception) -> None:
        self.observer.trouble(self.source, what, error)


class Watch:
    """The threads of the sources. `first_delay` is for tests that cannot wait."""

    def __init__(self, sources: Sequence[Source], observer: Observer, *, first_delay: float = FIRST_DELAY) -> None:
        self._sources = sources
        self._observer = observer
        self._first_delay = first_delay
        self._stopping = Event()
        self._threads = [
            Thread(target=self._run, args=(source,), name=f"mailguard-{source.name}", daemon=True) for source in sources
        ]

    def start(self) -> None:
        """Begin to read."""
        for thread in self._threads:
            thread.start()

    def stop(self, grace: float) -> bool:
        """Tell all to stop, let what is being taken be finished; return whether all have within `grace` seconds."""
        self._stopping.set()
        for source in self._sources:
            source.interrupt()
        ends_at = time.monotonic() + grace
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, ends_at - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, source: Source) -> None:
        report = _Round(source.name, self._observer)
        while not self._stopping.is_set():
            try:
                source.read(self._stopping, report)
            except Exception as error:  # noqa: BLE001 - whatever a place does, replies wait there for the next try
                if self._stopping.is_set():
                    return
                report.failures += 1
                is_refused = isinstance(error, LogInRefusedError)
                growing = min(LONGEST_DELAY, self._first_delay * 2 ** min(report.failures - 1, 30))
                delay = LONGEST_DELAY if is_refused else growing
                self._observer.failed(source.name, error, retry_in=delay)
                self._stopping.wait(delay)
