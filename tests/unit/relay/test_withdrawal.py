"""mailguard.relay.withdrawal: a worker's memory follows the recalls; with next hops, see tests/acceptance/test_recall.py."""

from __future__ import annotations

import asyncio

import structlog

from mailguard.store import recalls
from mailguard.store.recalls import Order, Target
from tests.builders import NOW
from tests.harness import FrozenClock, Relay, running_relay
from tests.harness_sink import Until

MAIL = b"From: shop@sender.example\r\nSubject: hello\r\nMessage-ID: <%d@shop.example>\r\n\r\nhello %d\r\n"
ONE_AT_A_TIME = {"delivery": {"connections": 1}}


async def queued_behind_another(relay: Relay, gate: asyncio.Event) -> str:
    """The id of a mail that waits in memory while another one is under way."""
    relay.sink.sink.on("DOT", Until(gate))
    answers = [await relay.send(MAIL % (n, n), "shop@sender.example", [f"p{n}@people.example"]) for n in range(2)]
    await relay.sink.sink.heard("DATA")
    return answers[1].text.split()[1]


def stop(relay: Relay, id: str) -> None:
    with relay.worker.database.write() as connection:
        recalls.begin(connection, Target(names=(id,)), Order(NOW, "bob", ""))


async def cancelled(relay: Relay, id: str) -> None:
    """Return once the mail is cancelled."""
    while relay.why(id)["recipients"][0]["state"] != "cancelled":  # noqa: ASYNC110 - nobody announces it
        await asyncio.sleep(0.01)


async def test_next_batch_sees_a_recall_without_waiting_for_a_tick() -> None:
    gate = asyncio.Event()
    async with running_relay(clock=FrozenClock(NOW), sections=ONE_AT_A_TIME) as relay:
        id = await queued_behind_another(relay, gate)
        await relay.worker.chores._turn.acquire()  # no tick
        stop(relay, id)
        await relay.send(MAIL % (3, 3), "shop@sender.example", ["p3@people.example"])
        await cancelled(relay, id)
        relay.worker.chores._turn.release()
        gate.set()


async def test_withdrawal_is_tried_again_after_the_ledger_was_away() -> None:
    gate = asyncio.Event()
    async with running_relay(clock=FrozenClock(NOW), sections=ONE_AT_A_TIME) as relay:
        id = await queued_behind_another(relay, gate)
        with relay.worker.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE recalled RENAME TO away")
            connection.exec_driver_sql(
                "INSERT INTO recall (id, at, actor, reason, target, cancelled) VALUES ('01M', 0, '', '', '', 0)"
            )
        with structlog.testing.capture_logs() as lines:
            while not any(line["event"] in {"withdrawal_failed", "chore_failed"} for line in lines):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        with relay.worker.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO recalled")
        stop(relay, id)
        await cancelled(relay, id)
        gate.set()
