"""mailguard.relay.chores: what is due is fetched, what a dead worker had is taken over, a failure is tried again."""

from __future__ import annotations

from datetime import timedelta

from mailguard.store import queue
from tests.builders import NOW
from tests.harness import FrozenClock, Relay, running_relay
from tests.reply_mail import reply_mail

MAIL = b"Subject: hello\r\n\r\nhello\r\n"
ASKS = b"Subject: documents\r\nMessage-ID: <ask@sender.example>\r\nMailguard-Asks: income\r\n"


def give_to(relay: Relay, owner: str) -> None:
    with relay.worker.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE recipient SET owner = '{owner}', state = 'queued', due_at = 0")


async def test_what_a_dead_worker_had_is_taken_over() -> None:
    clock = FrozenClock(NOW)
    async with running_relay(clock=clock) as relay:
        await relay.send(MAIL, "shop@sender.example", ["ann@people.example"])
        await relay.settled()
        give_to(relay, "gone")
        clock.move_to(NOW + timedelta(seconds=10))
        await relay.settled()
        assert len(relay.sink.messages) == 2


async def test_what_a_dead_worker_had_is_held_where_a_reply_came_meanwhile() -> None:
    clock = FrozenClock(NOW)
    async with running_relay(clock=clock) as relay:
        answers = [
            await relay.send(ASKS + f"\r\n{n}\r\n".encode(), "shop@sender.example", [to])
            for n, to in enumerate(("ann@people.example", "bob@people.example"))
        ]
        await relay.settled()
        give_to(relay, "gone")
        relay.take_reply(reply_mail("Here they are.", {"From": "ann@people.example", "In-Reply-To": "<ask@sender.example>"}))
        clock.move_to(NOW + timedelta(seconds=10))
        await relay.settled()
        ann, bob = (relay.why(answer.text.split()[1])["recipients"][0] for answer in answers)
        assert (ann["state"], [one["code"] for one in ann["findings"]]) == ("held", ["open_reply"])
        assert bob["state"] == "delivered"
        assert [to for _, to, _ in relay.sink.messages] == [
            (one,) for one in ("ann@people.example", *2 * ["bob@people.example"])
        ]


async def test_what_another_worker_has_is_left_to_it() -> None:
    clock = FrozenClock(NOW)
    async with running_relay(clock=clock) as relay:
        await relay.send(MAIL, "shop@sender.example", ["ann@people.example"])
        await relay.settled()
        other = queue.Worker("other", "another host", 1, 1)
        with relay.worker.database.write() as connection:
            queue.heartbeat(connection, worker=other, lease_until=NOW + timedelta(minutes=1))
        give_to(relay, "other")
        clock.move_to(NOW + timedelta(seconds=10))
        await relay.settled()
        assert len(relay.sink.messages) == 1
        clock.move_to(NOW + timedelta(seconds=90))
        await relay.settled()
        assert len(relay.sink.messages) == 2


async def test_a_worker_that_stops_gives_up_what_it_owns() -> None:
    clock = FrozenClock(NOW)
    async with running_relay(clock=clock) as relay:
        await relay.send(MAIL, "shop@sender.example", ["ann@people.example"])
        await relay.settled()
        with relay.worker.database.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM worker").scalar_one() == 1
        await relay.worker.chores.resign()
        with relay.worker.database.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM worker").scalar_one() == 0
