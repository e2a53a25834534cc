"""The recorded mail of a month judged again under two policies: what that costs a message, beside what taking it in cost.

    MAILGUARD_BENCH_REPLAY=100000 pytest tests/benchmarks/test_replay.py -s

Mails of 4 KB to persons of whom each gets several, some of them repeats, evenly over thirty days.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

from mailguard.mail.envelope import Envelope, ForwardPath
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.limits import Limits
from mailguard.relay.arrival import Arrival
from mailguard.relay.intake import Intake
from mailguard.relay.metrics import open_metrics
from mailguard.relay.replay import Terms, span
from mailguard.relay.replay_process import MOST_HERE, compare
from mailguard.relay.resolution import Directory
from mailguard.relay.settings import DeliverySettings, Identity, Listen, NextHop, Policy, RelaySettings
from mailguard.store.database import Database
from tests.benchmarks.intake_desk import CLIENT
from tests.harness import FrozenClock

MAILS = int(os.environ.get("MAILGUARD_BENCH_REPLAY", "2400"))
PERSONS_FOR = 5
"""Mails to a person."""
BATCH = 20
BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
MONTH = timedelta(days=30)
TEXT = "We have packed it and it leaves our house today.\r\n" * 80


@dataclass(frozen=True)
class Cost:
    """What a piece of work took: seconds by the clock and of CPU, with its children's; the peak of a process in megabytes."""

    seconds: float
    cpu: float
    megabytes: float


def arrival(number: int, random: Random) -> Arrival:
    """A mail about one of so many orders: now and then one that was sent before."""
    order = random.randrange(max(1, number)) if random.random() < 0.05 else number
    to = f"p{order % (MAILS // PERSONS_FOR)}@people.example"
    head = (
        f"From: shop@sender.example\r\nTo: {to}\r\nMessage-ID: <{number}@sender.example>\r\n"
        f"Date: Sat, 21 Nov 2026 11:59:35 +0000\r\nSubject: Your order {order}\r\n\r\n"
    )
    envelope = Envelope("shop@sender.example", (ForwardPath(parse_mailbox(to)),))
    return Arrival(CLIENT, "127.0.0.1", "shop.example", "ESMTP", envelope, (head + TEXT).encode())


def cost(begun: tuple[float, float]) -> Cost:
    used = [getrusage(whose) for whose in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    return Cost(time.perf_counter() - begun[0], cpu - begun[1], max(one.ru_maxrss for one in used) / 1024)


def begin() -> tuple[float, float]:
    used = [getrusage(whose) for whose in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return time.perf_counter(), sum(one.ru_utime + one.ru_stime for one in used)


def batches() -> Iterator[tuple[datetime, list[Arrival]]]:
    random = Random(5)
    for first in range(0, MAILS, BATCH):
        yield BEGIN + MONTH * first / MAILS, [arrival(first + place, random) for place in range(BATCH)]


def take_in(database: Database, url: str) -> None:
    """Read, decide and write it all, as intake does."""
    clock = FrozenClock(BEGIN)
    settings = RelaySettings(database=url, listen=Listen(), delivery=DeliverySettings(next_hops=(NextHop(host="127.0.0.1"),)))
    intake = Intake(
        settings,
        owner="benchmark",
        clock=clock,
        has_room=lambda: True,
        metrics=open_metrics(None),
        directory=Directory(Identity()),
    )
    for at, arrivals in batches():
        clock.move_to(at)
        pending = [intake._read(one) for one in arrivals]
        with database.write() as connection:
            intake.decide_batch(connection, pending, ())


def test_a_month_judged_again_costs_little_more_than_it_did(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'mailguard.db'}"
    with closing(Database.open(url)) as database:
        begun = begin()
        take_in(database, url)
        taken = cost(begun)
        current = Policy()
        tried = replace(current, limits=Limits(repeat_window=timedelta(days=1), max_visible_recipients=3))
        terms = Terms(policy=tried, clients=(CLIENT,), current=current, current_clients=(CLIENT,))
        with database.read() as connection:
            over = span(connection, BEGIN, [tried, current])
        begun = begin()
        found = compare(database, url, terms, over, examples=3, progress=lambda *_: None)
        again = cost(begun)
    where = "two processes" if MAILS > MOST_HERE else "one process"
    print(  # noqa: T201 - what a benchmark is for
        f"\n{MAILS} mails, taken in {taken.cpu / MAILS * 1e3:.2f} ms CPU each; judged under two policies by {where}: "
        f"{again.cpu / MAILS * 1e3:.2f} ms CPU each, {MAILS / again.seconds:.0f} mails/s, {again.megabytes:.0f} MB; "
        f"reproduced {found.reproduced} of {found.judged}, changes {[(one.finding, one.count) for one in found.changes]}"
    )
    assert found.reproduced == found.judged == MAILS
    # Two policies, each of which reads, decides and writes what intake did: and a process to start.
    assert again.cpu < 4 * taken.cpu + 3
