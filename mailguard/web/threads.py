"""Where routes let blocking work be done: reading and writing apart, so that no reader waits for who waits for the writer."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, ParamSpec, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from mailguard.web.problem import Refusal

P = ParamSpec("P")
T = TypeVar("T")

READERS: Final = 4
"""Readings at a time; more would only share the same interpreter."""

MOST_WAITING: Final = 64
"""Writings that may wait for their turn."""


class Threads:
    """One server's. All writings of a process stand in one line anyway, so they have one thread."""

    def __init__(self) -> None:
        self._reads = CapacityLimiter(READERS)
        self._writes = CapacityLimiter(1)
        self._writing = 0

    async def read(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, done in a thread that only reads."""
        return await run_sync(work, limiter=self._reads)

    async def write(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, done in the thread that writes. Raises Refusal (503) where too many wait already."""
        if self._writing >= MOST_WAITING:
            detail = "too many requests wait for the database; try again"
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "1"})
        self._writing += 1
        try:
            return await run_sync(work, limiter=self._writes)
        finally:
            self._writing -= 1
