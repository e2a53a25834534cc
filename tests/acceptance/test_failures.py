"""When something fails: the next hop, the ledger, the configuration, a worker. Nothing is lost, and it goes on by itself."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.harness import FrozenClock, running_relay
from tests.harness_client import calling, ends_of, id_in, letter, wire
from tests.harness_kernel import holder_of
from tests.harness_postfix import free_port
from tests.harness_serve import PATIENCE, Server, broken_ledger, serving, write_config
from tests.harness_sink import HangUp, Sink, Until, running_sink

START = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
ANN = "ann@people.example"


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What a relay in this process logs; nothing of it is printed, for a traceback with all its values takes seconds."""
    with capture_logs() as events:
        yield events


async def send(port: int, text: str, *recipients: str, message_id: str = "1@sender.example") -> str:
    """Send a letter that says `text`; the answer."""
    async with calling(port) as peer:
        return await peer.mail(
            wire(letter(text, message_id=message_id)), *(f"<{recipient}>" for recipient in recipients or (ANN,))
        )


# The next hop


async def test_mail_waits_for_a_next_hop_that_is_down_and_leaves_when_it_is_up(tmp_path: Path) -> None:
    sink = Sink()
    port = free_port()
    async with serving(tmp_path, port) as server:
        await server.log.wait_for("next_hop_unavailable")
        assert (await send(server.port, "Wait for it.")).endswith(" accepted")
        await sink.start(port)
        try:
            [message] = await sink.took()
            await server.log.wait_for("next_hop_up")
            await server.nothing_under_way()
        finally:
            await sink.stop()
    assert message.octets.endswith(letter("Wait for it.", message_id="1@sender.example"))


async def test_a_second_next_hop_takes_what_the_first_cannot(tmp_path: Path) -> None:
    async with running_sink() as sink, serving(tmp_path, free_port(), sink.port) as server:
        id = id_in(await send(server.port, "To whoever is there."))
        await sink.took()
        await server.nothing_under_way()
        assert {attempt["next_hop"] for one in (await server.why(id))["recipients"] for attempt in one["attempts"]} >= {
            f"127.0.0.1:{sink.port}"
        }


async def test_a_temporary_answer_is_tried_again_when_its_time_has_come() -> None:
    clock = FrozenClock(START)
    async with running_relay(clock=clock) as relay:
        relay.sink.sink.on("DOT", "451 4.3.2 not now", "452 4.3.1 full")
        id = id_in(await send(relay.worker.port, "Again, please."))
        await relay.settled()
        [recipient] = relay.why(id)["recipients"]
        assert (recipient["state"], [one["answer"] for one in recipient["attempts"]]) == ("deferred", ["451 4.3.2 not now"])
        clock.move_to(START + timedelta(seconds=10))  # not yet: the first wait is 15 s, less a quarter by chance
        await relay.settled()
        assert len(relay.why(id)["recipients"][0]["attempts"]) == 1
        clock.move_to(START + timedelta(seconds=20))
        await relay.settled()
        clock.move_to(START + timedelta(minutes=1))
        await relay.settled()
        [recipient] = relay.why(id)["recipients"]
        assert recipient["state"] == "delivered"
        assert [one["answer"][:3] for one in recipient["attempts"]] == ["451", "452", "250"]
        assert len(relay.sink.messages) == 1


async def test_recipients_that_the_next_hop_refuses_for_now_or_for_good_are_told_apart() -> None:
    clock = FrozenClock(START)
    async with running_relay(clock=clock) as relay:
        sink = relay.sink.sink
        sink.on("RCPT", "450 4.2.1 busy", path="later@")
        sink.on("RCPT", "550 5.1.1 nobody", path="never@")
        id = id_in(await send(relay.worker.port, "To three.", "now@x.example", "later@x.example", "never@x.example"))
        await sink.took(1)
        await relay.settled()
        states = {one["mailbox"]: one["state"] for one in relay.why(id)["recipients"]}
        assert states == {"now@x.example": "delivered", "later@x.example": "deferred", "never@x.example": "failed"}
        clock.move_to(START + timedelta(seconds=20))
        await relay.settled()
        assert sorted((one.reverse_path, one.recipients) for one in sink.taken) == [
            ("", ("a@x.test",)),  # the DSN
            ("a@x.test", ("later@x.example",)),
            ("a@x.test", ("now@x.example",)),
        ]


async def test_mail_that_could_not_be_handed_on_in_time_expires_with_a_dsn() -> None:
    clock = FrozenClock(START)
    async with running_relay(clock=clock) as relay:
        sink = relay.sink.sink
        sink.always("RCPT", "450 4.2.1 mailbox busy", path=ANN)
        id = id_in(await send(relay.worker.port, "In vain."))
        for hours in (1, 24, 96):
            await relay.settled()
            assert relay.why(id)["recipients"][0]["state"] == "deferred"
            clock.move_to(START + timedelta(hours=hours))
        await relay.settled()
        clock.move_to(START + timedelta(days=5))
        await relay.settled()
        assert relay.why(id)["recipients"][0]["state"] == "expired"
        await relay.settled()
        [dsn] = sink.taken
        assert (dsn.reverse_path, dsn.recipients) == ("", ("a@x.test",))
        report = message_from_bytes(dsn.octets).as_string()
        assert "Status: 5.4.7" in report
        assert "450 4.2.1 mailbox busy" in report
        # What is over is over.
        clock.move_to(START + timedelta(days=6))
        await relay.settled()
        assert len(sink.taken) == 1


async def test_a_next_hop_that_goes_away_after_the_dot_gets_the_mail_again() -> None:
    clock = FrozenClock(START)
    async with running_relay(clock=clock) as relay:
        relay.sink.sink.on("DOT", HangUp())
        id = id_in(await send(relay.worker.port, "Perhaps twice."))
        await relay.settled()
        assert relay.why(id)["recipients"][0]["state"] == "deferred"
        clock.move_to(START + timedelta(seconds=20))
        await relay.settled()
        assert relay.why(id)["recipients"][0]["state"] == "delivered"
        assert len(relay.sink.messages) == 1


# The ledger


async def test_with_fail_closed_nothing_is_taken_while_nothing_can_be_written_down(
    logged: list[MutableMapping[str, Any]],
) -> None:
    async with running_relay(clock=FrozenClock(START)) as relay:
        file = relay.worker.database.file
        assert file is not None
        with broken_ledger(file):
            assert await send(relay.worker.port, "Stay there.") == "451 4.3.0 temporarily unable, try again"
            assert await send(relay.worker.port, "Stay there.") == "451 4.3.0 temporarily unable, try again"
        assert (await send(relay.worker.port, "Stay there.")).endswith(" accepted")
        await relay.settled()
        assert len(relay.sink.messages) == 1
        assert {event["event"] for event in logged if event["log_level"] == "error"} == {"batch_failed", "smtp.failed"}


async def test_with_fail_open_mail_is_handed_on_undecided_and_answered_as_the_next_hop_answers() -> None:
    async with running_relay(clock=FrozenClock(START), relay={"fail": "open"}) as relay:
        sink = relay.sink.sink
        file = relay.worker.database.file
        assert file is not None
        with broken_ledger(file):
            answer = await send(relay.worker.port, "Rather undecided than late.")
            assert answer == f"250 2.0.0 {id_in(answer)} handed on undecided"
            [message] = await sink.took()
            assert message.octets.endswith(letter("Rather undecided than late.", message_id="1@sender.example"))
            sink.on("DOT", "452 4.3.1 full")
            answer = await send(relay.worker.port, "Not even there.", message_id="2@sender.example")
            assert answer == "451 4.3.0 temporarily unable, try again"
        assert (await send(relay.worker.port, "As usual.", message_id="3@sender.example")).endswith(" accepted")
        await relay.settled()
        assert len(sink.taken) == 2


async def test_a_delivery_that_could_not_be_written_down_is_written_down_later() -> None:
    async with running_relay(clock=FrozenClock(START)) as relay:
        sink = relay.sink.sink
        is_broken = asyncio.Event()
        sink.on("DOT", Until(is_broken))
        id = id_in(await send(relay.worker.port, "Delivered, but not yet known to be."))
        await sink.heard("DATA")
        file = relay.worker.database.file
        assert file is not None
        with broken_ledger(file, "BEFORE UPDATE ON recipient"):
            is_broken.set()
            await sink.took()
            await relay.settled()
            assert relay.why(id)["recipients"][0]["state"] == "queued"
        await relay.settled()
        assert relay.why(id)["recipients"][0]["state"] == "delivered"
        assert len(sink.taken) == 1


# The configuration


async def test_sighup_rereads_the_policy_and_keeps_the_old_one_when_the_file_is_broken(tmp_path: Path) -> None:
    visible = ", ".join(f"v{number}@people.example" for number in range(5))

    async def verdict(port: int, number: int) -> str:
        content = letter(f"Number {number}.", message_id=f"{number}@sender.example", to=visible)
        async with calling(port) as peer:
            return (await peer.mail(wire(content), f"<{ANN}>")).partition(" ")[2].partition(" ")[2].partition(" ")[2]

    async with running_sink() as sink, serving(tmp_path, sink.port, workers=2) as server:
        assert await verdict(server.port, 1) == "accepted"
        write_config(server, sink.port, policy={"max_visible_recipients": 4})
        server.signal(signal.SIGHUP)
        await server.log.wait_for("policy_reread", 2)
        assert {await verdict(server.port, number) for number in range(2, 10)} == {
            "held: mass_cc, 5 visible recipients, limit 4"
        }
        write_config(server, sink.port, policy={"max_visible_recipients": "many"})
        server.signal(signal.SIGHUP)
        for said in await server.log.wait_for("policy_kept", 2):
            assert "max_visible_recipients" in said["reason"]
            assert "line" in said["reason"]
        assert {await verdict(server.port, number) for number in range(10, 18)} == {
            "held: mass_cc, 5 visible recipients, limit 4"
        }


# Workers


async def test_sigterm_lets_a_mail_under_way_finish_and_takes_no_other(tmp_path: Path) -> None:
    async with running_sink() as sink, serving(tmp_path, sink.port) as server, calling(server.port) as peer:
        await peer.begin(f"<{ANN}>")
        content = wire(letter("The last one.", message_id="1@sender.example"))
        await peer.send(content[:40])
        async with calling(server.port) as idle:
            server.signal(signal.SIGTERM)
            assert await idle.answer() == "421 4.3.2 shutting down, try again"
        await peer.send(content[40:])
        assert (await peer.answer()).endswith(" accepted")
        assert await peer.answer() == "421 4.3.2 shutting down, try again"
        assert await peer.is_hung_up_on()
        assert await server.ended() == 0
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", server.port)
        # Taken and not yet delivered is in the ledger, for the next start.
        async with serving(tmp_path, sink.port) as again:
            await again.nothing_under_way()
        assert [message.octets.endswith(letter("The last one.", message_id="1@sender.example")) for message in sink.taken] == [
            True
        ]


async def test_sigterm_waits_for_a_delivery_under_way(tmp_path: Path) -> None:
    goes_on = asyncio.Event()
    async with running_sink() as sink, serving(tmp_path, sink.port) as server:
        sink.on("DOT", Until(goes_on))
        id = id_in(await send(server.port, "On its way."))
        await sink.heard("DATA")
        async with calling(server.port) as idle:
            server.signal(signal.SIGTERM)
            assert (await idle.answer()).startswith("421 4.3.2 ")
        goes_on.set()
        assert await server.ended() == 0
        assert len(sink.taken) == 1
        assert (await server.why(id))["recipients"][0]["state"] == "delivered"


async def test_what_a_killed_worker_had_is_delivered_by_the_other(tmp_path: Path) -> None:
    delivery = {"lease": "3s"}
    async with running_sink() as sink, serving(tmp_path, sink.port, workers=2, delivery=delivery) as server:
        workers = server.workers()
        never = asyncio.Event()
        async with calling(server.port) as peer:
            victim = holder_of(ends_of(peer), workers)
            sink.on("DATA", *[Until(never)] * 3)
            ids = []
            for number in range(3):
                content = letter(f"Number {number}.", message_id=f"{number}@sender.example")
                ids.append(id_in(await peer.mail(wire(content), f"<{ANN}>")))
            await sink.heard("DATA", 3)
            os.kill(victim, signal.SIGKILL)
            assert await peer.is_hung_up_on()
        await sink.took(3)
        await server.nothing_under_way()
        assert sorted(message.octets[-6:-3] for message in sink.taken) == [b"r 0", b"r 1", b"r 2"]
        for id in ids:
            assert (await server.why(id))["recipients"][0]["state"] == "delivered"
        # There are two workers again, and the new one takes mail.
        await server.log.wait_for("child_died")
        async with asyncio.timeout(PATIENCE):
            while victim in server.workers() or len(server.workers()) < 2:  # noqa: ASYNC110 - a process tells nobody of its birth
                await asyncio.sleep(0.01)
            [new] = set(server.workers()) - set(workers)
            while await taker(server) != new:
                pass


async def test_workers_whose_supervisor_is_killed_finish_what_they_have_and_go(tmp_path: Path) -> None:
    content = letter("The last one.", message_id="1@sender.example")
    async with running_sink() as sink:
        server = Server(free_port(), tmp_path)
        write_config(server, sink.port)
        try:
            await server.start(workers=2)
            async with calling(server.port) as peer:
                await peer.begin(f"<{ANN}>")
                await peer.send(wire(content)[:40])
                os.kill(server.pid, signal.SIGKILL)
                await peer.send(wire(content)[40:])
                assert (await peer.answer()).endswith(" accepted")
                assert await peer.answer() == "421 4.3.2 shutting down, try again"
            await server.gone()
        finally:
            await server.kill()
        async with serving(tmp_path, sink.port) as again:
            await again.nothing_under_way()
        assert [message.octets.endswith(content) for message in sink.taken] == [True]


async def taker(server: Server) -> int:
    """Which worker takes the next connection."""
    async with calling(server.port) as peer:
        return holder_of(ends_of(peer), server.workers())
