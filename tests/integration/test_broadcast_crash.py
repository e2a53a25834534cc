"""A broadcast while everything crashes: the relay with both its workers, and the sender, who each time begins anew.

Nobody is missed, and nobody is reached twice but by what was on its way to the next hop when the relay was killed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from mailguard.store.database import Database
from mailguard.store.secrets import CHECK_KEY, known_key
from tests.broadcasts import signed
from tests.harness_client import calling, wire
from tests.harness_serve import Log, Server, serving
from tests.harness_sink import Sink, running_sink
from tests.harness_smtp import Peer

MEMBERS = [f"member{number}@people.example" for number in range(150)]
WORKERS = 2
CONNECTIONS = 20
"""Deliveries under way at a time in one worker: the relay's default."""

_numbers = count(1)


def letter(token: str) -> bytes:
    """The mail, with the Message-ID that a sender makes anew each time."""
    return (
        f"From: shop@sender.example\r\nTo: customers:;\r\nSubject: We open\r\nMessage-ID: <{next(_numbers)}@sender.example>\r\n"
        f"Date: Mon, 16 Nov 2026 09:00:00 +0000\r\nMailguard-Class: bulk\r\nMailguard-Check: {token}\r\n\r\n"
        "Our new shop opens on Friday, come and bring your friends with you.\r\n"
    ).encode()


async def send(peer: Peer, token: str, to: str) -> str:
    """What became of one mail, by the last word of the answer."""
    await peer.begin(f"<{to}>")
    await peer.send(wire(letter(token)))
    answer = await peer.answer()
    if not answer:
        raise ConnectionError("the relay has gone")
    return answer.split()[-1]


async def send_all(server: Server, token: str, members: Sequence[str], *, answers: Counter[str], goal: asyncio.Event) -> None:
    """Send from the beginning to the end; says when a third has gone, and stops where the relay does."""
    with suppress(ConnectionError, asyncio.IncompleteReadError, OSError, AssertionError):
        async with calling(server.port) as peer:
            for number, member in enumerate(members):
                answers[await send(peer, token, member)] += 1
                if number > len(members) // 3:
                    goal.set()
    goal.set()


async def two_senders(server: Server, token: str, answers: Counter[str], *, stop: bool) -> None:
    """Two programs send the whole list at once, from both its ends; with `stop` the relay is killed meanwhile."""
    goal = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for members in (MEMBERS, MEMBERS[::-1]):
            tasks.create_task(send_all(server, token, members, answers=answers, goal=goal))
        if stop:
            await goal.wait()
            await server.kill()


def sign(server: Server) -> str:
    now = datetime.now(UTC)
    with closing(Database.open(f"sqlite:///{server.database}")) as database, database.write() as connection:
        assert known_key(connection, CHECK_KEY) is None
        return signed(connection, [letter("x")], MEMBERS, now=now)[1]


async def arrived(sink: Sink) -> Counter[str]:
    """How often each member was given the mail, when all have got it."""
    async with asyncio.timeout(60):
        while len(found := Counter(to for one in sink.taken for to in one.recipients)) < len(MEMBERS):
            await sink.change()
    return found


async def test_nobody_is_missed_and_nobody_reached_twice_whoever_crashes(tmp_path: Path) -> None:
    answers: Counter[str] = Counter()
    async with running_sink() as sink, serving(tmp_path, sink.port, workers=WORKERS) as server:
        token = sign(server)
        kills = 1
        for _ in range(kills):
            await two_senders(server, token, answers, stop=True)
            server.log = Log()
            await server.start(WORKERS)
        await two_senders(server, token, answers, stop=False)
        found = await arrived(sink)
        await server.nothing_under_way()
        shown = (await server.command("broadcast", "list")).document
    assert found.keys() == set(MEMBERS)
    assert sum(found.values()) - len(MEMBERS) <= kills * CONNECTIONS * WORKERS
    assert answers.keys() == {"accepted", "replay"}
    # An answer that nobody heard was given all the same; what was heard as accepted was so once.
    assert answers["accepted"] <= len(MEMBERS)
    assert [(one["members"], one["taken"]) for one in shown] == [(len(MEMBERS), len(MEMBERS))]
