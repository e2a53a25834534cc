"""What knowing customers' replies costs at intake: the same mails to a ledger with none, and to one full of them, in turns.

Three kinds of mail: to who never wrote; to who waits for an answer (everyday mail, which passes); and mail that answers a reply,
which resolves it in the same transaction. One recipient in twenty has something open. Asserted is throughput with replies against
that without: 0.9 for the everyday mix, end to end; the transactions alone, without sessions and delivery, must keep 0.8 of it.

    REPLIES=100000 python -m pytest tests/benchmarks/test_intake_replies.py -s
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

import pytest
from ulid import ULID

from mailguard.policy.reply import Kind, Tie
from mailguard.relay.clock import system_clock
from mailguard.store.database import Database
from mailguard.store.replies import NewReply, put
from tests.benchmarks.intake_desk import Desk, Letter, letter, sent
from tests.benchmarks.load import can_load, counting_sink, serving

REPLIES = int(os.environ.get("REPLIES", "100000"))
LEAST, LEAST_ALONE = 0.9, 0.8
BATCH, BATCHES = 10, 120
ROUNDS, SENT = 7, 600
CHUNK = 5_000
WAITING = 20
"""One recipient of so many waits for an answer."""


@dataclass(frozen=True)
class Ledgers:
    """A folder with a ledger that has replies, and one with a ledger that has none."""

    full: Path
    empty: Path


Write = Callable[[int], Letter]


def silent(number: int) -> Letter:
    """To somebody who never wrote."""
    return letter(f"q{number}@new.example", number)


def waiting(number: int) -> Letter:
    """To somebody whose reply nobody has answered."""
    return letter(f"c{number % REPLIES}@people.example", number)


def mixed(number: int) -> Letter:
    """To customers as they come."""
    return waiting(number) if number % WAITING == 0 else silent(number)


def answering(number: int) -> Letter:
    """An answer to a reply."""
    at = number % REPLIES
    return letter(f"c{at}@people.example", number, fields=f"In-Reply-To: <r{at}@people.example>\r\n")


KINDS: dict[str, Write] = {"silent": silent, "waiting": waiting, "mixed": mixed, "answering": answering}


@pytest.fixture
def ledgers(tmp_path: Path) -> Ledgers:
    """Both ledgers."""
    full, empty = tmp_path / "full", tmp_path / "empty"
    for folder in (full, empty):
        folder.mkdir()
    Database.open(f"sqlite:///{empty}/mailguard.db").close()
    database = Database.open(f"sqlite:///{full}/mailguard.db")
    for begin in range(0, REPLIES, CHUNK):
        with database.write() as connection:
            put(connection, [_reply(number) for number in range(begin, min(begin + CHUNK, REPLIES))])
    database.close()
    return Ledgers(full, empty)


def _reply(number: int) -> NewReply:
    """What customer `number` wrote, open."""
    mailbox, message_id = f"c{number}@people.example", f"r{number}@people.example"
    return NewReply(
        id=str(ULID()),
        key=blake2b(message_id.encode(), digest_size=16).digest(),
        received_at=system_clock() - timedelta(days=number % 25),
        source="benchmark",
        kind=Kind.HUMAN,
        tie=Tie.THREAD,
        size=1_000,
        anchor=mailbox,
        mailbox=mailbox,
        message_id=message_id,
        subject="Re: Your order",
        language="en",
        text="Where is it?",
        thread=(f"o{number}@sender.example", message_id),
        conversation=f"o{number}@sender.example",
        content=b"x" * 1_000,
    )


def test_transactions_with_replies(ledgers: Ledgers, capsys: pytest.CaptureFixture[str]) -> None:
    none, full = Desk(ledgers.empty / "mailguard.db"), Desk(ledgers.full / "mailguard.db")
    number = 0
    for turn in range(BATCHES):
        for kind, write in KINDS.items():
            letters = [write(number + place) for place in range(BATCH)]
            for desk in (none, full) if turn % 2 else (full, none):
                desk.take(kind, letters)
            number += BATCH
    lines = [f"\nintake of {BATCH} messages, us of CPU each          no replies  {REPLIES:,}   throughput"]
    shares = {}
    for kind in KINDS:
        before, after = (statistics.median(desk.costs[kind][BATCHES // 4 :]) * 1e6 for desk in (none, full))
        shares[kind] = before / after
        lines.append(f"  {kind:40}{before:12.0f} {after:10.0f} {shares[kind]:11.2f}")
    with capsys.disabled():
        sys.stdout.write("\n".join(lines) + "\n")
    for desk in (none, full):
        desk.database.close()
    assert shares["silent"] >= LEAST
    assert shares["mixed"] >= LEAST_ALONE


@pytest.mark.postfix
@pytest.mark.skipif(not can_load(), reason="needs smtp-sink, and root")
def test_relay_with_replies(ledgers: Ledgers, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ExitStack() as stack:
        sink = stack.enter_context(counting_sink(tmp_path))
        none, full = (stack.enter_context(serving(folder, sink, workers=1)) for folder in (ledgers.empty, ledgers.full))
        lines = ["\nend to end, one worker            messages/s          us of CPU each      throughput"]
        shares = {}
        number = 10_000_000
        for kind in ("silent", "mixed", "answering"):
            runs: list[list[tuple[float, float]]] = [[], []]
            for turn in range(ROUNDS + 1):
                letters = [KINDS[kind](at) for at in range(number, number + SENT)]
                number += SENT
                for place in (0, 1) if turn % 2 else (1, 0):
                    runs[place].append(sent((none, full)[place], letters, tmp_path))
            rates, costs = ([statistics.median(run[nth] for run in each[1:]) for each in runs] for nth in (0, 1))
            shares[kind] = statistics.median(after[0] / before[0] for before, after in zip(*runs, strict=True))
            lines.append(
                f"  {kind:28}{rates[0]:8.0f} {rates[1]:8.0f}      {costs[0]:8.0f} {costs[1]:8.0f}      {shares[kind]:10.2f}"
            )
    with capsys.disabled():
        sys.stdout.write("\n".join(lines) + "\n")
    assert shares["silent"] >= LEAST
    assert shares["mixed"] >= LEAST
