"""mailguard.relay.smtp: a front door that opens, shares its port, and closes in good order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
import uvloop

from mailguard.errors import ConfigError
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.relay.arrival import Arrival
from mailguard.relay.settings import Listen
from mailguard.relay.smtp import serve_smtp
from tests.harness_smtp import LOOPBACK, KeepingIntake, Peer, connected, front_door

Run = Callable[[Coroutine[Any, Any, None]], None]
on_both_loops = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
LISTEN = Listen(port=0, hostname="relay.test", clients=(LOOPBACK,))


async def speaks_smtp(port: int, host: str = "127.0.0.1") -> bool:
    peer = Peer(*await asyncio.open_connection(host, port))
    greeting = await peer.answer()
    await peer.close()
    return greeting.startswith("220 ")


@on_both_loops
def test_socket_that_was_made_before_is_used(run: Run) -> None:
    async def scenario() -> None:
        sock = socket.create_server(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        server = await serve_smtp(LISTEN, KeepingIntake(), extensions=frozenset, sock=sock)
        assert server.port == port
        assert await speaks_smtp(port)
        await server.close()

    run(scenario())


@on_both_loops
def test_two_servers_can_share_a_port(run: Run) -> None:
    async def scenario() -> None:
        first = await serve_smtp(LISTEN, KeepingIntake(), extensions=frozenset, reuse_port=True)
        shared = Listen(port=first.port, clients=(LOOPBACK,))
        second = await serve_smtp(shared, KeepingIntake(), extensions=frozenset, reuse_port=True)
        await first.close()
        assert await speaks_smtp(first.port)
        await second.close()

    run(scenario())


async def test_port_that_is_taken_is_an_error() -> None:
    async with front_door() as door:
        with pytest.raises(OSError, match="address already in use"):
            await serve_smtp(Listen(port=door.port), KeepingIntake(), extensions=frozenset)


async def test_certificate_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ConfigError):
        await serve_smtp(Listen(port=0, tls_cert="/nowhere.pem"), KeepingIntake(), extensions=frozenset)


async def test_refusals_need_not_be_counted() -> None:
    server = await serve_smtp(Listen(port=0), KeepingIntake(), extensions=frozenset)
    peer = Peer(*await asyncio.open_connection("127.0.0.1", server.port))
    assert (await peer.answer()).startswith("554 5.7.1")
    await peer.close()
    await server.close()


async def test_ipv6_peer_is_known_by_its_network() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        server = await serve_smtp(Listen(host="::1", port=0, clients=(LOOPBACK,)), KeepingIntake(), extensions=frozenset)
    except OSError:
        pytest.skip("no IPv6 here")
    assert await speaks_smtp(server.port, "::1")
    await server.close()


@on_both_loops
def test_closing_ends_sessions_between_mails(run: Run) -> None:
    async def scenario() -> None:
        async with front_door() as door, connected(door) as fresh, connected(door) as used:
            await used.mail_dialogue()
            await door.server.close()
            for peer in (fresh, used):
                assert (await peer.answer()).startswith("421 4.3.2")
                assert await peer.is_hung_up_on()
            with pytest.raises(OSError, match=r"Connect call failed|refused"):
                await asyncio.open_connection("127.0.0.1", door.port)

    run(scenario())


@on_both_loops
@pytest.mark.parametrize("stage", ["mail", "data", "intake"])
def test_closing_lets_a_mail_under_way_finish(run: Run, stage: str) -> None:
    async def scenario() -> None:
        taking, go_on = asyncio.Event(), asyncio.Event()

        async def wait(_: Arrival) -> None:
            taking.set()
            await go_on.wait()

        async with front_door(KeepingIntake(first=wait)) as door, connected(door) as peer:
            await peer.say("MAIL FROM:<a@x.test>")
            if stage == "mail":
                closing = asyncio.create_task(door.server.close())
                await asyncio.sleep(0)
            await peer.say("RCPT TO:<b@y.test>")
            await peer.say("DATA")
            if stage == "data":
                closing = asyncio.create_task(door.server.close())
                await asyncio.sleep(0)
            await peer.send(b"one\r\n.\r\n")
            await taking.wait()
            if stage == "intake":
                closing = asyncio.create_task(door.server.close())
                await asyncio.sleep(0)
            go_on.set()
            assert (await peer.answer()).startswith("250 2.0.0")
            assert (await peer.answer()).startswith("421 4.3.2")
            await closing
            assert door.octets == [b"one\r\n"]

    run(scenario())


@on_both_loops
def test_mail_that_does_not_finish_in_time_is_cut_off(run: Run) -> None:
    async def scenario() -> None:
        async with front_door() as door, connected(door) as peer:
            await peer.begin()
            await peer.send(b"half\r\n")
            await door.server.close(grace=timedelta(0))
            assert (await peer.answer()).startswith("421 4.3.2")
            assert await peer.is_hung_up_on()
            assert door.octets == []

    run(scenario())


async def test_abandoned_mail_ends_the_session_while_closing() -> None:
    async with front_door() as door, connected(door) as peer:
        await peer.say("MAIL FROM:<a@x.test>")
        closing = asyncio.create_task(door.server.close())
        await asyncio.sleep(0)
        assert (await peer.say("RSET")).startswith("250")
        assert (await peer.answer()).startswith("421 4.3.2")
        await closing


async def test_answer_of_intake_is_passed_on() -> None:
    reply = SmtpReply(550, "5.7.1", "01JD repeat of 01JC")
    async with front_door(KeepingIntake(reply=reply)) as door, connected(door) as peer:
        assert await peer.mail_dialogue() == "550 5.7.1 01JD repeat of 01JC"
