"""What a message costs when the ledger has 1,000 earlier messages, and when it has 1,000,000: in turns, within one run.

The earlier messages are written by SQL, spread over 399 days, five to a person, with the content of the last 29 days and the indexes
as the migrations make them. What is asserted is the ratio: at most 1.3, for the writer's transaction and end to end.
"""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest

from mailguard.mail.envelope import Envelope, ForwardPath
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.facts import State
from mailguard.policy.parcel import Attempt, Outcome
from mailguard.relay.arrival import Arrival
from mailguard.relay.clock import system_clock
from mailguard.relay.intake import Intake, Pending, Taken
from mailguard.relay.metrics import open_metrics
from mailguard.relay.resolution import Directory
from mailguard.relay.settings import Client, DeliverySettings, Identity, Listen, NextHop, RelaySettings
from mailguard.store.database import Database
from tests.benchmarks.load import Shape, can_load, counting_sink, in_turns, ratio, serving
from tests.harness_smtp import LOOPBACK

FEW, MANY = 1_000, 1_000_000
MOST_GROWTH = 1.3
BATCH = 10
BATCHES = 150
DAYS = 399
CONTENT_DAYS = 29
TEXTS = 500
"""Different texts that the senders have."""

_MICROS = 1_000_000
_BUILD = """
WITH RECURSIVE count (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM count WHERE n < :messages - 1)
INSERT INTO message (id, received_at, client, reverse_path, message_id, subject, mail_class, template, action, answer, digest,
    text, facts, core, size, hidden_outside, is_replay, is_shadow, is_automatic, body, smtputf8, ret, envid)
SELECT printf('01K%023d', n), :begin + n * :step, 'shop', 'shop@sender.example', hex(randomblob(12)) || '@sender.example',
    'Your order ' || n, 'service', '', 'deliver', '250 2.0.0 ' || printf('01K%023d', n) || ' accepted', randomblob(32),
    CAST(printf('text%012d', n % :texts) AS BLOB), randomblob(16), randomblob(16), 4096, 0, 0, 0, 0, '7BIT', 0, '', ''
FROM count"""
_BUILD_RECIPIENTS = """
INSERT INTO recipient (message, n, mailbox, anchor, action, state, notify, orcpt, at, facts, owner, attempts, is_counted)
SELECT id, 0, person, person, 'deliver', 'delivered', '', '', received_at, facts, '',
    '[[' || received_at || ',"127.0.0.1:25","250 2.0.0 Ok: queued as 4D5f6G7h8J"]]', 1
FROM (SELECT *, 'p' || abs(random() % :persons) || '@people.example' AS person FROM message)"""
_BUILD_CONTENT = "INSERT INTO content SELECT id, zeroblob(1024) FROM message WHERE received_at > :content_since ORDER BY id"
_BUILD_WORDINGS = """
WITH RECURSIVE count (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM count WHERE n < :texts - 1)
INSERT INTO wording SELECT CAST(printf('text%012d', n) AS BLOB), :begin, :now, NULL FROM count"""
_BUILD_SUPPRESSIONS = """
INSERT INTO suppression SELECT anchor, 'unsubscribed', :now, 'benchmark', '' FROM recipient WHERE rowid % 100 = 0 GROUP BY anchor"""


@dataclass
class Ledger:
    """A ledger with so many earlier messages, its writer's intake, and what each batch cost: seconds a message."""

    file: Path
    messages: int
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    _before: list[Taken] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database = Database.open(f"sqlite:///{self.file}")
        self.intake = Intake(
            _settings(self.file),
            owner="benchmark",
            clock=system_clock,
            has_room=lambda: True,
            metrics=open_metrics(None),
            directory=Directory(Identity()),
        )
        self._chance = Random(self.messages)

    def commit_batch(self, number: int) -> None:
        """Decide and write a batch, and what became of the one before."""
        pending = [self._mail(number * BATCH + place) for place in range(BATCH)]
        outcomes = [_delivered(one) for one in self._before]
        wall, cpu = time.perf_counter(), time.process_time()
        with self.database.write() as connection:
            self._before = self.intake.decide_batch(connection, pending, outcomes)
        self.cpu.append((time.process_time() - cpu) / BATCH)
        self.wall.append((time.perf_counter() - wall) / BATCH)

    def _mail(self, number: int) -> Pending:
        """A mail about something new, every other one to a person who has had mail before."""
        name = f"p{self._chance.randrange(max(1, self.messages // 5))}" if number % 2 else f"new{number}"
        octets = (
            f"From: shop@sender.example\r\nTo: {name}@people.example\r\nMessage-ID: <{number}.{self._chance.random()}@sender.example>"
            f"\r\nDate: Sat, 21 Nov 2026 11:59:35 +0000\r\nSubject: Your order {number}\r\n\r\nWe have packed it.\r\n"
        ).encode()
        envelope = Envelope("shop@sender.example", (ForwardPath(parse_mailbox(f"{name}@people.example")),))
        return self.intake._read(Arrival(Client(name="shop"), "127.0.0.1", "shop.example", "ESMTP", envelope, octets))


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Path]]:
    """The folders of the two ledgers, by how many messages they hold."""
    folders = {messages: tmp_path_factory.mktemp(f"ledger-{messages}") for messages in (FEW, MANY)}
    for messages, folder in folders.items():
        build(folder / "mailguard.db", messages)
    yield folders
    for folder in folders.values():
        shutil.rmtree(folder)


def test_transaction_costs_the_same(ledgers: dict[int, Path], capsys: pytest.CaptureFixture[str]) -> None:
    few, many = (Ledger(ledgers[messages] / "mailguard.db", messages) for messages in (FEW, MANY))
    for number in range(BATCHES):
        for ledger in (few, many) if number % 2 else (many, few):
            ledger.commit_batch(number)
    growth = {name: _growth(getattr(few, name), getattr(many, name)) for name in ("cpu", "wall")}
    lines = [f"\ntransactions of {BATCH} messages, us a message     CPU    wall"]
    for ledger in (few, many):
        ledger.database.close()
        cpu, wall = (statistics.median(costs) * 1e6 for costs in (ledger.cpu, ledger.wall))
        lines.append(f"  {ledger.messages:9,} earlier messages               {cpu:6.0f}  {wall:6.0f}")
    lines.append(f"  times                                    {growth['cpu']:6.2f}  {growth['wall']:6.2f}\n")
    with capsys.disabled():
        sys.stdout.write("\n".join(lines))
    assert max(growth.values()) <= MOST_GROWTH


@pytest.mark.postfix
@pytest.mark.skipif(not can_load(), reason="needs smtp-source and smtp-sink, and root")
def test_mail_costs_the_same_end_to_end(ledgers: dict[int, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ExitStack() as stack:
        sink = stack.enter_context(counting_sink(tmp_path))
        few, many = (
            replace(stack.enter_context(serving(ledgers[messages], sink, workers=1)), name=f"{messages:,} earlier messages")
            for messages in (FEW, MANY)
        )
        runs = in_turns([few, many], sink, Shape(4096, 10), rounds=7, seconds=1.0)
    slower = ratio(runs[few.name], runs[many.name])
    dearer = _growth([run.cpu for run in runs[few.name]], [run.cpu for run in runs[many.name]])
    lines = ["\nend to end, 4 KB, one worker     delivered/s  us CPU"]
    for name, each in runs.items():
        lines.append(
            f"  {name:30} {statistics.median(run.delivered for run in each):11.0f} {statistics.median(run.cpu for run in each):7.0f}"
        )
    lines.append(f"  times                          {slower:11.2f} {dearer:7.2f}\n")
    with capsys.disabled():
        sys.stdout.write("\n".join(lines))
    assert slower <= MOST_GROWTH
    assert dearer <= MOST_GROWTH


def build(file: Path, messages: int) -> None:
    """Make a ledger with that many messages, all delivered."""
    Database.open(f"sqlite:///{file}").close()
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=DELETE", "journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('message', 'recipient')"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    now = int(time.time()) * _MICROS
    day = 86_400 * _MICROS
    parameters = {
        "messages": messages,
        "begin": now - DAYS * day,
        "now": now,
        "step": DAYS * day // messages,
        "content_since": now - CONTENT_DAYS * day,
        "persons": max(1, messages // 5),
        "texts": TEXTS,
    }
    connection.execute("BEGIN")
    for statement in (_BUILD_WORDINGS, _BUILD, _BUILD_RECIPIENTS, _BUILD_CONTENT, _BUILD_SUPPRESSIONS):
        connection.execute(statement, parameters)
    for _, sql in indexes:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def _delivered(one: Taken) -> Outcome:
    assert one.parcel is not None
    attempt = Attempt(system_clock(), "127.0.0.1:25", "250 2.0.0 Ok: queued as 4D5f6G7h8J")
    return Outcome(one.parcel.message, 0, State.DELIVERED, (attempt,), None)


def _growth(few: Sequence[float], many: Sequence[float]) -> float:
    return statistics.median(many) / statistics.median(few)


def _settings(file: Path) -> RelaySettings:
    return RelaySettings(
        database=f"sqlite:///{file}",
        listen=Listen(clients=(LOOPBACK,)),
        delivery=DeliverySettings(next_hops=(NextHop(host="127.0.0.1"),)),
    )
