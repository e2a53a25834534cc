"""What knowing customers costs at intake: the same mails to a ledger with none on file, and to one with a million, in turns.

Three kinds of mail: to mailboxes on file, with the name as mail programs show it; to unknown mailboxes with a display name, so that
each needs a search for candidates; and with what the sender tells in `Mailguard-Person` besides, which is searched for by all
keys and written down. Asserted is the relay's throughput with customers against that without: 0.8 for the first, 0.6 for the
second. The transactions alone, without the sessions and the delivery around them, must keep 0.8 and 0.4.

    CUSTOMERS=100000 python -m pytest tests/benchmarks/test_intake_identity.py -s      (1,000,000 without it)
    LEDGER=FILE      the same with a copy of a ledger that was filled before
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from mailguard.identity.record import Record
from mailguard.identity.standardise import mailboxes, standardise
from mailguard.relay.clock import system_clock
from mailguard.store import records
from mailguard.store.database import Database
from tests.benchmarks.intake_desk import Desk, Letter, letter, sent
from tests.benchmarks.load import can_load, counting_sink, serving
from tests.benchmarks.people import Population

CUSTOMERS = int(os.environ.get("CUSTOMERS", "1000000"))
LEDGER = os.environ.get("LEDGER", "")
LEAST_KNOWN, LEAST_SEARCHED, LEAST_SEARCHED_ALONE = 0.8, 0.6, 0.4
BATCH = 10
BATCHES = 60
ROUNDS, SENT = 5, 600
CHUNK = 20_000


@dataclass(frozen=True)
class Customers:
    """A folder with a ledger that has the customers, one with a ledger that has none, and some of the customers."""

    full: Path
    empty: Path
    some: list[Record]


Write = Callable[[Record, int], Letter]


def known(record: Record, number: int) -> Letter:
    """To a mailbox on file."""
    return letter(record.emails[0], number, shown=f'"{_name(record)}" <{record.emails[0]}>')


def searched(record: Record, number: int) -> Letter:
    """To a mailbox that nobody has, with a name that somebody has."""
    mailbox = f"q{number}@new.example"
    return letter(mailbox, number, shown=f'"{_name(record)}" <{mailbox}>')


def told(record: Record, number: int) -> Letter:
    """To a mailbox that nobody has, with all that the sender knows of somebody."""
    facts = f'name="{_name(record)}"; date_of_birth={record.date_of_birth}; postcode="{record.postcode}"'
    mailbox = f"t{number}@new.example"
    return letter(mailbox, number, fields=f"Mailguard-Person: {facts}\r\n")


KINDS: dict[str, Write] = {"known": known, "searched": searched, "told": told}


def _name(record: Record) -> str:
    return f"{record.given_name} {record.surname}".title()


@pytest.fixture(scope="module")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Customers]:
    """Both ledgers; the table takes minutes to make."""
    full, empty = (tmp_path_factory.mktemp(name) for name in ("full", "empty"))
    Database.open(f"sqlite:///{empty}/mailguard.db").close()
    file = full / "mailguard.db"
    if LEDGER:
        shutil.copyfile(LEDGER, file)
    else:
        build(file, CUSTOMERS)
    yield Customers(full, empty, some_of(file))
    shutil.rmtree(full)


def build(file: Path, count: int) -> None:
    """Fill a ledger with customers."""
    database = Database.open(f"sqlite:///{file}")
    people = (record for record, _ in Population(7).records(count))
    while chunk := list(islice(people, CHUNK)):
        with database.write() as connection:
            records.upsert(connection, ((record, standardise(record)) for record in chunk), now=system_clock())
    database.close()


def some_of(file: Path) -> list[Record]:
    """Some of the customers that have a mailbox, a date of birth and a postcode, in no order."""
    database = Database.open(f"sqlite:///{file}")
    with database.read() as connection:
        count = records.count(connection)
        found = records.records(connection, Random(1).sample(range(1, count + 1), min(count, 40_000)))
    database.close()
    people = [one.record for one in found.values() if _is_mailbox(one.record)]
    return [record for record in people if record.date_of_birth and record.postcode]


def _is_mailbox(record: Record) -> bool:
    """Whether the record's mailbox is one in spite of typing errors."""
    return bool(record.emails) and bool(mailboxes(record.emails))


def test_transactions_with_customers(customers: Customers, capsys: pytest.CaptureFixture[str]) -> None:
    none, full = Desk(customers.empty / "mailguard.db"), Desk(customers.full / "mailguard.db")
    number = 0
    for turn in range(BATCHES):
        for kind, write in KINDS.items():
            people = [customers.some[(number + place) % len(customers.some)] for place in range(BATCH)]
            letters = [write(record, number + place) for place, record in enumerate(people)]
            for desk in (none, full) if turn % 2 else (full, none):
                desk.take(kind, letters)
            number += BATCH
    lines = [f"\nintake of {BATCH} messages, us of CPU each     none on file  {CUSTOMERS:,}    throughput"]
    shares = {}
    for kind in KINDS:
        before, after = (statistics.median(desk.costs[kind][BATCHES // 4 :]) * 1e6 for desk in (none, full))
        shares[kind] = before / after
        lines.append(f"  {kind:38}{before:12.0f} {after:12.0f} {shares[kind]:11.2f}")
    with capsys.disabled():
        sys.stdout.write("\n".join(lines) + "\n")
    for desk in (none, full):
        desk.database.close()
    assert shares["known"] >= LEAST_KNOWN
    assert shares["searched"] >= LEAST_SEARCHED_ALONE


@pytest.mark.postfix
@pytest.mark.skipif(not can_load(), reason="needs smtp-sink, and root")
def test_relay_with_customers(customers: Customers, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ExitStack() as stack:
        sink = stack.enter_context(counting_sink(tmp_path))
        none, full = (stack.enter_context(serving(folder, sink, workers=1)) for folder in (customers.empty, customers.full))
        lines = ["\nend to end, one worker            messages/s          us of CPU each      throughput"]
        shares = {}
        number = 10_000_000
        for kind, write in KINDS.items():
            runs: list[list[tuple[float, float]]] = [[], []]
            for turn in range(ROUNDS + 1):
                letters = [write(customers.some[at % len(customers.some)], at) for at in range(number, number + SENT)]
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
    assert shares["known"] >= LEAST_KNOWN
    assert shares["searched"] >= LEAST_SEARCHED
