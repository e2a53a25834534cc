"""What a message costs, stage by stage: microseconds of CPU in this process, driving the relay's own functions.

`protocol` is the front door without anybody behind it, `send` the back door without anybody before it, each over loopback with
the other end in a process of its own. `write` is a transaction for a batch of ten: history, the messages, and what became of the ten
before them. Mail like smtp-source's has a number in each line, each of which is a fact; prose has few.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
import uvloop

from mailguard.mail.envelope import Envelope, ForwardPath
from mailguard.mail.mailbox import parse_mailbox
from mailguard.mail.reader import read_message
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.policy.classify import Sender, classify
from mailguard.policy.facts import State
from mailguard.policy.limits import Limits
from mailguard.policy.parcel import Attempt, Outcome, Parcel
from mailguard.relay.arrival import Arrival
from mailguard.relay.hints import hints_of
from mailguard.relay.intake import Intake, Pending, Taken
from mailguard.relay.metrics import open_metrics
from mailguard.relay.overriding import Overriding
from mailguard.relay.resolution import Directory
from mailguard.relay.settings import Client, DeliverySettings, Identity, Listen, NextHop, Policy, RelaySettings
from mailguard.relay.smtp import serve_smtp
from mailguard.store import intake as ledger
from mailguard.store import queue
from mailguard.store.database import Database
from mailguard.store.pauses import Pauses
from tests.benchmarks.load import Shape, can_load, counting_sink, generate, own_cpu_seconds
from tests.harness_delivery import running_delivery
from tests.harness_smtp import LOOPBACK

SIZES = (4096, 61_440)
BATCH = 10
CORPUS = Path(__file__).parents[2] / "fixtures" / "mail"
WORDS = (
    "your order has been packed and leaves our warehouse today we thank you for it and hope that you enjoy what you "
    "chose if anything is missing or broken please answer to this mail within two weeks and tell us what happened"
).split()
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def like_smtp_source(octets: int, number: int) -> bytes:
    """What smtp-source sends: lines of eighty octets, each of which begins with a digit."""
    lines = (b"%d%b\r\n" % (place % 10, b"X" * 77) for place in range(1, octets // 80 + 1))
    return _header(number) + b"".join(lines)


def prose(octets: int, number: int) -> bytes:
    """Lines of words, and a number in each twentieth."""
    chance = Random(number)
    lines: list[str] = []
    while sum(map(len, lines[-1:])) + len(lines) * 70 < octets:
        line = " ".join(chance.choices(WORDS, k=12))
        lines.append(f"{line[:60]} {number}" if len(lines) % 20 == 1 else line[:68])
    return _header(number) + "\r\n".join([*lines, ""]).encode()


MAILS: dict[str, Callable[[int, int], bytes]] = {"as smtp-source's": like_smtp_source, "prose": prose}


def _header(number: int) -> bytes:
    return (
        "From: <a@a.test>\r\nTo: <b@b.test>\r\nDate: Sat, 21 Nov 2026 11:59:35 +0000 (UTC)\r\n"
        f"Message-Id: <01d5.0003.{number:06}@generator>\r\n\r\n"
    ).encode()


@dataclass
class Costs:
    """Microseconds of CPU a message, by stage, and how many were measured."""

    stages: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, stage: str, messages: int) -> Iterator[None]:
        """Measure what is done inside for `messages`."""
        begun = time.process_time()
        yield
        self.add(stage, (time.process_time() - begun) / messages)

    def add(self, stage: str, seconds: float) -> None:
        """Add seconds a message to a stage."""
        self.stages[stage] = self.stages.get(stage, 0.0) + seconds * 1e6


@dataclass
class Nobody:
    """An intake that takes everything at once."""

    async def take(self, arrival: Arrival) -> SmtpReply:
        assert arrival.octets
        return SmtpReply(250, "2.0.0", "taken")


@pytest.mark.postfix
@pytest.mark.skipif(not can_load(), reason="needs smtp-source and smtp-sink, and root")
def test_every_stage_costs_at_most_in_proportion_to_the_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table: dict[tuple[str, int], Costs] = {}
    for name, make in MAILS.items():
        for octets in SIZES:
            count = 2000 if octets < 10_000 else 500
            costs = table[name, octets] = Costs()
            parcels = through_intake(costs, [make(octets, number) for number in range(count)], tmp_path / f"{name}{octets}.db")
            costs.add("protocol", uvloop.run(front_door(Shape(octets, 10), count)))
            costs.add("send", uvloop.run(back_door(parcels, tmp_path)))
    with capsys.disabled():
        sys.stdout.write(_table(table))
    for name in MAILS:
        small, large = (table[name, octets].stages for octets in SIZES)
        assert all(large[stage] <= 1.3 * SIZES[1] / SIZES[0] * small[stage] for stage in small)


def test_corpus_is_read_at_a_cost_in_proportion_to_its_size(capsys: pytest.CaptureFixture[str]) -> None:
    mails = {file.stem: file.read_bytes() for file in sorted(CORPUS.glob("*.eml"))}
    costs: dict[str, float] = {}
    for name, octets in mails.items():
        _read(octets)
        begun = time.process_time()
        for _ in range(20):
            _read(octets)
        costs[name] = (time.process_time() - begun) / 20 * 1e6
    dearest = sorted(costs, key=lambda name: costs[name], reverse=True)[:5]
    with capsys.disabled():
        sys.stdout.write(
            f"\nreading the {len(mails)} mails of fixtures/mail ({sum(map(len, mails.values())) / len(mails) / 1024:.1f} KB each): "
            f"{sum(costs.values()) / len(costs):.0f} us each; dearest: "
            + ", ".join(f"{name} {costs[name]:.0f} ({len(mails[name]) / 1024:.0f} KB)" for name in dearest)
            + "\n"
        )
    assert mails


def through_intake(costs: Costs, contents: Sequence[bytes], file: Path) -> list[Parcel]:
    """Read, decide and write, batch by batch, as the writer does; return what may leave."""
    intake = Intake(
        _settings(file),
        owner="benchmark",
        clock=lambda: NOW,
        has_room=lambda: True,
        metrics=open_metrics(None),
        directory=Directory(Identity()),
    )
    arrivals = [_arrival(octets, number) for number, octets in enumerate(contents)]
    _read(contents[0])
    with costs.of("parse", len(contents)):
        for octets in contents:
            _read(octets)
    pending = [intake._read(arrival) for arrival in arrivals]
    with costs.of("resolve", len(contents)):
        for item in pending:
            _resolve(item)
    database = Database.open(f"sqlite:///{file}")
    taken: list[Taken] = []
    for start in range(0, len(pending), BATCH):
        taken += _write(costs, database, intake, pending[start : start + BATCH], before=taken[-BATCH:], of=len(pending))
    database.close()
    return [one.parcel for one in taken if one.parcel is not None]


def _write(
    costs: Costs, database: Database, intake: Intake, batch: Sequence[Pending], *, before: Sequence[Taken], of: int
) -> list[Taken]:
    """What `Intake.decide_batch` does, with the time of deciding apart from that of the ledger."""
    with costs.of("write", of), database.write() as connection:
        queue.finish(connection, [_delivered(one) for one in before], owner="benchmark")
        batch = intake._resolve(connection, batch)
        history = ledger.gather(connection, [item.submission for item in batch], intake.policy.limits)
        begun = time.process_time()
        overriding = Overriding(connection, [item.submission for item in batch], now=NOW)
        taken = [
            intake._decide(item, history=history, policy=intake.policy, paused=Pauses(), overriding=overriding)
            for item in batch
        ]
        deciding = (time.process_time() - begun) / of
        intake._record(connection, [one.entry for one in taken if one.entry is not None], owner="benchmark")
    costs.add("decide", deciding)
    costs.add("write", -deciding)
    return taken


def _delivered(one: Taken) -> Outcome:
    assert one.parcel is not None
    attempt = Attempt(NOW, "127.0.0.1:25", "250 2.0.0 Ok: queued as 4D5f6G7h8J")
    return Outcome(one.parcel.message, 0, State.DELIVERED, (attempt,), None)


async def front_door(shape: Shape, count: int) -> float:
    """Seconds of CPU a message in taking smtp-source's mail in."""
    server = await serve_smtp(Listen(port=0, clients=(LOOPBACK,)), Nobody(), extensions=frozenset)
    await asyncio.to_thread(generate, server.port, shape, 100)
    begun = own_cpu_seconds()
    await asyncio.to_thread(generate, server.port, shape, count)
    spent = own_cpu_seconds() - begun
    await server.close()
    return spent / count


async def back_door(parcels: Sequence[Parcel], folder: Path) -> float:
    """Seconds of CPU a message in handing parcels on to smtp-sink."""
    with counting_sink(folder) as sink:
        async with running_delivery(sink.port) as (delivery, outcomes):
            for parcel in parcels[:40]:
                delivery.submit(parcel)
            await outcomes.take(40)
            begun = own_cpu_seconds()
            for start in range(40, len(parcels), BATCH):
                for parcel in parcels[start : start + BATCH]:
                    delivery.submit(parcel)
                await outcomes.take(len(parcels[start : start + BATCH]))
            return (own_cpu_seconds() - begun) / (len(parcels) - 40)


def _settings(file: Path) -> RelaySettings:
    return RelaySettings(
        database=f"sqlite:///{file}",
        listen=Listen(clients=(LOOPBACK,)),
        delivery=DeliverySettings(next_hops=(NextHop(host="127.0.0.1"),)),
        policy=Policy(limits=Limits(fan_out_limit=10**9)),
    )


def _arrival(octets: bytes, number: int) -> Arrival:
    envelope = Envelope("a@a.test", (ForwardPath(parse_mailbox(f"{number}b@b.test")),))
    return Arrival(Client(name="generator"), "127.0.0.1", "generator", "ESMTP", envelope, octets)


def _read(octets: bytes) -> None:
    read_message(octets, received_at=NOW, fallback_message_id="id@relay.example", trusts_fields=True, reverse_path="a@a.test")


def _resolve(item: Pending) -> None:
    submission = item.submission
    sender = Sender(submission.client, submission.envelope.reverse_path, item.client.mail_class, item.client.classes)
    classify(submission.message, sender, rules=(), limits=Limits())
    hints_of(submission.message, submission.envelope, limits=Limits(), is_trusted=True, region="")


def _table(table: dict[tuple[str, int], Costs]) -> str:
    stages = ("protocol", "parse", "resolve", "decide", "write", "send")
    lines = [f"\n{'us of CPU a message':28}" + "".join(f"{stage:>10}" for stage in (*stages, "together"))]
    for (name, octets), costs in table.items():
        values = [costs.stages[stage] for stage in stages]
        lines.append(f"  {octets // 1024:3} KB {name:19}" + "".join(f"{value:10.0f}" for value in (*values, sum(values))))
    return "\n".join([*lines, ""])
