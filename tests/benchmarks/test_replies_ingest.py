"""How many replies a second are taken in, read, tied and written, over a ledger that holds 100,000 sent mails.

MAILGUARD_BENCH_REPLIES says how many (20,000 without it). Beside the figure stands where the time goes; what is asserted is the
aim of 300 a second, and that the second half takes at most a third more CPU than the first.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from random import Random
from typing import Final

from mailguard.mail.token import sign
from mailguard.replies.incoming import Incoming
from mailguard.replies.ingest import Ingest
from mailguard.replies.settings import ReplySettings
from mailguard.store.database import Database
from mailguard.store.secrets import REPLY_KEY, key_of
from tests.builders import NOW
from tests.replies import incoming, written
from tests.unit.replies.test_tying import bounce

SENT: Final = 100_000
REPLIES: Final = int(os.environ.get("MAILGUARD_BENCH_REPLIES", "20000"))
BATCH: Final = 100
LEAST: Final = 300
MOST_GROWTH: Final = 4 / 3
PERSONS: Final = 30_000

_BUILD: Final = """
WITH RECURSIVE count (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM count WHERE n < :sent - 1)
INSERT INTO message (id, received_at, client, reverse_path, message_id, subject, mail_class, template, action, answer, digest,
    text, facts, core, size, hidden_outside, is_replay, is_shadow, is_automatic, body, smtputf8, ret, envid)
SELECT printf('01K%023d', n), :begin + n * 1000000, 'shop', 'shop@sender.example', n || '@sender.example',
    'Your order ' || n, 'service', 'order', 'deliver', '250 2.0.0 accepted', randomblob(32), randomblob(16), randomblob(16),
    randomblob(16), 4096, 0, 0, 0, 0, '7BIT', 0, '', ''
FROM count"""
_BUILD_RECIPIENTS: Final = """
INSERT INTO recipient (message, n, mailbox, anchor, action, state, notify, orcpt, at, facts, owner, is_counted)
SELECT id, 0, person, person, 'deliver', 'delivered', '', '', received_at, facts, '', 1
FROM (SELECT *, 'p' || (seq % :persons) || '@people.example' AS person FROM message)"""

_QUOTED: Final = "\r\n".join(f"> Line {n} of what we wrote to you about your order, with some words in it." for n in range(30))
_TEXT: Final = "Dear team, I have sent you this twice already, and nobody has answered me. Please look at it. " * 4


def test_replies_are_taken_in_at_three_hundred_a_second(tmp_path: Path) -> None:
    with closing(Database.open(f"sqlite:///{tmp_path}/ledger.db")) as database:
        _build(database)
        way = Ingest(ReplySettings())
        spent = {"read": 0.0, "write": 0.0}
        halves, rates = [], []
        mails = _mails(database)
        for _ in range(2):
            began = time.perf_counter(), time.process_time()
            taken = _take(way, database, islice(mails, REPLIES // 2), spent)
            wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
            rates.append(taken / wall)
            halves.append(cpu / taken)
            sys.stdout.write(f"\n{taken} replies: {taken / wall:.0f}/s, {cpu / taken * 1e6:.0f} µs of CPU each\n")
        for stage, seconds in spent.items():
            sys.stdout.write(f"{stage}: {seconds / REPLIES * 1e6:.0f} µs each\n")
        with database.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM reply").scalar_one() == REPLIES // 2 * 2
    assert min(rates) >= LEAST
    assert halves[1] / halves[0] <= MOST_GROWTH


def _take(way: Ingest, database: Database, mails: Iterator[Incoming], spent: dict[str, float]) -> int:
    count = 0
    while batch := list(islice(mails, BATCH)):
        began = time.perf_counter()
        read = way.read(batch)
        between = time.perf_counter()
        with database.write() as connection:
            taken = way.take(connection, read, now=NOW)
        spent["read"] += between - began
        spent["write"] += time.perf_counter() - between
        assert all(one.is_new and not one.error for one in taken)
        count += len(taken)
    return count


def _mails(database: Database) -> Iterator[Incoming]:
    """Answers as they come: most in a thread, some by token or subject, some from strangers, some bounces."""
    with database.write() as connection:
        key = key_of(connection, REPLY_KEY, now=NOW)
    chance = Random(7)
    for n in range(REPLIES):
        sent = chance.randrange(SENT)
        # `seq` counts from 1.
        sender = f"p{(sent + 1) % PERSONS}@people.example"
        match n % 10:
            case 0:
                token = sign(key, f"01K{sent:023d}", 0)
                octets = _letter(n, sender=sender, to=f"reply+{token}@sender.example")
            case 1:
                octets = _letter(n, sender=sender, subject=f"Re: Your order {sent}")
            case 2:
                octets = _letter(n, sender=f"stranger{n}@elsewhere.example", subject="A question")
            case 3:
                octets = bounce(sender, answers=f"{sent}@sender.example", name=f"b{n}")
            case 4 | 5 | 6:
                octets = _in_html(n, sender=sender, answers=f"{sent}@sender.example")
            case _:
                octets = _letter(n, sender=sender, answers=f"{sent}@sender.example")
        yield incoming(octets, source="imap:support")


def _letter(n: int, **fields: str) -> bytes:
    return written(
        f"{_TEXT} {n}\r\n\r\nOn 16 Nov 2026, the shop wrote:\r\n{_QUOTED}", message_id=f"r{n}@people.example", **fields
    )


def _in_html(n: int, **fields: str) -> bytes:
    """The same as most programs write it: in plain text, and in HTML with the quotation in a blockquote."""
    quoted = "".join(f"<p style='margin:0'>{line[2:]}</p>" for line in _QUOTED.splitlines())
    parts = (
        ("text/plain", f"{_TEXT} {n}\r\n\r\nOn 16 Nov 2026, the shop wrote:\r\n{_QUOTED}"),
        ("text/html", f"<html><body><div>{_TEXT} {n}</div><blockquote type='cite'>{quoted}</blockquote></body></html>"),
    )
    body = "".join(f"--b\r\nContent-Type: {kind}; charset=utf-8\r\n\r\n{text}\r\n" for kind, text in parts) + "--b--"
    return written(body, "MIME-Version: 1.0", 'Content-Type: multipart/alternative; boundary="b"', **fields)


def _build(database: Database) -> None:
    begin = int(NOW.timestamp() * 1_000_000) - SENT * 1_000_000
    with database.write() as connection:
        connection.exec_driver_sql(_BUILD, {"sent": SENT, "begin": begin})
        connection.exec_driver_sql(_BUILD_RECIPIENTS, {"persons": PERSONS})
