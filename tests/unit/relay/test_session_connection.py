"""mailguard.relay.session_connection: who comes in, how answers go out, and what time does."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import uvloop
from aiosmtpd.smtp import SMTP

from mailguard.relay import session_connection
from mailguard.relay.arrival import Arrival
from mailguard.relay.refusal import Refusal
from mailguard.relay.session_connection import Connection
from mailguard.relay.settings import Client
from tests.harness_smtp import PATIENCE, Door, KeepingIntake, Peer, connected, front_door

Run = Callable[[Coroutine[Any, Any, None]], None]
on_both_loops = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
STRANGERS_ONLY = (Client(name="app", username="app", password_hash="$argon2id$"),)
SHORT = timedelta(milliseconds=50)
MAIL = b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n"


def test_connection_is_aiosmtpds() -> None:
    assert issubclass(Connection, SMTP)


async def test_known_peer_is_greeted() -> None:
    async with front_door() as door, connected(door, greeted=False) as peer:
        assert await peer.answer() == "220 relay.test ESMTP mailguard"
        assert door.server.connections == 1


async def test_stranger_without_a_chance_is_turned_away() -> None:
    async with front_door(clients=STRANGERS_ONLY) as door, connected(door, greeted=False) as peer:
        assert (await peer.answer()).startswith("554 5.7.1")
        assert await peer.is_hung_up_on()
        assert door.refusals == [Refusal.CLIENT]
        assert await door.is_left()


@pytest.mark.parametrize("limits", [{"max_connections": 3}, {"max_connections_per_client": 3}])
async def test_one_connection_too_many_is_turned_away(limits: dict[str, Any]) -> None:
    async with front_door(**limits) as door:
        async with connected(door), connected(door), connected(door), connected(door, greeted=False) as fourth:
            assert (await fourth.answer()).startswith("421 4.7.0")
            assert await fourth.is_hung_up_on()
            assert door.refusals == [Refusal.CONNECTIONS]
        assert await door.is_left()
        async with connected(door), connected(door), connected(door):
            assert door.server.connections == 3


async def test_peer_that_left_at_once_is_forgotten() -> None:
    async with front_door() as door:
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", door.port)):
                pass
        async with connected(door):
            pass
        assert await door.is_left()


@on_both_loops
def test_pipelined_commands_are_answered_in_order(run: Run) -> None:
    async def scenario() -> None:
        async with front_door() as door, connected(door) as peer:
            await peer.send(MAIL)
            assert [answer[:9] for answer in await peer.answers(3)] == ["250 2.1.0", "250 2.1.5", "354 end d"]
            await peer.send(b"one\r\n.\r\n" + MAIL)
            assert [answer[:3] for answer in await peer.answers(4)] == ["250", "250", "250", "354"]
            await peer.send(b"two\r\n.\r\nQUIT\r\n")
            assert [answer[:3] for answer in await peer.answers(2)] == ["250", "221"]
            assert door.octets == [b"one\r\n", b"two\r\n"]

    run(scenario())


@on_both_loops
def test_whole_dialogue_at_once_is_answered_after_the_peer_has_said_all(run: Run) -> None:
    async def scenario() -> None:
        async with front_door() as door, connected(door, greeted=False) as peer:
            await peer.send(b"EHLO peer.test\r\n" + MAIL + b"one\r\n.\r\n")
            peer.writer.write_eof()
            assert [answer[:3] for answer in await peer.answers(6)] == ["220", "250", "250", "250", "354", "250"]
            assert await peer.is_hung_up_on()
            assert door.octets == [b"one\r\n"]

    run(scenario())


@on_both_loops
@pytest.mark.parametrize("cut_at", [0, 1, 4, 5, 6, 7])
def test_peer_that_leaves_within_data_leaves_nothing(run: Run, cut_at: int) -> None:
    async def scenario() -> None:
        async with front_door() as door:
            async with connected(door) as peer:
                await peer.begin()
                await peer.send(b"one\r\n.\r\n"[:cut_at])
                peer.writer.write_eof()
                assert await peer.is_hung_up_on()
            assert await door.is_left()
            assert door.octets == []
            assert door.server.octets_held == 0

    run(scenario())


@on_both_loops
def test_intake_is_not_interrupted_when_the_peer_leaves(run: Run) -> None:
    async def scenario() -> None:
        taking, go_on = asyncio.Event(), asyncio.Event()

        async def wait(_: Arrival) -> None:
            taking.set()
            await go_on.wait()

        async with front_door(KeepingIntake(first=wait)) as door:
            async with connected(door) as peer:
                await peer.begin()
                await peer.send(b"one\r\n.\r\n")
                await taking.wait()
                # Reset the connection, so that the server knows at once.
                peer.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            assert await door.is_left()
            assert door.octets == []
            go_on.set()
            await door.intake.kept_one()
            assert door.octets == [b"one\r\n"]

    run(scenario())


@on_both_loops
@pytest.mark.parametrize("said", [b"", b"NO", b"MAIL FROM:<a@x.test>\r\n", MAIL, MAIL + b"half a line"])
def test_idle_peer_is_told_and_closed(run: Run, said: bytes) -> None:
    async def scenario() -> None:
        async with front_door(idle_timeout=SHORT) as door, connected(door) as peer:
            await peer.send(said)
            answer = await peer.answer()
            while answer[:3] in {"250", "354"}:
                answer = await peer.answer()
            assert answer.startswith("421 4.4.2")
            assert await peer.is_hung_up_on()
            assert door.refusals == [Refusal.IDLE]

    run(scenario())


async def test_peer_that_speaks_in_time_is_not_idle() -> None:
    async with front_door(idle_timeout=timedelta(seconds=1)) as door, connected(door) as peer:
        for _ in range(12):
            await asyncio.sleep(0.1)
            assert (await peer.say("NOOP")).startswith("250")


async def test_dribbling_a_command_is_idling() -> None:
    async with front_door(idle_timeout=timedelta(milliseconds=200)) as door, connected(door) as peer:

        async def dribble() -> None:
            while True:
                await peer.send(b"x")
                await asyncio.sleep(0.02)

        dribbling = asyncio.create_task(dribble())
        assert (await peer.answer()).startswith("421 4.4.2")
        dribbling.cancel()


async def test_dribbling_data_ends_at_the_time_for_data() -> None:
    limits: dict[str, Any] = {"idle_timeout": timedelta(minutes=5), "data_timeout": timedelta(milliseconds=200)}
    async with front_door(**limits) as door, connected(door) as peer:
        await peer.begin()

        async def dribble() -> None:
            while True:
                await peer.send(b"x\r\n")
                await asyncio.sleep(0.02)

        dribbling = asyncio.create_task(dribble())
        assert (await peer.answer()).startswith("421 4.4.2")
        assert door.refusals == [Refusal.IDLE]
        assert door.octets == []
        dribbling.cancel()
        assert await door.is_left()
        assert door.server.octets_held == 0


async def test_time_that_intake_takes_is_not_the_peers() -> None:
    async def take_long(_: Arrival) -> None:
        await asyncio.sleep(0.3)

    async with front_door(KeepingIntake(first=take_long), idle_timeout=SHORT) as door, connected(door) as peer:
        assert (await peer.mail_dialogue()).startswith("250 2.0.0")
        assert door.refusals == []


def _deaf_peer(door: Door) -> socket.socket:
    """Return a connection with small buffers that is never read from."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", door.port))
    deaf.setblocking(False)
    return deaf


@on_both_loops
def test_peer_that_does_not_read_is_not_heard_and_then_cut_off(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_connection, "_LINGER_SECONDS", 0.1)

    async def scenario() -> None:
        limits: dict[str, Any] = {"max_commands_without_mail": 10**9, "idle_timeout": timedelta(milliseconds=500)}
        async with front_door(**limits) as door:
            loop = asyncio.get_running_loop()
            with _deaf_peer(door) as deaf, suppress(ConnectionError):
                assert await loop.sock_recv(deaf, 1000)
                (connection,) = door.server._service.connections
                async with asyncio.timeout(PATIENCE):
                    while connection.transport is not None:
                        await loop.sock_sendall(deaf, b"EHLO peer.test\r\n" * 1000)
                        assert len(connection.inbox) < 600_000
                        assert connection.transport is None or connection.transport.get_write_buffer_size() < 2_000_000
            assert await door.is_left()
            assert door.refusals == [Refusal.IDLE]

    run(scenario())


async def test_peer_that_sends_ahead_of_its_answer_waits() -> None:
    taking, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: Arrival) -> None:
        taking.set()
        await go_on.wait()

    async with front_door(KeepingIntake(first=wait), max_commands_without_mail=10**9) as door, connected(door) as peer:
        await peer.begin()
        await peer.send(b"one\r\n.\r\n")
        await taking.wait()
        line, noops = b"NOOP " + b"x" * 500 + b"\r\n", 12_000
        sending = asyncio.create_task(peer.send(line * noops))  # more than the kernel keeps
        (connection,) = door.server._service.connections
        for _ in range(50):
            await asyncio.sleep(0.001)
            assert len(connection.inbox) < 600_000
        assert not sending.done()
        go_on.set()
        assert (await peer.answer()).startswith("250 2.0.0 01JD")
        await count_answers(peer, noops)
        await sending


@on_both_loops
def test_what_comes_while_answers_wait_is_answered(run: Run) -> None:
    async def scenario() -> None:
        async with front_door() as door, connected(door) as peer:
            (connection,) = door.server._service.connections
            connection.pause_writing()
            assert (await peer.say("NOOP")).startswith("250")
            await peer.send(b"VRFY b@y.test\r\n")
            while not connection.inbox:  # noqa: ASYNC110 - nothing tells of octets that nobody waits for
                await asyncio.sleep(0)
            connection.resume_writing()
            assert (await peer.answer()).startswith("252")

    run(scenario())


async def count_answers(peer: Peer, count: int) -> None:
    """Read that many answers to NOOP."""
    expected = len(b"250 2.0.0 ok\r\n") * count
    async with asyncio.timeout(4 * PATIENCE):
        while expected > 0:
            expected -= len(await peer.reader.read(2**20))
    assert expected == 0


async def test_pushed_line_of_aiosmtpds_own_code_goes_out() -> None:
    async with front_door() as door, connected(door) as peer:
        (connection,) = door.server._service.connections
        await connection.push("250 2.0.0 text")
        await connection.push(b"250 2.0.0 octets")
        connection.flush()
        assert await peer.answers(2) == ["250 2.0.0 text", "250 2.0.0 octets"]
