from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from mailguard.relay import hop_connection
from mailguard.relay.extensions import Extensions
from mailguard.relay.hop_answer import Kind
from mailguard.relay.hop_connection import HopConnection
from mailguard.relay.transaction import Transaction
from tests.unit.relay.parcels import consignment, destination

PIPELINED = Extensions(pipelining=True)


@dataclass
class Told:
    """What a connection told its owner."""

    finished_ones: asyncio.Queue[Transaction] = field(default_factory=asyncio.Queue)
    is_closed: asyncio.Event = field(default_factory=asyncio.Event)
    was_usable: list[bool] = field(default_factory=list)

    def finished(self, connection: HopConnection, transaction: Transaction) -> None:
        self.was_usable.append(connection.is_usable)
        self.finished_ones.put_nowait(transaction)

    def closed(self, connection: HopConnection) -> None:  # noqa: ARG002
        self.is_closed.set()


@dataclass
class Line:
    """Both ends of a connection: ours, and the bare streams of the other end."""

    connection: HopConnection
    told: Told
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *, recipients: int = 1, octets: bytes = b"x\r\n") -> Transaction:
        mail = consignment(*(destination(n) for n in range(recipients)), octets=octets)
        transaction = Transaction(
            mail, self.connection.offered, is_fresh=self.connection.is_fresh, reset_first=self.connection.needs_reset
        )
        self.connection.send(transaction)
        return transaction

    async def expect(self, octets: bytes) -> None:
        assert await self.reader.readexactly(len(octets)) == octets

    def say(self, octets: bytes) -> None:
        self.writer.write(octets)

    async def kinds(self) -> list[Kind]:
        transaction = await self.told.finished_ones.get()
        return [answer.kind for answer in transaction.answers]


@asynccontextmanager
async def line(offered: Extensions = PIPELINED, *, patience: float = 60) -> AsyncIterator[Line]:
    accepted: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    server = await asyncio.start_server(lambda *streams: accepted.put_nowait(streams), "127.0.0.1", 0, limit=2**16)
    port = server.sockets[0].getsockname()[1]
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", port)
    told = Told()
    connection = HopConnection(transport, offered=offered, owner=told, command_timeout=timedelta(seconds=patience))
    reader, writer = await accepted.get()
    yield Line(connection, told, reader, writer)
    connection.break_off("test over")
    writer.transport.abort()
    await told.is_closed.wait()
    server.close()


GROUP = b"MAIL FROM:<app@a.example>\r\nRCPT TO:<r0@x.example>\r\nDATA\r\n"


async def test_one_transaction_after_the_other() -> None:
    async with line() as wire:
        for number in range(3):
            await wire.send(octets=b"%d\r\n" % number)
            await wire.expect(GROUP)
            wire.say(b"250 a\r\n250 b\r\n354 c\r\n")
            await wire.expect(b"%d\r\n.\r\n" % number)
            wire.say(b"250 2.0.0 Ok\r\n")
            assert await wire.kinds() == [Kind.TAKEN]
        assert wire.told.was_usable == [True] * 3
        assert not wire.connection.is_fresh


async def test_replies_in_pieces_and_in_several_lines() -> None:
    async with line() as wire:
        transaction = await wire.send()
        replies = b"250-a\r\n250-b\r\n250 c\n250\r\n354 go\r\n250-2.0.0 Ok\r\n250 queued\r\n"
        for index in range(len(replies)):
            wire.say(replies[index : index + 1])
            await wire.writer.drain()
            await asyncio.sleep(0)
        assert await wire.kinds() == [Kind.TAKEN]
        assert transaction.answers[0].text == "250 2.0.0 Ok queued"


async def test_without_pipelining_nothing_is_said_ahead() -> None:
    async with line(Extensions()) as wire:
        await wire.send(recipients=2)
        for command in (b"MAIL FROM:<app@a.example>\r\n", b"RCPT TO:<r0@x.example>\r\n", b"RCPT TO:<r1@x.example>\r\n"):
            assert await wire.reader.read(4096) == command
            wire.say(b"250 ok\r\n")
        assert await wire.reader.read(4096) == b"DATA\r\n"
        wire.say(b"354 go\r\n")
        assert await wire.reader.read(4096) == b"x\r\n.\r\n"
        wire.say(b"250 ok\r\n")
        assert await wire.kinds() == [Kind.TAKEN, Kind.TAKEN]


async def test_content_is_dot_stuffed() -> None:
    async with line() as wire:
        await wire.send(octets=b".\r\n..\r\na.b\r\n.c\r\n")
        await wire.expect(GROUP)
        wire.say(b"250 a\r\n250 b\r\n354 c\r\n")
        await wire.expect(b"..\r\n...\r\na.b\r\n..c\r\n.\r\n")


async def test_content_without_a_line_end_gets_one() -> None:
    async with line() as wire:
        await wire.send(octets=b"end")
        await wire.expect(GROUP)
        wire.say(b"250 a\r\n250 b\r\n354 c\r\n")
        await wire.expect(b"end\r\n.\r\n")


async def test_lone_dot_where_nobody_was_taken() -> None:
    async with line() as wire:
        await wire.send()
        await wire.expect(GROUP)
        wire.say(b"250 a\r\n550 b\r\n354 c\r\n")
        await wire.expect(b".\r\n")
        wire.say(b"554 none\r\n")
        assert await wire.kinds() == [Kind.REFUSED]
        assert wire.told.was_usable == [True]


async def test_next_transaction_resets_what_the_last_left_open() -> None:
    async with line() as wire:
        await wire.send()
        await wire.expect(GROUP)
        wire.say(b"250 a\r\n550 b\r\n554 c\r\n")
        assert await wire.kinds() == [Kind.REFUSED]
        await wire.send()
        await wire.expect(b"RSET\r\n" + GROUP)
        wire.say(b"250 reset\r\n250 a\r\n250 b\r\n354 c\r\n250 d\r\n")
        assert await wire.kinds() == [Kind.TAKEN]


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 131_072, 3_000_001])
async def test_content_of_any_size_arrives_whole(size: int) -> None:
    octets = b"a" * (size - 2) + b"\r\n"
    async with line() as wire:
        await wire.send(octets=octets)
        await wire.expect(GROUP)
        wire.say(b"250 a\r\n250 b\r\n354 c\r\n")
        await wire.expect(octets + b".\r\n")
        wire.say(b"250 d\r\n")
        assert await wire.kinds() == [Kind.TAKEN]


async def test_hop_that_does_not_read_is_not_written_to_without_bound() -> None:
    async with line() as wire:
        paused = asyncio.Event()
        pause = wire.connection.pause_writing

        def note_pause() -> None:
            pause()
            paused.set()

        wire.connection.pause_writing = note_pause  # type: ignore[method-assign]
        transport = wire.connection._transport
        await wire.send(octets=b"a" * 50_000_000 + b"\r\n")
        await wire.expect(GROUP)
        wire.say(b"250 a\r\n250 b\r\n354 c\r\n")
        await paused.wait()
        assert transport.get_write_buffer_size() < 4 * hop_connection.SMALL
        await wire.expect(b"a" * 50_000_000 + b"\r\n.\r\n")


async def test_answer_while_content_is_written_ends_the_connection() -> None:
    async with line() as wire:
        await wire.send(octets=b"a" * 50_000_000 + b"\r\n")
        await wire.expect(GROUP)
        wire.say(b"250 a\r\n250 b\r\n354 c\r\n")
        await wire.reader.readexactly(1000)
        wire.say(b"552 5.3.4 too big\r\n")
        assert await wire.kinds() == [Kind.REFUSED]
        assert wire.told.was_usable == [False]
        await wire.told.is_closed.wait()


@pytest.mark.parametrize(
    "reply",
    [b"hello\r\n", b"25\r\n", b"999 a\r\n", b"250_a\r\n", b"\r\n", b"2500\r\n", b"x" * 9000, b"250-a\r\n" * 102 + b"250 b\r\n"],
)
async def test_unintelligible_hop_is_trouble(reply: bytes) -> None:
    async with line() as wire:
        await wire.send()
        wire.say(reply)
        assert await wire.kinds() == [Kind.TROUBLE]
        await wire.told.is_closed.wait()


async def test_answer_known_before_the_hop_went_out_of_step_counts() -> None:
    async with line() as wire:
        await wire.send()
        wire.say(b"250 a\r\n250 b\r\n354 c\r\n250 d\r\nwhat?\r\n")
        assert await wire.kinds() == [Kind.TAKEN]
        assert wire.told.was_usable == [False]


async def test_more_than_was_asked_for_closes_the_connection() -> None:
    async with line() as wire:
        await wire.send()
        wire.say(b"250 a\r\n250 b\r\n354 c\r\n250 d\r\n421 enough\r\n")
        assert await wire.kinds() == [Kind.TAKEN]
        assert wire.told.was_usable == [False]
        await wire.told.is_closed.wait()


async def test_hop_that_closes_an_idle_connection_is_noticed() -> None:
    async with line() as wire:
        wire.say(b"421 4.4.2 idle too long\r\n")
        await wire.told.is_closed.wait()
        assert not wire.connection.is_usable


async def test_421_ends_the_connection() -> None:
    async with line() as wire:
        await wire.send()
        wire.say(b"421 closing\r\n")
        assert await wire.kinds() == [Kind.TROUBLE]
        await wire.told.is_closed.wait()


async def test_connection_lost_after_the_last_dot() -> None:
    async with line() as wire:
        await wire.send()
        wire.say(b"250 a\r\n250 b\r\n354 c\r\n")
        await wire.expect(GROUP + b"x\r\n.\r\n")
        wire.writer.close()
        assert await wire.kinds() == [Kind.UNCERTAIN]


async def test_connection_reset_in_the_content() -> None:
    async with line() as wire:
        await wire.send(octets=b"a" * 50_000_000 + b"\r\n")
        wire.say(b"250 a\r\n250 b\r\n354 c\r\n")
        await wire.expect(GROUP + b"aaa")
        wire.writer.transport.abort()
        assert await wire.kinds() == [Kind.TROUBLE]


async def test_silent_hop_is_given_up_at_the_command_it_does_not_answer() -> None:
    async with line(patience=0.3) as wire:
        transaction = await wire.send()
        wire.say(b"250 a\r\n")
        assert await wire.kinds() == [Kind.TROUBLE]
        assert transaction.answers[0].text.startswith("no answer to RCPT in time")


async def test_hop_silent_after_the_last_dot_leaves_the_mail_uncertain() -> None:
    async with line(patience=0.3) as wire:
        transaction = await wire.send()
        wire.say(b"250 a\r\n250 b\r\n354 c\r\n")
        assert await wire.kinds() == [Kind.UNCERTAIN]
        assert "after the last dot" in transaction.answers[0].text


async def test_idle_connection_is_closed_with_quit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hop_connection, "IDLE_TIMEOUT", timedelta(milliseconds=20))
    async with line() as wire:
        assert await wire.reader.read() == b"QUIT\r\n"
        await wire.told.is_closed.wait()


async def test_quit_of_a_closed_connection_says_nothing() -> None:
    async with line() as wire:
        wire.connection.break_off("")
        wire.connection.quit()
        assert await wire.reader.read() == b""


async def test_timer_set_for_a_long_wait_serves_a_shorter_one() -> None:
    async with line(patience=0.3) as wire:
        for _ in range(2):
            await wire.send()
            wire.say(b"250 a\r\n250 b\r\n354 c\r\n250 d\r\n")
            assert await wire.kinds() == [Kind.TAKEN]
        await wire.send()
        assert await wire.kinds() == [Kind.UNTOUCHED]


async def test_broken_off_transaction_before_the_last_dot_is_untouched() -> None:
    async with line() as wire:
        await wire.send()
        wire.connection.break_off("stopped")
        assert await wire.kinds() == [Kind.UNTOUCHED]
