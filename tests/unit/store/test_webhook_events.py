"""mailguard.store.webhook_events: what a webhook is owed, and whose turn it is to send it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

from mailguard.store.database import Database
from mailguard.store.webhook_events import Event, done, forget, is_due, put, put_off, take_due
from tests.builders import NOW

LEASE = timedelta(seconds=30)


def test_event_is_due_until_it_is_done(database: Database) -> None:
    with database.write() as connection:
        assert not is_due(connection, NOW)
        put(connection, [Event("hold.waiting", {"messages": 3})], now=NOW)
        assert is_due(connection, NOW)
        (event,) = take_due(connection, now=NOW, lease=LEASE, limit=9)
        assert json.loads(event.body) == {
            "type": "hold.waiting", "timestamp": "2026-11-16T09:00:00Z", "data": {"messages": 3},
        }  # fmt: skip
        assert (event.attempts, event.at) == (1, NOW)
        assert not is_due(connection, NOW)
        put_off(connection, event.id, answer="503", due_at=NOW + timedelta(seconds=10))
        assert is_due(connection, NOW + timedelta(seconds=10))
        (again,) = take_due(connection, now=NOW + timedelta(seconds=10), lease=LEASE, limit=9)
        assert (again.id, again.body, again.attempts) == (event.id, event.body, 2)
        done(connection, event.id, answer="204 No Content", now=NOW)
        put_off(connection, event.id, answer="late", due_at=NOW)
        assert not is_due(connection, NOW + timedelta(days=1))


def test_event_of_a_worker_that_died_is_due_again(database: Database) -> None:
    with database.write() as connection:
        put(connection, [Event("hold.waiting", {})], now=NOW)
        assert take_due(connection, now=NOW, lease=LEASE, limit=1)
        assert not is_due(connection, NOW + LEASE - timedelta(seconds=1))
        assert is_due(connection, NOW + LEASE)


def test_events_are_taken_oldest_first_and_a_few_at_a_time(database: Database) -> None:
    with database.write() as connection:
        for number in range(3):
            put(connection, [Event("hold.waiting", {"n": number})], now=NOW + timedelta(seconds=number))
        later = NOW + timedelta(minutes=1)
        taken = [
            [json.loads(event.body)["data"]["n"] for event in take_due(connection, now=later, lease=LEASE, limit=2)]
            for _ in range(3)
        ]
    assert taken == [[0, 1], [2], []]


def test_one_of_many_workers_gets_an_event(database: Database, url: str) -> None:
    with database.write() as connection:
        put(connection, [Event("hold.waiting", {})], now=NOW)

    def take(_number: int) -> int:
        with closing(Database.open(url)) as own, own.write() as connection:
            return len(take_due(connection, now=NOW, lease=LEASE, limit=9))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, range(8))) == 1


def test_old_events_go(database: Database) -> None:
    with database.write() as connection:
        put(connection, [Event("hold.waiting", {})], now=NOW)
        forget(connection, NOW)
        assert is_due(connection, NOW)
        forget(connection, NOW + timedelta(seconds=1))
        assert not is_due(connection, NOW)
