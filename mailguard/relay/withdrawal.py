"""Taking back from a worker's memory what was recalled or paused after it got there.

A worker sees with each batch, and with each tick, whether anything was stopped; only then is more done. Which mail that is the
ledger says, and what becomes of it is written there; a transaction under way is left to end, for a delivery is a fact.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from mailguard.relay.delivery import Delivery
from mailguard.store import stops

_log = structlog.get_logger(__name__)

PATIENCE = 0.5
"""Seconds until it is tried again where the ledger was away."""

AnyT = TypeVar("AnyT")


class Run(Protocol):
    """Does a piece of work in a transaction of the worker's writer, after all that was given to it before."""

    def __call__(self, operation: Callable[[Connection], AnyT]) -> Coroutine[Any, Any, AnyT]:
        """Return what `operation` returns."""


class Withdrawal:
    """Of one worker, `owner`. `look` may be called from any thread; the rest lives in the worker's event loop."""

    def __init__(self, delivery: Delivery, *, owner: str) -> None:
        self._delivery = delivery
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._seen = self._done = stops.Version()
        self._news = asyncio.Event()
        self._turn = asyncio.Lock()

    def look(self, connection: Connection) -> stops.Version:
        """How far recalls and pauses have come. What is new is begun to be withdrawn; a transaction sees it at once."""
        version = stops.version(connection)
        if version != self._seen:
            self._seen = version
            self._loop.call_soon_threadsafe(self._news.set)
        return version

    async def run(self, run: Run) -> None:
        """Withdraw whatever is stopped, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.catch_up(run)
            except Exception:  # noqa: BLE001 - what was recalled must be withdrawn when the ledger is back
                _log.exception("withdrawal_failed")
                await asyncio.sleep(PATIENCE)
                self._news.set()

    async def catch_up(self, run: Run) -> None:
        """Withdraw what was stopped up to now, and have it written down."""
        async with self._turn:
            seen = self._seen
            if seen != self._done:
                await self._withdraw(run)
                self._done = seen

    async def _withdraw(self, run: Run) -> None:
        # The writer hands its results to the loop in order: after this, whatever was written before the stop is in memory.
        await run(lambda _: None)
        messages = self._delivery.messages()
        stopped = await run(lambda connection: stops.stopped(connection, messages))
        withdrawn = self._delivery.withdraw(stopped)
        if withdrawn:
            await run(lambda connection: stops.give_back(connection, withdrawn, owner=self._owner))
        if stopped:
            _log.info("withdrawn", messages=len(stopped), recipients=sum(len(one.destinations) for one in withdrawn))
