"""Pauses on a running relay: mail is taken and waits, over a kill and a restart, and leaves once when it is resumed."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import httpx

from tests.harness_client import calling, wire
from tests.harness_gate import Gate
from tests.harness_serve import PATIENCE, Log, Server, serving
from tests.harness_sink import Sink, running_sink

CLIENT = [{"name": "shop", "networks": ["127.0.0.0/8"], "trust_fields": True, "class": "service", "brand": "north"}]
HTTP = {"listen": "127.0.0.1:0"}


def mail(number: int, mail_class: str) -> bytes:
    return (
        f"From: shop@shop.example\r\nTo: c{number}@people.example\r\nSubject: Order {number}\r\n"
        f"Message-ID: <{number}@shop.example>\r\nMailguard-Class: {mail_class}\r\n\r\nOrder {number} has left.\r\n"
    ).encode()


async def send(server: Server, numbers: range) -> None:
    """Send mails, each second one critical; each must be taken."""
    async with calling(server.port) as peer:
        for number in numbers:
            await peer.begin(f"<c{number}@people.example>")
            await peer.send(wire(mail(number, "critical" if number % 2 else "service")))
            said = await peer.answer()
            assert said.startswith("250"), said


async def until_all_wait(server: Server, count: int) -> None:
    """Wait until nothing is in the queue but this many paused mails."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await server.command("queue", "list", "--limit", "1000")
            waiting = answer.document
            if len(waiting) == count and all(one["paused"] == 1 for one in waiting):
                return
            await asyncio.sleep(0.02)  # what another process writes down is no event here


def recipients(sink: Sink) -> list[str]:
    return sorted(recipient for one in sink.taken for recipient in one.recipients)


def customers(numbers: range) -> list[str]:
    return sorted(f"c{number}@people.example" for number in numbers)


async def test_paused_in_the_middle_of_a_stream_killed_restarted_and_resumed(tmp_path: Path) -> None:
    async with running_sink() as sink, serving(tmp_path, sink.port, workers=2, client=CLIENT, http=HTTP) as server:
        stream = asyncio.create_task(send(server, range(30)))
        await sink.took(5)
        paused = await server.command("pause", "--class", "service", "--reason", "wrong prices")
        assert paused.document["was_new"] is True
        await stream
        await send(server, range(30, 60))
        critical = customers(range(1, 60, 2))
        await sink.took(len(critical))
        waiting = 60 - await at_rest(server, sink)
        await until_all_wait(server, waiting)
        assert waiting >= 15
        assert set(critical) <= set(recipients(sink))

        listed = (await server.command("queue", "list")).document[0]
        (shown,) = (await server.why(listed["id"]))["recipients"]
        assert (shown["state"], shown["paused"]) == ("queued", True)

        os.killpg(server.pid, signal.SIGKILL)
        await server.gone()
        server.log = Log()
        await server.start(2)
        (said,) = server.log.of("paused")
        assert (said["what"], said["reason"]) == ("class service", "wrong prices")
        await send(server, range(60, 64))
        await until_all_wait(server, waiting + 2)
        async with httpx.AsyncClient(base_url=f"http://{server.log.of('ready')[-1]['http']}") as http:
            assert (await http.get("/readyz")).status_code == 200
            assert f"mailguard_queue_paused {waiting + 2}.0" in (await http.get("/metrics")).text

        resumed = await server.command("resume", "--class", "service")
        assert resumed.document["recipients"] == waiting + 2
        await server.nothing_under_way()
        assert recipients(sink) == customers(range(64))


async def test_what_workers_have_in_memory_waits_too(tmp_path: Path) -> None:
    hurry = asyncio.Event()
    async with running_sink() as sink, Gate(sink.port).open() as gate:
        with gate.holding(hurry.wait):
            async with serving(tmp_path, gate.port, client=CLIENT, delivery={"connections": 1, "retry": "1s"}) as server:
                await send(server, range(20))
                assert (await server.command("pause")).document["recipients"] == 0
                await until_withdrawn(server, 19)
                hurry.set()
                await until_all_wait(server, 19)
                assert len(sink.taken) == 1
                assert (await server.command("queue", "drop", "<2@shop.example>")).status == 0
                assert (await server.command("resume")).document["recipients"] == 18
                await server.nothing_under_way()
    assert recipients(sink) == sorted(set(customers(range(20))) - {"c2@people.example"})


async def test_mail_that_comes_while_it_is_paused_waits_and_is_not_hastened(tmp_path: Path) -> None:
    options = ((), ("--brand", "north"))
    async with running_sink() as sink, serving(tmp_path, sink.port, client=CLIENT) as server:
        for number, option in enumerate(options):
            assert (await server.command("pause", *option)).status == 0
            await send(server, range(2 * number, 2 * number + 1))
            await until_all_wait(server, 1)
            await server.command("queue", "retry", f"<{2 * number}@shop.example>")
            await until_all_wait(server, 1)
            assert (await server.command("resume", *option)).document["recipients"] == 1
            await server.nothing_under_way()
        assert recipients(sink) == customers(range(0, 2 * len(options), 2))


async def at_rest(server: Server, sink: Sink) -> int:
    """Wait until the ledger knows of every delivery; their number."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await server.command("queue", "list", "--limit", "1000")
            if all(one["paused"] for one in answer.document) and 60 - len(answer.document) == len(sink.taken):
                return len(sink.taken)
            await asyncio.sleep(0.02)


async def until_withdrawn(server: Server, count: int) -> None:
    """Wait until so many are paused."""
    async with asyncio.timeout(PATIENCE):
        while sum(one["paused"] for one in (await server.command("queue", "list")).document) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
