"""Delivery against real servers: a scripted one, Postfix's smtp-sink, and a whole Postfix as the next hop."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvloop

from mailguard.mail.envelope import BodyType
from mailguard.policy.facts import State
from mailguard.policy.parcel import Outcome
from mailguard.relay import next_hop
from mailguard.relay.settings import TlsMode
from tests import harness_postfix
from tests.harness_delivery import NOW, running_delivery, until
from tests.harness_sink import ALL_EXTENSIONS, HangUp, Silence, Sink, Until, running_sink, server_tls
from tests.unit.relay.parcels import OCTETS, destination, parcel

EIGHT_BIT = b"Subject: x\r\n\r\ngr\xc3\xbc\xc3\x9fe\r\n"
UTF8_HEADER = b"Subject: gr\xc3\xbc\xc3\x9fe\r\n\r\nx\r\n"
LARGE = b"Subject: large\r\n\r\n" + (b"x" * 98 + b"\r\n") * 100_000
"""More than the sockets' buffers hold: the hop can be gone before the last dot is written."""

WITHOUT_PIPELINING = tuple(name for name in ALL_EXTENSIONS if name != "PIPELINING")

NASTY_CONTENTS = [
    b"\r\n",
    b".\r\n",
    b"..\r\n",
    b".\r\n.\r\n",
    b"\r\n.\r\n\r\n",
    b"a\r\n.b\r\n..c\r\n...\r\n",
    b"QUIT\r\n.\r\nMAIL FROM:<x@y>\r\n",
    b"no dot at all\r\n" * 5000,
    b".every line\r\n" * 20_000,
    b"x" * 100_000 + b"\r\n",
    b"Subject: 8 bit\r\n\r\n" + bytes(range(128, 256)) + b"\r\n",
    b"a" * 65_533 + b"\r\n",
    b"a" * 65_531 + b"\r\n.\r\n",
    b"tab\tspace \r\n \r\n",
]


def closed_port() -> int:
    return harness_postfix.free_port()


def answers(outcome: Outcome) -> list[str]:
    return [attempt.answer for attempt in outcome.attempts]


# What is sent


@pytest.mark.parametrize("extensions", [ALL_EXTENSIONS, WITHOUT_PIPELINING])
async def test_octets_leave_as_they_are(extensions: tuple[str, ...]) -> None:
    async with running_sink(extensions=extensions) as sink, running_delivery(sink) as (delivery, outcomes):
        for number, octets in enumerate(NASTY_CONTENTS):
            delivery.submit(parcel(destination(number), octets=octets))
        assert {outcome.state for outcome in await outcomes.take(len(NASTY_CONTENTS))} == {State.DELIVERED}
        got = {message.recipients[0]: message.octets for message in sink.taken}
        assert got == {f"r{number}@x.example": octets for number, octets in enumerate(NASTY_CONTENTS)}


async def test_content_of_25_mb_leaves_whole() -> None:
    octets = (b"." + b"x" * 70 + b"\r\n") * 350_000
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        delivery.submit(parcel(octets=octets))
        assert (await outcomes.get()).state is State.DELIVERED
        assert sink.taken[0].octets == octets


async def test_envelope_leaves_as_it_came() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        delivery.submit(
            parcel(
                destination(0, '"quoted local"@x.example', notify="SUCCESS,DELAY", orcpt="rfc822;a+2Bb@x.example"),
                destination(1, "jürgen@grün.example", notify="NEVER"),
                destination(2, "a@[127.0.0.1]"),
                reverse_path="app+42@a.example",
                octets=UTF8_HEADER,
                body=BodyType.EIGHT_BIT,
                smtputf8=True,
                ret="HDRS",
                envid="id+3D1",
            )
        )
        await outcomes.take(3)
        (message,) = sink.taken
        assert message.reverse_path == "app+42@a.example"
        size = f"SIZE={len(UTF8_HEADER)}"
        assert message.parameters == (size, "BODY=8BITMIME", "SMTPUTF8", "RET=HDRS", "ENVID=id+3D1")
        assert message.recipients == ('"quoted local"@x.example', "jürgen@grün.example", "a@[127.0.0.1]")
        assert message.recipient_parameters == (
            ("NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;a+2Bb@x.example"),
            ("NOTIFY=NEVER",),
            (),
        )


async def test_null_reverse_path_leaves_as_null() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        delivery.submit(parcel(reverse_path=""))
        await outcomes.get()
        assert sink.taken[0].reverse_path == ""
        assert sink.commands[1].startswith("MAIL FROM:<> ")


# How the hop answers


@pytest.mark.parametrize("extensions", [ALL_EXTENSIONS, WITHOUT_PIPELINING])
async def test_each_recipient_has_its_own_outcome(extensions: tuple[str, ...]) -> None:
    async with running_sink(extensions=extensions) as sink, running_delivery(sink) as (delivery, outcomes):
        sink.on("RCPT", "550 5.1.1 no such user", path="r1@")
        sink.on("RCPT", "450 4.2.1 mailbox busy", path="r2@")
        delivery.submit(parcel(destination(0), destination(1), destination(2)))
        good, bad, busy = await outcomes.take(3)
        assert (good.state, bad.state, busy.state) == (State.DELIVERED, State.FAILED, State.DEFERRED)
        assert answers(bad) == ["550 5.1.1 no such user"]
        assert busy.due_at == NOW + timedelta(seconds=0.01)
        assert sink.messages == [("app@a.example", ("r0@x.example",), OCTETS)]


@pytest.mark.parametrize("extensions", [ALL_EXTENSIONS, WITHOUT_PIPELINING])
@pytest.mark.parametrize("stage", ["MAIL", "DATA", "DOT"])
@pytest.mark.parametrize(("answer", "state"), [("451 4.7.1 later", State.DEFERRED), ("554 5.7.1 never", State.FAILED)])
async def test_refusal_of_the_whole_mail_is_for_all_and_the_connection_goes_on(
    extensions: tuple[str, ...], stage: str, answer: str, state: State
) -> None:
    async with running_sink(extensions=extensions) as sink, running_delivery(sink) as (delivery, outcomes):
        sink.on(stage, answer)
        delivery.submit(parcel(destination(0), destination(1)))
        refused = await outcomes.take(2)
        assert [(outcome.state, answers(outcome)) for outcome in refused] == [(state, [answer])] * 2
        delivery.submit(parcel(destination(2)))
        assert (await outcomes.get()).state is State.DELIVERED
        assert sink.sessions == 1
        assert sink.taken[0].recipients == ("r2@x.example",)


@pytest.mark.parametrize("extensions", [ALL_EXTENSIONS, WITHOUT_PIPELINING])
async def test_no_recipient_taken_and_the_connection_goes_on(extensions: tuple[str, ...]) -> None:
    async with running_sink(extensions=extensions) as sink, running_delivery(sink) as (delivery, outcomes):
        sink.on("RCPT", "550 5.1.1 who?", "550 5.1.1 who?", "550 5.1.1 who?")
        sink.on("DATA", "354 go ahead all the same")
        for _ in range(3):
            delivery.submit(parcel())
            assert (await outcomes.get()).state is State.FAILED
        delivery.submit(parcel(destination(1)))
        assert (await outcomes.get()).state is State.DELIVERED
        assert sink.sessions == 1
        assert sink.messages == [("app@a.example", ("r1@x.example",), OCTETS)]


@pytest.mark.parametrize("extensions", [ALL_EXTENSIONS, WITHOUT_PIPELINING])
async def test_recipients_beyond_the_hops_limit_go_in_the_next_transaction(extensions: tuple[str, ...]) -> None:
    async with running_sink(extensions=extensions) as sink, running_delivery(sink) as (delivery, outcomes):
        too_many = "452 4.5.3 too many recipients"
        for number in (2, 3, 4):
            sink.on("RCPT", too_many, path=f"r{number}@")
        sink.on("RCPT", too_many, path="r4@")
        delivery.submit(parcel(*(destination(n) for n in range(5))))
        taken = await outcomes.take(5)
        assert {(outcome.state, len(outcome.attempts)) for outcome in taken} == {(State.DELIVERED, 1)}
        assert [message.recipients for message in sink.taken] == [
            ("r0@x.example", "r1@x.example"),
            ("r2@x.example", "r3@x.example"),
            ("r4@x.example",),
        ]


async def test_452_for_everybody_is_deferred() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        sink.always("RCPT", "452 4.2.2 over quota")
        delivery.submit(parcel(destination(0), destination(1)))
        assert {outcome.state for outcome in await outcomes.take(2)} == {State.DEFERRED}


async def test_thousand_recipients_in_one_transaction() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        delivery.submit(parcel(*(destination(n) for n in range(1000))))
        assert {outcome.state for outcome in await outcomes.take(1000)} == {State.DELIVERED}
        assert len(sink.taken[0].recipients) == 1000


# Connections that break


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "CONTENT"])
@pytest.mark.parametrize("action", [HangUp(), HangUp(after="421 4.3.2 closing")])
async def test_mail_lost_before_the_last_dot_is_deferred(stage: str, action: HangUp) -> None:
    async with running_sink() as sink:
        sink.on(stage, action)
        async with running_delivery(sink) as (delivery, outcomes):
            delivery.submit(parcel(destination(0), destination(1), octets=LARGE))
            for outcome in await outcomes.take(2):
                assert outcome.state is State.DEFERRED
                assert len(outcome.attempts) == 1
                assert "after the last dot" not in outcome.attempts[0].answer
            assert delivery.counts.uncertain == 0
            assert not sink.taken


async def test_mail_lost_after_the_last_dot_is_deferred_and_marked_uncertain() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        sink.on("RCPT", "550 5.1.1 who?", path="r1@")
        sink.on("DOT", HangUp())
        delivery.submit(parcel(destination(0), destination(1)))
        uncertain, failed = await outcomes.take(2)
        assert uncertain.state is State.DEFERRED
        assert answers(uncertain) == ["connection lost after the last dot; the next hop may have this mail"]
        assert failed.state is State.FAILED
        assert delivery.counts.uncertain == 1


async def test_refusal_after_the_last_dot_with_421_is_certain() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        sink.on("DOT", HangUp(after="421 4.3.0 shutting down"))
        delivery.submit(parcel())
        assert answers(await outcomes.get()) == ["421 4.3.0 shutting down"]
        assert delivery.counts.uncertain == 0


@pytest.mark.parametrize("stage", ["MAIL", "DATA"])
async def test_silent_hop_is_given_up(stage: str) -> None:
    async with running_sink() as sink, running_delivery(sink, command_timeout=0.3) as (delivery, outcomes):
        sink.on(stage, Silence())
        delivery.submit(parcel())
        outcome = await outcomes.get()
        assert outcome.state is State.DEFERRED
        assert answers(outcome)[0].startswith(f"no answer to {stage} in time")


async def test_hop_that_stops_reading_is_given_up() -> None:
    async with running_sink() as sink, running_delivery(sink, command_timeout=0.3) as (delivery, outcomes):
        sink.on("CONTENT", Until(asyncio.Event()))
        delivery.submit(parcel(octets=LARGE * 20))
        outcome = await outcomes.get()
        assert answers(outcome)[0].startswith("no answer to the content in time")


async def test_slow_reader_gets_it_all() -> None:
    gate = asyncio.Event()
    octets = (b"x" * 998 + b"\r\n") * 20_000
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        sink.on("CONTENT", Until(gate))
        delivery.submit(parcel(octets=octets))
        delivery.submit(parcel(destination(1)))
        assert (await outcomes.get()).n == 1  # others are not held up by it
        gate.set()
        assert (await outcomes.get()).state is State.DELIVERED
        assert sink.taken[1].octets == octets


async def test_connection_closed_while_idle_costs_no_attempt() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        for stage, action in (("DONE", HangUp()), ("DONE", HangUp(after="421 4.4.2 idle")), ("MAIL", HangUp())):
            delivery.submit(parcel())
            await outcomes.get()
            sink.on(stage, action)
            delivery.submit(parcel())
            outcome = await outcomes.get()
            assert (outcome.state, len(outcome.attempts)) == (State.DELIVERED, 1)


async def test_every_kept_connection_gone_at_once_costs_no_attempt() -> None:
    gate = asyncio.Event()
    async with running_sink() as sink, running_delivery(sink, connections=5) as (delivery, outcomes):
        sink.always("DOT", Until(gate))
        for number in range(5):
            delivery.submit(parcel(destination(number)))
        await sink.heard("DATA", 5)
        gate.set()
        await outcomes.take(5)
        port = sink.port
        await sink.stop()
        await sink.start(port)
        for number in range(50):
            delivery.submit(parcel(destination(number)))
        again = await outcomes.take(50)
        assert {(outcome.state, len(outcome.attempts)) for outcome in again} == {(State.DELIVERED, 1)}


# Several hops


@pytest.mark.parametrize(
    ("stage", "action"),
    [
        ("MAIL", HangUp()),
        ("RCPT", HangUp()),
        ("CONTENT", HangUp()),
        ("MAIL", HangUp(after="421 4.3.2 closing")),
        ("MAIL", "452 4.3.1 disk full"),
        ("DOT", "451 4.3.0 temporary failure"),
        ("MAIL", "530 5.7.0 authenticate first"),
    ],
)
async def test_trouble_at_one_hop_sends_the_mail_to_the_next(stage: str, action: str | HangUp) -> None:
    async with running_sink() as first, running_sink() as second:
        first.on(stage, action)
        async with running_delivery(first, second) as (delivery, outcomes):
            delivery.submit(parcel(octets=LARGE))
            outcome = await outcomes.get()
            assert outcome.state is State.DELIVERED
            hops = [attempt.next_hop for attempt in outcome.attempts]
            assert hops == [f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"]
            assert second.messages == [("app@a.example", ("r0@x.example",), LARGE)]
            assert not first.taken


async def test_timeout_at_one_hop_sends_the_mail_to_the_next() -> None:
    async with running_sink() as first, running_sink() as second:
        first.on("MAIL", Silence())
        async with running_delivery(first, second, command_timeout=0.3) as (delivery, outcomes):
            delivery.submit(parcel())
            outcome = await outcomes.get()
            assert (outcome.state, len(outcome.attempts)) == (State.DELIVERED, 2)


@pytest.mark.parametrize(
    ("stage", "action", "state"),
    [("DOT", HangUp(), State.DEFERRED), ("RCPT", "450 4.2.1 busy", State.DEFERRED), ("RCPT", "550 5.1.1 no", State.FAILED)],
)
async def test_what_speaks_of_the_mail_or_may_have_arrived_is_not_sent_elsewhere(
    stage: str, action: str | HangUp, state: State
) -> None:
    async with running_sink() as first, running_sink() as second, running_delivery(first, second) as (delivery, outcomes):
        first.on(stage, action)
        delivery.submit(parcel())
        outcome = await outcomes.get()
        assert (outcome.state, len(outcome.attempts)) == (state, 1)
        assert not any(command.startswith("MAIL") for command in second.commands)


async def test_trouble_at_every_hop_is_deferred_with_an_attempt_at_each() -> None:
    async with running_sink() as first, running_sink() as second:
        first.always("MAIL", HangUp())
        second.always("MAIL", "421 4.3.2 closing")
        async with running_delivery(first, second) as (delivery, outcomes):
            delivery.submit(parcel())
            outcome = await outcomes.get()
            assert (outcome.state, len(outcome.attempts)) == (State.DEFERRED, 2)
            assert outcome.due_at == NOW + timedelta(seconds=0.01)


async def test_hop_that_is_down_is_left_out_and_preferred_again_when_it_is_back() -> None:
    first = Sink()
    await first.start()
    await first.stop()
    async with running_sink() as second, running_delivery(first, second) as (delivery, outcomes):
        for _ in range(3):
            delivery.submit(parcel())
            outcome = await outcomes.get()
            assert (outcome.state, len(outcome.attempts)) == (State.DELIVERED, 1)
        assert len(second.taken) == 3
        await first.start()
        while not first.taken:
            delivery.submit(parcel())
            await outcomes.get()
    await first.stop()


async def test_mail_waiting_for_a_hop_that_goes_down_goes_to_the_next() -> None:
    gate = asyncio.Event()
    async with (
        running_sink() as first,
        running_sink() as second,
        running_delivery(first, second, connections=1) as (delivery, outcomes),
    ):
        first.on("DOT", Until(gate))
        for number in range(5):
            delivery.submit(parcel(destination(number)))
        await first.heard("DATA")
        await first.stop()
        taken = await outcomes.take(5)
        assert [outcome.state for outcome in taken] == [State.DEFERRED] + [State.DELIVERED] * 4
        assert len(second.taken) == 4


async def test_mail_waiting_for_hops_that_are_down_goes_to_the_first_that_is_back() -> None:
    second = Sink()
    await second.start()
    await second.stop()
    async with running_delivery(closed_port(), second, retry_first=3600) as (delivery, outcomes):
        await until(lambda: not delivery.has_room)
        delivery.submit(parcel())
        await second.start()
        outcome = await outcomes.get()
        assert (outcome.state, len(outcome.attempts)) == (State.DELIVERED, 1)
    await second.stop()


async def test_every_hop_down_defers_after_a_while_and_says_why() -> None:
    ports = (closed_port(), closed_port())
    async with running_delivery(*ports) as (delivery, outcomes):
        delivery.submit(parcel())
        outcome = await outcomes.get()
        assert outcome.state is State.DEFERRED
        assert answers(outcome)[0].startswith("no connection to 127.0.0.1:")
        assert not delivery.has_room


async def test_every_hop_down_expires_what_is_too_old() -> None:
    async with running_delivery(closed_port()) as (delivery, outcomes):
        delivery.submit(parcel(destination(0, expires_at=NOW), destination(1)))
        old, young = await outcomes.take(2)
        assert (old.state, young.state) == (State.EXPIRED, State.DEFERRED)
        assert delivery.counts.expired == 1


async def test_short_outage_costs_no_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_hop, "PAUSE_FIRST", timedelta(milliseconds=10))
    sink = Sink()
    await sink.start()
    await sink.stop()
    async with running_delivery(sink, retry_first=3600) as (delivery, outcomes):
        delivery.submit(parcel())
        await until(lambda: not delivery.has_room)
        await sink.start()
        outcome = await outcomes.get()
        assert (outcome.state, len(outcome.attempts)) == (State.DELIVERED, 1)
        assert delivery.has_room
    await sink.stop()


# What the hop must offer


@pytest.mark.parametrize(
    ("extensions", "octets", "status"),
    [(("PIPELINING",), EIGHT_BIT, "5.6.3 "), (("PIPELINING", "8BITMIME"), UTF8_HEADER, "5.6.7 ")],
)
async def test_mail_that_no_hop_can_carry_fails(extensions: tuple[str, ...], octets: bytes, status: str) -> None:
    async with running_sink(extensions=extensions) as sink, running_delivery(sink, sink) as (delivery, outcomes):
        delivery.submit(parcel(octets=octets, smtputf8=True))
        outcome = await outcomes.get()
        assert outcome.state is State.FAILED
        assert answers(outcome)[0].startswith(status)
        assert not any(command.startswith("MAIL") for command in sink.commands)


async def test_hop_that_can_carry_the_mail_is_preferred() -> None:
    async with (
        running_sink(extensions=("PIPELINING",)) as first,
        running_sink() as second,
        running_delivery(first, second) as (delivery, outcomes),
    ):
        delivery.submit(parcel(octets=EIGHT_BIT))
        outcome = await outcomes.get()
        assert (outcome.state, len(outcome.attempts)) == (State.DELIVERED, 1)
        assert second.taken[0].octets == EIGHT_BIT


async def test_mail_waits_while_the_hop_that_can_carry_it_is_down() -> None:
    port = closed_port()
    async with running_sink(extensions=("PIPELINING",)) as first, running_delivery(port, first) as (delivery, outcomes):
        delivery.submit(parcel(octets=EIGHT_BIT))
        outcome = await outcomes.get()
        assert outcome.state is State.DEFERRED
        assert answers(outcome)[0].startswith("5.6.3 ")


# Time


async def test_wait_grows_from_attempt_to_attempt_until_the_mail_expires() -> None:
    now = NOW

    def clock() -> datetime:
        return now

    async with running_sink() as sink, running_delivery(sink, retry_first=15, clock=clock) as (delivery, outcomes):
        sink.always("MAIL", "451 4.7.1 later")
        waiting, waits = destination(0, expires_at=NOW + timedelta(minutes=5)), []
        while True:
            delivery.submit(parcel(waiting))
            outcome = await outcomes.get()
            if outcome.due_at is None:
                break
            waits.append((outcome.due_at - now).total_seconds())
            waiting, now = destination(0, attempts=outcome.attempts, expires_at=waiting.expires_at), outcome.due_at
        assert waits == [15, 30, 60, 120, 75]
        assert outcome.state is State.EXPIRED
        assert len(outcome.attempts) == 6


# Both event loops, with and without TLS


async def _everyday_work(tls: TlsMode, folder: Path) -> None:
    context, _ = server_tls(folder)
    server = None if tls is TlsMode.NONE else context
    async with (
        running_sink(tls=server, is_implicit_tls=tls is TlsMode.IMPLICIT) as sink,
        running_delivery(sink, tls=tls, connections=4) as (delivery, outcomes),
    ):
        for number in range(200):
            delivery.submit(parcel(destination(number), octets=b".%d\r\n" % number * 40))
        delivery.submit(parcel(destination(200), octets=b".big\r\n" * 500_000))
        taken = await outcomes.take(201)
        assert {outcome.state for outcome in taken} == {State.DELIVERED}
        got = {message.recipients[0]: message for message in sink.taken}
        assert all(got[f"r{number}@x.example"].octets == b".%d\r\n" % number * 40 for number in range(200))
        assert got["r200@x.example"].octets == b".big\r\n" * 500_000
        assert {message.is_over_tls for message in sink.taken} == {tls is not TlsMode.NONE}
        sink.on("DOT", HangUp())
        delivery.submit(parcel())
        assert (await outcomes.get()).state is State.DEFERRED


@pytest.mark.parametrize("tls", [TlsMode.NONE, TlsMode.OPPORTUNISTIC, TlsMode.REQUIRED, TlsMode.IMPLICIT])
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_everyday_work(
    run: Callable[[Coroutine[Any, Any, None]], None], tls: TlsMode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "sink.pem"))
    run(_everyday_work(tls, tmp_path))


# Postfix

needs_smtp_sink = pytest.mark.skipif(shutil.which("smtp-sink") is None, reason="smtp-sink is not installed")
needs_postfix = pytest.mark.skipif(not harness_postfix.is_installed(), reason="Postfix is not installed, or not root")


@contextmanager
def running_smtp_sink(*options: str) -> Iterator[int]:
    """Postfix's own sink; the port it listens on."""
    port = closed_port()
    process = subprocess.Popen(["smtp-sink", "-u", "nobody", *options, f"127.0.0.1:{port}", "1024"])
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                assert process.poll() is None
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.mark.postfix
@needs_smtp_sink
@pytest.mark.parametrize(
    ("options", "state"),
    [
        ((), State.DELIVERED),
        (("-p",), State.DELIVERED),  # offers no PIPELINING
        (("-e",), State.DELIVERED),  # knows no EHLO
        (("-f", "rcpt"), State.FAILED),
        (("-r", "rcpt"), State.DEFERRED),
        (("-r", "."), State.DEFERRED),
        (("-q", "data"), State.DEFERRED),
        (("-q", "."), State.DEFERRED),
        (("-Q", "mail"), State.DEFERRED),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
async def test_smtp_sink(options: tuple[str, ...], state: State) -> None:
    with running_smtp_sink(*options) as port:
        async with running_delivery(port) as (delivery, outcomes):
            for number in range(100):
                delivery.submit(parcel(destination(number)))
            taken = await outcomes.take(100)
            assert {(outcome.state, len(outcome.attempts)) for outcome in taken} == {(state, 1)}
            assert delivery.counts.uncertain == (100 if options == ("-q", ".") else 0)


@asynccontextmanager
async def through_postfix(**settings: str) -> AsyncIterator[tuple[Sink, harness_postfix.Postfix]]:
    """Postfix as the next hop, and the sink behind it."""
    async with running_sink() as sink:
        own = {"relayhost": f"[127.0.0.1]:{sink.port}", "smtpd_client_event_limit_exceptions": "", **settings}
        with harness_postfix.running_postfix(own) as postfix:
            yield sink, postfix


def letter(name: str) -> bytes:
    return f"Subject: {name}\r\nMessage-ID: <{name}@a.example>\r\nDate: x\r\nFrom: a@b\r\n\r\n.dot\r\n..\r\n".encode()


@pytest.mark.postfix
@needs_postfix
async def test_postfix_takes_mail_and_passes_it_on_unharmed() -> None:
    async with through_postfix() as (sink, postfix), running_delivery(postfix.port) as (delivery, outcomes):
        for number in range(100):
            delivery.submit(parcel(destination(number), octets=letter(str(number)), envid=f"id{number}", ret="HDRS"))
        taken = await outcomes.take(100)
        assert {outcome.state for outcome in taken} == {State.DELIVERED}
        assert all(answers(outcome)[0].startswith("250 2.0.0 Ok: queued as ") for outcome in taken)
        await sink.took(100)
        for message in sink.taken:
            name = message.recipients[0].partition("@")[0].removeprefix("r")
            assert message.octets.endswith(letter(name))
            assert f"ENVID=id{name}" in message.parameters


@pytest.mark.postfix
@needs_postfix
async def test_postfix_refuses_a_recipient_and_limits_their_number() -> None:
    restriction = "check_recipient_access inline:{{r1@x.example=550 5.1.1 unknown} {r2@x.example=450 4.2.1 busy}}"
    async with (
        through_postfix(smtpd_recipient_limit="4", smtpd_recipient_restrictions=restriction) as (sink, postfix),
        running_delivery(postfix.port) as (delivery, outcomes),
    ):
        delivery.submit(parcel(*(destination(n) for n in range(12))))
        taken = await outcomes.take(12)
        states = Counter(outcome.state for outcome in taken)
        assert states == {State.DELIVERED: 10, State.FAILED: 1, State.DEFERRED: 1}
        assert answers(taken[1])[0].startswith("550 5.1.1 <r1@x.example>")
        await sink.took(3)
        reached = Counter(path for message in sink.taken for path in message.recipients)
        assert reached == {f"r{number}@x.example": 1 for number in range(12) if number not in {1, 2}}


@pytest.mark.postfix
@needs_postfix
async def test_postfix_that_closes_idle_connections_costs_no_attempt() -> None:
    async with through_postfix(smtpd_timeout="1s") as (_, postfix), running_delivery(postfix.port) as (delivery, outcomes):
        delivery.submit(parcel())
        await outcomes.get()
        await until(lambda: not delivery._hops[0]._open)  # Postfix has said 421 and closed
        delivery.submit(parcel())
        outcome = await outcomes.get()
        assert (outcome.state, len(outcome.attempts)) == (State.DELIVERED, 1)


@pytest.mark.postfix
@needs_postfix
async def test_postfix_that_limits_connections_gets_its_mail_over_fewer() -> None:
    async with (
        through_postfix(smtpd_client_connection_count_limit="2") as (sink, postfix),
        running_delivery(postfix.port) as (delivery, outcomes),
    ):
        for number in range(200):
            delivery.submit(parcel(destination(number)))
        taken = await outcomes.take(200)
        assert {(outcome.state, len(outcome.attempts)) for outcome in taken} == {(State.DELIVERED, 1)}
        await sink.took(200)
