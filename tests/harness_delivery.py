"""A running Delivery in front of real sinks, with its outcomes in a queue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from mailguard.policy.parcel import Outcome
from mailguard.relay.delivery import Delivery
from mailguard.relay.settings import DeliverySettings, NextHop, TlsMode
from tests.harness_sink import Sink

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Outcomes(asyncio.Queue[Outcome]):
    """What delivery reported, one by one; `reports` keeps the lists."""

    def __init__(self) -> None:
        super().__init__()
        self.reports: list[Sequence[Outcome]] = []

    def report(self, outcomes: Sequence[Outcome]) -> None:
        """Take a report."""
        self.reports.append(outcomes)
        for outcome in outcomes:
            self.put_nowait(outcome)

    async def take(self, count: int) -> list[Outcome]:
        """Wait for that many outcomes; by recipient."""
        return sorted([await self.get() for _ in range(count)], key=lambda outcome: outcome.n)


@asynccontextmanager
async def running_delivery(
    *hops: Sink | int,
    connections: int = 20,
    tls: TlsMode = TlsMode.NONE,
    retry_first: float = 0.01,
    command_timeout: float = 60,
    clock: Callable[[], datetime] = lambda: NOW,
    reply_aware: bool = False,
) -> AsyncIterator[tuple[Delivery, Outcomes]]:
    """Delivery over these hops (a sink, or a port on loopback). Times in seconds."""
    ports = [hop.port if isinstance(hop, Sink) else hop for hop in hops]
    settings = DeliverySettings(
        next_hops=tuple(NextHop(host="127.0.0.1", port=port, tls=tls, reply_aware=reply_aware) for port in ports),
        hostname="relay.example",
        retry_first=timedelta(seconds=retry_first),
        connections=connections,
        connect_timeout=timedelta(seconds=20),
        command_timeout=timedelta(seconds=command_timeout),
    )
    outcomes = Outcomes()
    delivery = Delivery(settings, report=outcomes.report, clock=clock, jitter=lambda: 0)
    running = asyncio.create_task(delivery.run())
    try:
        yield delivery, outcomes
    finally:
        delivery.close()
        await running


async def until(holds: Callable[[], bool]) -> None:
    """Let the event loop run until this is so: for states that nobody announces."""
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(0.001)
