from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from mailguard.policy.facts import State
from mailguard.relay import delivery as delivery_module
from mailguard.relay.delivery import OFFERED_AT_FIRST, Backlog
from tests.harness_delivery import running_delivery, until
from tests.harness_sink import HangUp, Sink, Until, running_sink
from tests.unit.relay.parcels import NOW, OCTETS, destination, parcel


async def test_outcome_tells_when_where_and_how_the_hop_answered() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        delivery.submit(parcel(destination(3)))
        outcome = await outcomes.get()
        assert (outcome.message, outcome.n, outcome.state, outcome.due_at) == ("01JMESSAGE", 3, State.DELIVERED, None)
        (attempt,) = outcome.attempts
        assert (attempt.at, attempt.next_hop, attempt.answer) == (NOW, f"127.0.0.1:{sink.port}", "250 2.0.0 Ok: taken")
        assert not outcome.is_relayed
        assert delivery.counts.delivered == 1
        assert delivery.counts.octets == len(OCTETS)
        assert delivery.hop_counts()[f"127.0.0.1:{sink.port}"].transactions == 1


async def test_outcomes_of_one_transaction_are_one_list() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        delivery.submit(parcel(destination(0), destination(1), destination(2)))
        await outcomes.get()
        assert [len(report) for report in outcomes.reports] == [3]
        assert isinstance(outcomes.reports[0], list)


async def test_hop_that_is_told_of_recipients_gets_each_by_itself_and_everything_is_accounted_for() -> None:
    said = ("no", "yes; open=1; last=2026-11-19T08:12:00Z", "")
    to = [replace(destination(n), reply_aware=value) for n, value in enumerate(said)]
    async with running_sink() as sink, running_delivery(sink, reply_aware=True) as (delivery, outcomes):
        delivery.submit(parcel(*to))
        assert len(await outcomes.take(3)) == 3
        fields = [f"Mailguard-Reply-Aware: {value}\r\n".encode() if value else b"" for value in said]
        got = {one.recipients: one.octets for one in sink.taken}
        assert got == {(f"r{n}@x.example",): field + OCTETS for n, field in enumerate(fields)}
        assert delivery.backlog == Backlog(0, 0)


async def test_recipient_that_the_hop_does_not_know_is_told_from_the_others() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        sink.on("RCPT", "550 5.1.1 who?", "550 5.7.1 not you")
        delivery.submit(parcel(destination(0), destination(1), destination(2)))
        found = {one.n: one.is_unknown for one in await outcomes.take(3)}
        assert found == {0: True, 1: False, 2: False}


async def test_earlier_attempts_are_kept() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        sink.on("DOT", "451 4.7.1 greylisted")
        delivery.submit(parcel())
        first = await outcomes.get()
        delivery.submit(parcel(destination(0, attempts=first.attempts)))
        second = await outcomes.get()
        assert [attempt.answer[:3] for attempt in second.attempts] == ["451", "250"]


async def test_backlog_counts_what_waits_and_what_is_under_way() -> None:
    gate = asyncio.Event()
    async with running_sink() as sink, running_delivery(sink, connections=1) as (delivery, outcomes):
        assert delivery.backlog == Backlog(0, 0)
        sink.on("DOT", Until(gate))
        delivery.submit(parcel())
        delivery.submit(parcel())
        await sink.heard("DATA")
        assert delivery.backlog == Backlog(2, 2 * len(OCTETS))
        gate.set()
        await outcomes.get()
        await outcomes.get()
        assert delivery.backlog == Backlog(0, 0)


@pytest.mark.parametrize(("limit", "value"), [("MOST_PARCELS", 2), ("MOST_OCTETS", 2 * len(OCTETS))])
async def test_room_ends_at_the_limit_and_comes_back(monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    monkeypatch.setattr(delivery_module, limit, value)
    gate = asyncio.Event()
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        sink.on("DOT", Until(gate))
        delivery.submit(parcel())
        assert delivery.has_room
        delivery.submit(parcel())
        assert not delivery.has_room
        gate.set()
        await asyncio.wait_for(delivery.wait_for_room(), 20)
        await outcomes.get()


async def test_no_room_while_every_hop_is_down() -> None:
    sink = Sink()
    await sink.start()
    await sink.stop()
    async with running_delivery(sink) as (delivery, _):
        await until(lambda: not delivery.has_room)
        await sink.start()
        await asyncio.wait_for(delivery.wait_for_room(), 20)
    await sink.stop()


async def test_extensions_are_assumed_until_a_hop_was_heard() -> None:
    gate = asyncio.Event()
    async with running_sink(extensions=("8BITMIME",)) as sink:
        sink.on("EHLO", Until(gate))
        async with running_delivery(sink) as (delivery, outcomes):
            assert delivery.hop_extensions() == OFFERED_AT_FIRST
            gate.set()
            delivery.submit(parcel())
            await outcomes.get()
            assert delivery.hop_extensions() == {"8BITMIME"}


async def test_extensions_of_several_hops_are_put_together() -> None:
    async with (
        running_sink(extensions=("8BITMIME",)) as first,
        running_sink(extensions=("DSN",)) as second,
        running_delivery(first, second) as (delivery, _),
    ):
        await until(lambda: all(hop.offered for hop in delivery._hops))
        assert delivery.hop_extensions() == {"8BITMIME", "DSN"}


async def test_success_at_a_hop_without_dsn_is_told_as_relayed() -> None:
    async with running_sink(extensions=("PIPELINING",)) as sink, running_delivery(sink) as (delivery, outcomes):
        delivery.submit(parcel(destination(0, notify="FAILURE,success"), destination(1, notify="FAILURE"), destination(2)))
        assert [outcome.is_relayed for outcome in await outcomes.take(3)] == [True, False, False]


async def test_drain_finishes_what_is_under_way_and_gives_back_what_was_not_begun() -> None:
    gate = asyncio.Event()
    async with running_sink() as sink, running_delivery(sink, connections=1) as (delivery, outcomes):
        sink.on("DOT", Until(gate))
        delivery.submit(parcel(message="begun"))
        delivery.submit(parcel(message="waits"))
        await sink.heard("DATA")
        draining = asyncio.create_task(delivery.drain(timedelta(seconds=20)))
        await asyncio.sleep(0)
        delivery.submit(parcel(message="late"))
        assert not delivery.has_room
        gate.set()
        assert [left.message for left in await draining] == ["waits", "late"]
        assert (await outcomes.get()).message == "begun"
        assert delivery.backlog == Backlog(0, 0)
        await sink.heard("QUIT")


async def test_drain_without_work_ends_at_once() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, _):
        assert await delivery.drain(timedelta(seconds=20)) == []


async def test_drain_breaks_off_before_the_last_dot_as_if_not_begun() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        sink.on("DATA", Until(asyncio.Event()))
        sink.on("RCPT", "550 5.1.1 who?")
        delivery.submit(parcel(destination(0), destination(1)))
        await sink.heard("DATA")
        (left,) = await delivery.drain(timedelta(0))
        assert [kept.n for kept in left.destinations] == [1]
        assert left.destinations[0].attempts == ()
        assert (await outcomes.get()).state is State.FAILED


async def test_drain_breaks_off_after_the_last_dot_as_uncertain() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        sink.on("DOT", Until(asyncio.Event()))
        delivery.submit(parcel())
        await sink.heard("DATA")
        hop = delivery._hops[0]
        await until(lambda: any(at.phase == "the last dot" for at in (link._transaction for link in hop._busy) if at))
        assert await delivery.drain(timedelta(0)) == []
        outcome = await outcomes.get()
        assert outcome.state is State.DEFERRED
        assert "after the last dot" in outcome.attempts[0].answer
        assert delivery.counts.uncertain == 1


async def test_closing_ends_run() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        sink.on("DATA", HangUp())
        delivery.submit(parcel())
        await sink.heard("MAIL")
        delivery.close()
        delivery.close()
        assert outcomes.empty() or (await outcomes.get()).state is State.DEFERRED


async def test_what_is_not_begun_is_withdrawn_and_what_is_under_way_is_reported() -> None:
    gate = asyncio.Event()
    async with running_sink() as sink, running_delivery(sink, connections=1) as (delivery, outcomes):
        sink.on("DOT", Until(gate))
        for message in ("01A", "01B", "01C"):
            delivery.submit(parcel(message=message))
        await sink.heard("DATA")
        assert delivery.messages() == {"01A", "01B", "01C"}
        withdrawn = delivery.withdraw({"01A", "01B"})
        assert [one.message for one in withdrawn] == ["01B"]
        assert delivery.backlog == Backlog(2, 2 * len(OCTETS))
        gate.set()
        assert [(await outcomes.get()).message for _ in range(2)] == ["01A", "01C"]
        assert delivery.messages() == frozenset()


@pytest.mark.parametrize(("stage", "answer"), [("DATA", HangUp()), ("RCPT", "452 4.5.3 too many recipients")])
async def test_what_was_stopped_while_under_way_is_deferred_and_put_nowhere_again(stage: str, answer: str | HangUp) -> None:
    gate = asyncio.Event()
    async with running_sink() as sink, running_sink() as other, running_delivery(sink, other) as (delivery, outcomes):
        sink.on("MAIL", Until(gate))
        sink.on(stage, answer, path="r1@x.example" if stage == "RCPT" else "")
        delivery.submit(parcel(destination(0), destination(1)))
        await sink.heard("MAIL")
        assert delivery.withdraw({"01JMESSAGE"}) == []
        gate.set()
        found = await outcomes.take(2)
        assert found[1].state is State.DEFERRED
        assert other.taken == []
        assert delivery.backlog == Backlog(0, 0)
        delivery.submit(parcel(destination(1)))
        assert (await outcomes.get()).state is State.DELIVERED


async def test_answer_that_never_came_leaves_an_uncertain_attempt() -> None:
    async with running_sink() as sink, running_delivery(sink) as (delivery, outcomes):
        sink.on("DOT", HangUp(), "451 4.7.1 later")
        delivery.submit(parcel())
        assert (await outcomes.get()).attempts[0].is_uncertain
        delivery.submit(parcel())
        assert not (await outcomes.get()).attempts[0].is_uncertain
