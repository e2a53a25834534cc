"""What handing a mail on costs, beside aiosmtplib's own sendmail over kept connections: same sink, same mails, one run.

Prints messages a second and microseconds of CPU a message; what is asserted is the ratio of the CPU times.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiosmtplib
import pytest
import uvloop

from mailguard.policy.parcel import Parcel
from tests.harness_delivery import running_delivery
from tests.integration.test_delivery import needs_smtp_sink, running_smtp_sink
from tests.unit.relay.parcels import destination, parcel

CONNECTIONS = 10
ROUNDS = 3
LINE = b"x" * 70 + b"\r\n"


@dataclass(frozen=True)
class Cost:
    """One run: messages a second, and microseconds of CPU a message in this process."""

    rate: float
    cpu: float


async def by_delivery(port: int, parcels: list[Parcel]) -> Cost:
    async with running_delivery(port, connections=CONNECTIONS) as (delivery, outcomes):
        delivery.submit(parcels[0])
        await outcomes.get()  # connected

        async def send() -> None:
            for mail in parcels:
                delivery.submit(mail)
            await outcomes.take(len(parcels))

        return await measured(send, len(parcels))


async def by_aiosmtplib(port: int, parcels: list[Parcel]) -> Cost:
    clients = [
        aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, local_hostname="relay.example")
        for _ in range(CONNECTIONS)
    ]
    for client in clients:
        await client.connect()
    left = iter(parcels)

    async def work(client: aiosmtplib.SMTP) -> None:
        for mail in left:
            await client.sendmail(mail.reverse_path, [mail.destinations[0].mailbox], mail.octets)

    async def send() -> None:
        await asyncio.gather(*map(work, clients))

    cost = await measured(send, len(parcels))
    for client in clients:
        client.close()
    return cost


async def measured(send: Callable[[], Awaitable[None]], count: int) -> Cost:
    before, begun = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    await send()
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(count / seconds, cpu / count * 1e6)


@pytest.mark.postfix
@needs_smtp_sink
@pytest.mark.parametrize(("octets", "count", "least_ratio"), [(4096, 2000, 2.0), (61_440, 500, 1.2)])
def test_pipelined_transactions_cost_less_than_plain_ones(
    octets: int, count: int, least_ratio: float, capsys: pytest.CaptureFixture[str]
) -> None:
    content = b"Subject: benchmark\r\n\r\n" + LINE * (octets // len(LINE))
    parcels = [parcel(destination(number), octets=content) for number in range(count)]
    costs: dict[str, list[Cost]] = {"aiosmtplib sendmail": [], "delivery": []}
    with running_smtp_sink() as port:
        for _ in range(ROUNDS):
            costs["aiosmtplib sendmail"].append(uvloop.run(by_aiosmtplib(port, parcels)))
            costs["delivery"].append(uvloop.run(by_delivery(port, parcels)))
    medians = {name: statistics.median(cost.cpu for cost in runs) for name, runs in costs.items()}
    lines = [f"\n{octets} octets, {CONNECTIONS} connections:"]
    for name, runs in costs.items():
        rate = statistics.median(cost.rate for cost in runs)
        lines.append(f"  {name:20} {rate:6.0f}/s  {medians[name]:5.0f} us CPU a message")
    with capsys.disabled():
        sys.stdout.write("\n".join(lines) + "\n")
    assert medians["aiosmtplib sendmail"] / medians["delivery"] >= least_ratio
