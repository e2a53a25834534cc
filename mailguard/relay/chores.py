"""The chores of a worker: it says that it lives, takes over from those that do not, fetches what is due, and keeps house.

Every chore is one transaction through the worker's writer and may be done by several workers at once without harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from mailguard.policy.parcel import Parcel
from mailguard.relay.clock import Clock
from mailguard.relay.delivery import Delivery
from mailguard.relay.housekeeping import keep_house
from mailguard.relay.settings import Policy, RelaySettings
from mailguard.relay.spool_room import SpoolRoom
from mailguard.relay.withdrawal import Withdrawal
from mailguard.relay.writer import Writer
from mailguard.store import queue
from mailguard.store.database import Database

_log = structlog.get_logger(__name__)

POLL: Final = 0.5
"""Seconds between two looks for mail that is due and that nobody has in memory."""

HOUSE: Final = timedelta(minutes=1)
"""How often holds are looked through for what has expired, and the ledger for what need not be kept."""

MOST_LEASED: Final = 500
"""Recipients taken from the spool at a time."""


class Chores:
    """What a worker does beside taking mail. `tick` does whatever is due, by the clock that it is given.

    `lease` takes over what is due and nobody's, as `Intake.lease` does.
    """

    def __init__(
        self,
        settings: RelaySettings,
        *,
        database: Database,
        writer: Writer[Any, Any],
        delivery: Delivery,
        worker: queue.Worker,
        lease: Callable[..., list[Parcel]],
        withdrawal: Withdrawal,
        room: SpoolRoom,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._database = database
        self._writer = writer
        self._delivery = delivery
        self._worker = worker
        self._room = room
        self._clock = clock
        self._take_over = lease
        self._withdrawal = withdrawal
        self._lease = settings.delivery.lease
        self._beat_due = self._house_due = clock()
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Tick until cancelled. A chore that fails is logged and tried again: the ledger may be away for a while."""
        while True:
            await asyncio.sleep(POLL)
            try:
                await self.tick()
            except Exception:  # noqa: BLE001 - whatever went wrong, mail waits for the next tick
                _log.exception("chore_failed")

    async def tick(self) -> None:
        """Do what is due now, once whoever else is doing it has finished."""
        async with self._turn:
            await self._tick(self._clock())

    def use(self, policy: Policy) -> None:
        """Say by `policy` from now on what held mail waits for."""
        self._settings = replace(self._settings, policy=policy)

    async def resign(self) -> None:
        """Give up everything that this worker owns."""
        await self._writer.run(lambda connection: queue.retire(connection, self._worker))

    async def _tick(self, now: datetime) -> None:
        if now >= self._beat_due:
            await self._writer.run(lambda connection: self._beat(connection, now))
            await asyncio.to_thread(self._measure)
            self._beat_due = now + self._lease / 3
        if now >= self._house_due:
            self._house_due = now + HOUSE  # first, so that what fails here keeps no mail from being fetched
            while not await self._writer.run(lambda connection: keep_house(connection, self._settings, now=now)):
                pass  # piece by piece: between two of them mail has its turn
        await asyncio.to_thread(self._look)
        await self._withdrawal.catch_up(self._writer.run)
        # Without room, as while every next hop is away, only what has expired is fetched: its senders are told in time.
        while await asyncio.to_thread(self._is_due, now) and await self._fetch(now, only_expired=not self._delivery.has_room):
            pass

    def _beat(self, connection: Connection, now: datetime) -> None:
        queue.heartbeat(connection, worker=self._worker, lease_until=now + self._lease)
        adopted = queue.adopt_orphans(connection, now=now)
        if adopted:
            _log.warning("orphans_adopted", recipients=adopted)

    def _look(self) -> None:
        with self._database.read() as connection:
            self._withdrawal.look(connection)

    def _measure(self) -> None:
        with self._database.read() as connection:
            self._room.measure(queue.usage(connection))

    def _is_due(self, now: datetime) -> bool:
        with self._database.read() as connection:
            due = queue.next_due(connection)
        return due is not None and due <= now

    async def _fetch(self, now: datetime, *, only_expired: bool) -> list[Parcel]:
        parcels = await self._writer.run(
            lambda connection: self._take_over(connection, now=now, limit=MOST_LEASED, only_expired=only_expired)
        )
        for parcel in parcels:
            self._delivery.submit(parcel)
        return parcels
