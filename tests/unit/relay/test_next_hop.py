from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from mailguard.relay import next_hop
from mailguard.relay.consignment import Consignment
from mailguard.relay.hop_answer import HopAnswer, Kind
from mailguard.relay.next_hop import Hop
from mailguard.relay.settings import DeliverySettings, NextHop, TlsMode
from tests.harness_delivery import until
from tests.harness_sink import HangUp, Sink, Until, running_sink
from tests.unit.relay.parcels import consignment, destination


@dataclass
class Told:
    """What a hop told its scheduler."""

    answers: asyncio.Queue[tuple[Consignment, list[HopAnswer]]] = field(default_factory=asyncio.Queue)
    divisions: asyncio.Queue[Consignment] = field(default_factory=asyncio.Queue)
    lacks: asyncio.Queue[tuple[Consignment, str]] = field(default_factory=asyncio.Queue)
    ups: asyncio.Queue[Hop] = field(default_factory=asyncio.Queue)
    downs: asyncio.Queue[Hop] = field(default_factory=asyncio.Queue)

    def answered(self, hop: Hop, consignment: Consignment, answers: list[HopAnswer]) -> None:  # noqa: ARG002
        self.answers.put_nowait((consignment, answers))

    def divided(self, hop: Hop, consignment: Consignment) -> None:  # noqa: ARG002
        self.divisions.put_nowait(consignment)

    def lacking(self, hop: Hop, consignment: Consignment, text: str) -> None:  # noqa: ARG002
        self.lacks.put_nowait((consignment, text))

    def came_up(self, hop: Hop) -> None:
        self.ups.put_nowait(hop)

    def went_down(self, hop: Hop) -> None:
        self.downs.put_nowait(hop)

    async def kind(self) -> Kind:
        _, answers = await self.answers.get()
        return answers[0].kind


@asynccontextmanager
async def running_hop(
    port: int, *, connections: int = 20, retry_first: float = 0.01, reply_aware: bool = False
) -> AsyncIterator[tuple[Hop, Told]]:
    told = Told()
    address = NextHop(host="127.0.0.1", port=port, tls=TlsMode.NONE, reply_aware=reply_aware)
    settings = DeliverySettings(
        next_hops=(address,),
        hostname="relay.example",
        connections=connections,
        retry_first=timedelta(seconds=retry_first),
        connect_timeout=timedelta(seconds=20),
    )
    hop = Hop(address, settings=settings, scheduler=told, jitter=lambda: 0.5)
    async with asyncio.TaskGroup() as tasks:
        hop.start(tasks.create_task)
        yield hop, told
        hop.close()


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def test_first_connection_tells_what_the_hop_offers() -> None:
    async with running_sink(extensions=("DSN",)) as sink, running_hop(sink.port) as (hop, _):
        await until(lambda: hop.offered is not None)
        assert hop.offered is not None
        assert hop.offered.names() == {"DSN"}
        assert hop.counts.connections == 1


async def test_connection_is_kept_for_the_next_mail() -> None:
    async with running_sink() as sink, running_hop(sink.port) as (hop, told):
        for _ in range(5):
            hop.put(consignment())
            assert await told.kind() is Kind.TAKEN
        assert {message.session for message in sink.taken} == {1}
        assert hop.counts.transactions == 5


async def test_mail_put_before_the_start_is_sent() -> None:
    async with running_sink() as sink:
        address = NextHop(host="127.0.0.1", port=sink.port, tls=TlsMode.NONE)
        told = Told()
        hop = Hop(address, settings=DeliverySettings(next_hops=(address,)), scheduler=told, jitter=lambda: 0)
        hop.put(consignment())
        async with asyncio.TaskGroup() as tasks:
            hop.start(tasks.create_task)
            assert await told.kind() is Kind.TAKEN
            hop.close()


async def test_no_more_connections_than_allowed() -> None:
    gate = asyncio.Event()
    async with running_sink() as sink, running_hop(sink.port, connections=3) as (hop, told):
        sink.always("DOT", Until(gate))
        for _ in range(10):
            hop.put(consignment())
        await sink.heard("DATA", 3)
        assert hop.transactions_under_way == 3
        gate.set()
        assert [await told.kind() for _ in range(10)] == [Kind.TAKEN] * 10
        assert sink.sessions == 3


async def test_mail_put_first_goes_first() -> None:
    gate = asyncio.Event()
    async with running_sink() as sink, running_hop(sink.port, connections=1) as (hop, told):
        sink.on("DOT", Until(gate))
        for name in ("begun", "second"):
            hop.put(consignment(reverse_path=f"{name}@a.example"))
        await sink.heard("DATA")
        hop.put_first(consignment(reverse_path="first@a.example"))
        gate.set()
        paths = [(await told.answers.get())[0].parcel.reverse_path for _ in range(3)]
        assert paths == ["begun@a.example", "first@a.example", "second@a.example"]


async def test_waiting_mail_can_be_taken_back() -> None:
    gate = asyncio.Event()
    async with running_sink() as sink, running_hop(sink.port, connections=1) as (hop, told):
        sink.on("DOT", Until(gate))
        hop.put(consignment())
        await sink.heard("DATA")
        waits = consignment(destination(1))
        hop.put(waits)
        assert hop.take_waiting() == [waits]
        assert hop.take_waiting() == []
        gate.set()
        assert await told.kind() is Kind.TAKEN


async def test_connection_that_the_hop_closed_while_idle_is_replaced() -> None:
    async with running_sink() as sink, running_hop(sink.port) as (hop, told):
        sink.on("DONE", HangUp(after="421 4.4.2 idle"))
        hop.put(consignment())
        assert await told.kind() is Kind.TAKEN
        while sink.open_sessions:
            await sink.change()
        hop.put(consignment())
        assert await told.kind() in {Kind.TAKEN, Kind.UNTOUCHED}
        assert hop.counts.connections + hop.counts.stale_connections >= 2


async def test_connection_that_closes_as_it_is_used_has_not_touched_the_mail() -> None:
    async with running_sink() as sink, running_hop(sink.port) as (hop, told):
        hop.put(consignment())
        assert await told.kind() is Kind.TAKEN
        sink.on("MAIL", HangUp())
        hop.put(consignment())
        assert await told.kind() is Kind.UNTOUCHED
        assert hop.counts.stale_connections == 1


async def test_first_connection_kept_idle_is_not_fresh() -> None:
    async with running_sink() as sink, running_hop(sink.port) as (hop, told):
        await until(lambda: hop.offered is not None)
        sink.on("MAIL", HangUp())
        hop.put(consignment())
        assert await told.kind() is Kind.UNTOUCHED


async def test_fresh_connection_that_is_lost_is_trouble() -> None:
    async with running_sink() as sink:
        sink.on("MAIL", HangUp())
        async with running_hop(sink.port) as (hop, told):
            hop.put(consignment())
            assert await told.kind() is Kind.TROUBLE


async def test_mail_that_the_hop_cannot_carry_is_given_back_and_the_next_one_sent() -> None:
    async with running_sink(extensions=("PIPELINING",)) as sink, running_hop(sink.port) as (hop, told):
        eight_bit = consignment(octets=b"\xff\r\n")
        hop.put(eight_bit)
        hop.put(consignment())
        assert await told.kind() is Kind.TAKEN
        given_back, text = told.lacks.get_nowait()
        assert given_back is eight_bit
        assert text.startswith("5.6.3")


async def test_hop_that_is_told_of_recipients_takes_one_at_a_time() -> None:
    async with running_sink() as sink, running_hop(sink.port, reply_aware=True) as (hop, told):
        both = consignment(destination(0), destination(1))
        hop.put(both)
        assert await told.divisions.get() is both
        hop.put(both.only(both.destinations[:1]))
        assert await told.kind() is Kind.TAKEN
        assert [one.recipients for one in sink.taken] == [("r0@x.example",)]


async def test_mail_that_cannot_be_spoken_is_kept_and_stalls_nothing() -> None:
    async with running_sink() as sink, running_hop(sink.port) as (hop, told):
        with capture_logs() as logs:
            hop.put(consignment(destination(0, "a\nb@x.example")))
            hop.put(consignment())
            assert await told.kind() is Kind.LATER
            assert await told.kind() is Kind.TAKEN
        assert [entry["message"] for entry in logs if entry["event"] == "mail_not_sendable"] == ["01JMESSAGE"]


async def test_hop_that_cannot_be_reached_is_down_and_asked_again_until_it_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_hop, "PAUSE_UNREACHABLE", timedelta(milliseconds=40))
    port = closed_port()
    async with running_hop(port) as (hop, told):
        for _ in range(3):
            assert await told.downs.get() is hop
        assert hop.is_down
        assert hop.last_failure.startswith(f"no connection to 127.0.0.1:{port}: ")
        hop.put(consignment())
        sink = Sink()
        await sink.start(port)
        assert await told.ups.get() is hop
        assert not hop.is_down
        assert await told.kind() is Kind.TAKEN
        assert hop.counts.failed_connections >= 3
        hop.close()
        await sink.stop()


async def test_pause_grows_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_hop, "PAUSE_FIRST", timedelta(milliseconds=20))
    monkeypatch.setattr(next_hop, "PAUSE_UNREACHABLE", timedelta(milliseconds=50))
    with capture_logs() as logs:
        async with running_hop(closed_port(), retry_first=15) as (_, told):
            for _ in range(4):
                await told.downs.get()
    pauses = [entry["pause"] for entry in logs if entry["event"] == "next_hop_unavailable"]
    assert pauses == sorted(pauses)
    assert pauses[0] == pytest.approx(0.0175)
    assert pauses[-1] == pytest.approx(0.04375)


async def test_hop_that_refuses_is_left_alone_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_hop, "PAUSE_UNREACHABLE", timedelta(0))
    async with running_sink() as sink:
        sink.on("CONNECT", "554 5.7.1 no", "554 5.7.1 no")
        async with running_hop(sink.port) as (hop, told):
            await told.downs.get()
            await told.downs.get()
            assert hop.last_failure.endswith("554 5.7.1 no")
            await told.ups.get()


async def test_refused_further_connection_leaves_the_hop_up() -> None:
    gate = asyncio.Event()
    async with running_sink() as sink, running_hop(sink.port, retry_first=15) as (hop, told):
        await until(lambda: hop.offered is not None)
        sink.always("CONNECT", "421 4.7.0 too many connections")
        sink.on("DOT", Until(gate))
        for _ in range(3):
            hop.put(consignment())
        while not hop.counts.failed_connections:
            await sink.change()
        assert not hop.is_down
        gate.set()
        assert [await told.kind() for _ in range(3)] == [Kind.TAKEN] * 3
        assert {message.session for message in sink.taken} == {1}


async def test_hop_whose_last_connection_goes_after_a_refusal_is_down() -> None:
    async with running_sink() as sink, running_hop(sink.port, retry_first=15) as (hop, told):
        await until(lambda: hop.offered is not None)
        sink.always("CONNECT", "421 4.7.0 too many connections")
        gate = asyncio.Event()
        sink.on("DOT", Until(gate, then=HangUp()))
        hop.put(consignment())
        hop.put(consignment())
        while not hop.counts.failed_connections:
            await sink.change()
        gate.set()
        assert await told.downs.get() is hop
        assert hop.is_down


async def test_hop_that_once_refused_a_further_connection_is_asked_again_when_its_last_one_goes() -> None:
    gate = asyncio.Event()
    async with running_sink() as sink, running_hop(sink.port) as (hop, told):
        await until(lambda: hop.offered is not None)
        sink.on("CONNECT", "421 4.7.0 too many connections")
        sink.on("DOT", Until(gate, then=HangUp()))
        hop.put(consignment())
        hop.put(consignment())
        await until(lambda: hop.counts.failed_connections > 0)
        hop.take_waiting()
        await until(lambda: hop._next_try is None)
        gate.set()
        assert await told.downs.get() is hop
        assert await told.ups.get() is hop


async def test_connection_that_is_closing_is_not_used() -> None:
    async with running_sink() as sink, running_hop(sink.port) as (hop, told):
        await until(lambda: hop.offered is not None)
        hop._idle[0].quit()
        hop.put(consignment())
        assert await told.kind() is Kind.TAKEN
        assert hop.counts.connections == 2


async def test_surprise_in_connecting_is_logged_and_the_hop_asked_again() -> None:
    address = NextHop(host="a" * 64 + ".example", tls=TlsMode.NONE)  # no host name: encoding it raises UnicodeError
    told = Told()
    settings = DeliverySettings(next_hops=(address,), retry_first=timedelta(milliseconds=10))
    hop = Hop(address, settings=settings, scheduler=told, jitter=lambda: 0)
    with capture_logs() as logs:
        async with asyncio.TaskGroup() as tasks:
            hop.start(tasks.create_task)
            await told.downs.get()
            await told.downs.get()
            hop.close()
    assert "next_hop_failed" in [entry["event"] for entry in logs]


async def test_broken_off_mail_is_untouched_before_its_last_dot() -> None:
    async with running_sink() as sink, running_hop(sink.port) as (hop, told):
        gate = asyncio.Event()
        sink.on("DATA", Until(gate))
        hop.put(consignment())
        await sink.heard("DATA")
        hop.break_off("stopped")
        assert await told.kind() is Kind.UNTOUCHED


async def test_closing_says_quit_where_nothing_is_under_way() -> None:
    async with running_sink() as sink:
        async with running_hop(sink.port) as (hop, told):
            hop.put(consignment())
            await told.kind()
        await sink.heard("QUIT")


async def test_closing_while_connecting_ends() -> None:
    async with running_sink() as sink:
        sink.on("CONNECT", Until(asyncio.Event()))
        async with running_hop(sink.port):
            await until(lambda: sink.sessions > 0)
