"""What the check of an audience costs: a row of many against a row of few, and a whole command with customers on file.

    MAILGUARD_BENCH_FOLDER=/var/tmp/bench CUSTOMERS=1000000 python -m pytest tests/benchmarks/test_check.py -s

With `CUSTOMERS`, so many are on file (the folder keeps the ledger for the next run), nine of ten rows of the audience have the address
on file, and the ledger remembers mail, bounces and unsubscriptions; without it, only the small ratio is measured.
"""

from __future__ import annotations

import csv
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from mailguard.store.database import Database
from tests.audiences import check
from tests.benchmarks import tables
from tests.benchmarks.stored import Stored, stored
from tests.customers import crowd_of, put
from tests.ledger import open_ledger
from tests.population import arrive, people

CUSTOMERS = int(os.environ.get("CUSTOMERS", "0"))
FEW, MANY = 1_000, 8_000
MOST_GROWTH = 1.3
"""A row of the larger audience may cost so many times one of the smaller."""

COLUMNS = ("email", "first_name", "last_name", "language")
MAIL = b"""From: Shop <news@shop.example>\r\nSubject: Our autumn offer\r\nMIME-Version: 1.0\r
List-Unsubscribe: <https://shop.example/u/1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r
Content-Type: text/plain; charset=utf-8\r\n\r\nDear customer,\r\n\r\nall woollen socks are cheaper until Friday.\r\n"""
_DAY = 86_400 * 10**6


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = open_ledger(f"sqlite:///{tmp_path_factory.mktemp('check')}/ledger.db")
    arrive(opened, people(2_000))
    with opened.write() as connection:
        put(connection, *crowd_of(50))
    yield opened
    opened.close()


def test_row_of_a_large_audience_costs_what_one_of_a_small_does(database: Database) -> None:
    few, many = rows(FEW), rows(MANY)
    costs: dict[int, list[float]] = {FEW: [], MANY: []}
    for _ in range(3):
        for audience in (few, many):
            begun = time.process_time()
            with check(database, *audience, columns=COLUMNS, processes=1) as report:
                assert report.counts.rows == report.counts.clean + report.counts.left_out == len(audience)
            costs[len(audience)].append((time.process_time() - begun) / len(audience))
    small, large = min(costs[FEW]), min(costs[MANY])
    sys.stdout.write(
        f"\na row of {FEW:,}: {small * 1e6:.0f} µs of CPU, of {MANY:,}: {large * 1e6:.0f}, {large / small:.2f} times"
    )
    assert large <= small * MOST_GROWTH


def rows(count: int) -> list[tuple[str, ...]]:
    """Rows of customers, nine of ten with an address on file, over and over."""
    random = Random(count)
    known = [record for record, _ in people(2_000)]
    chosen = (random.choice(known) for _ in range(count))
    return [
        ((one.emails or (f"{one.given_name}.{nth}@gmail.com",))[0], one.given_name, one.surname, "en")
        for nth, one in enumerate(chosen)
    ]


@pytest.mark.long
@pytest.mark.skipif(not CUSTOMERS, reason="CUSTOMERS says how many are on file")
@pytest.mark.parametrize("count", [10_000, CUSTOMERS])
def test_whole_check_of_an_audience(count: int, tmp_path: Path) -> None:
    kept = stored(CUSTOMERS, tables.folder(tmp_path))
    remember(kept)
    audience, clean = kept.folder / f"audience-{count}.csv", tmp_path / "clean.csv"
    write_audience(kept, audience, count)
    mail = tmp_path / "offer.eml"
    mail.write_bytes(MAIL)
    ran = run_check(kept, str(mail), "--to", str(audience), "--clean", str(clean), "--json")
    sys.stdout.write(f"\n{count:,} rows against {CUSTOMERS:,} customers: {ran}")


def run_check(kept: Stored, *arguments: str) -> str:
    """Run the command and say what it took: seconds, CPU of all processes, and the most memory that all had at once."""
    command = [sys.executable, "-m", "mailguard", "check", *arguments, "-c", str(kept.config)]
    begun = time.perf_counter()
    with (kept.folder / "check.json").open("wb") as out, (kept.folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=out, stderr=log)
        most = 0
        while process.poll() is None:
            most = max(most, memory_of(process.pid))
            time.sleep(0.2)
    assert process.returncode in {0, 1}
    used = os.times()
    cpu = used.children_user + used.children_system
    return (
        f"{time.perf_counter() - begun:.1f} s, {cpu:.1f} s of CPU in all so far, {most / 1024:.0f} MB at most in all processes"
    )


def memory_of(parent: int) -> int:
    """Kilobytes that a process and its children have, what they share counted once a process."""
    found = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            family = {int(folder.name), int((folder / "stat").read_text().rpartition(")")[2].split()[1])}
            if parent in family:
                pss = next(line for line in (folder / "smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
                found += int(pss.split()[1])
        except (OSError, StopIteration):  # it has just ended
            continue
    return found


def write_audience(kept: Stored, file: Path, count: int) -> None:
    with (kept.folder / "table.csv").open(encoding="utf-8", newline="") as table, file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for nth, row in enumerate(islice(csv.DictReader(table), count)):
            address = row["email"].partition(";")[0] or f"{row['given_name']}.{row['surname']}{nth}@gmail.com".replace(" ", "")
            writer.writerow([address, row["given_name"].title(), row["surname"].title(), "en" if nth % 4 else "de"])


def remember(kept: Stored) -> None:
    """Put a past into the ledger, once: mail to four of ten customers, some unsubscriptions and bounces."""
    with closing(sqlite3.connect(kept.database, isolation_level=None)) as ledger:
        if ledger.execute("SELECT EXISTS (SELECT 1 FROM message)").fetchone()[0]:
            return
        random = Random(5)
        boxes = [box for (box,) in ledger.execute("SELECT DISTINCT mailbox FROM mailbox")]
        now = time.time_ns() // 1000
        ledger.execute("BEGIN")
        for n in range(CUSTOMERS * 4 // 10):
            _insert_mail(ledger, n, random.choice(boxes), now - random.randrange(60 * _DAY))
        suppressed = [(random.choice(boxes), "unsubscribed", now) for _ in range(CUSTOMERS // 50)]
        ledger.executemany("INSERT OR IGNORE INTO suppression VALUES (?, ?, ?, 'test', '')", suppressed)
        bounced = [(random.choice(boxes), f"k{n}", now - random.randrange(30 * _DAY)) for n in range(CUSTOMERS // 100)]
        ledger.executemany("INSERT OR IGNORE INTO bounce VALUES (?, ?, ?, 1, '5.1.1', 'm', 1)", bounced)
        ledger.execute("COMMIT")


def _insert_mail(ledger: sqlite3.Connection, n: int, box: str, at: int) -> None:
    id, facts = f"01H{n:023d}", blake2b(b"%d" % n, digest_size=16).digest()
    text = blake2b(b"%d" % (n % 50), digest_size=16).digest()
    ledger.execute(
        """INSERT INTO message (seq, id, received_at, client, reverse_path, message_id, subject, mail_class, template, action, answer,
        digest, text, facts, core, size, hidden_outside, is_replay, is_shadow, is_automatic, body, smtputf8, ret, envid)
        VALUES (?, ?, ?, 'shop', 'a@b.example', ?, 's', 'bulk', 't', 'deliver', '250', ?, ?, ?, ?, 1000, 0, 0, 0, 0, '7BIT', 0, '', '')""",
        (n + 1, id, at, f"{n}@shop.example", facts, text, facts, text),
    )
    ledger.execute(
        """INSERT INTO recipient (message, n, mailbox, anchor, probability, action, state, notify, orcpt, at, facts, owner, is_counted)
        VALUES (?, 1, ?, ?, 1.0, 'deliver', 'delivered', '', '', ?, ?, '', 1)""",
        (id, box, box, at, facts),
    )
