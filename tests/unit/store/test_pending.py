"""mailguard.store.pending: which records wait to be scored, and as of when."""

from __future__ import annotations

from datetime import timedelta

from mailguard.store.database import Database
from mailguard.store.instant import to_micros
from mailguard.store.links import mark_linked
from mailguard.store.pending import count_pending, forgotten, mark_all_linked, pending, versions
from mailguard.store.records import forget, upsert
from tests.builders import NOW
from tests.records import arrive, customer

AT = to_micros(NOW)


def test_new_records_wait(database: Database) -> None:
    with database.write() as connection:
        arrive(connection, customer(1), customer(2))
        assert pending(connection) == {(1, AT), (2, AT)}
        mark_linked(connection, [1])
        assert pending(connection) == {(2, AT)}
        assert count_pending(connection) == 1


def test_a_record_that_changes_has_another_version(database: Database) -> None:
    later = NOW + timedelta(seconds=1)
    with database.write() as connection:
        arrive(connection, customer(1), customer(2))
        mark_all_linked(connection, but=[])
        before = versions(connection, [1, 2, 3])
        upsert(connection, [customer(2, "eve")], now=later)
        assert before - versions(connection, [1, 2, 3]) == {(2, AT)}
        assert pending(connection) == {(2, to_micros(later))}


def test_all_but_some_are_linked(database: Database) -> None:
    with database.write() as connection:
        arrive(connection, customer(1), customer(2), customer(3))
        mark_all_linked(connection, but=[2])
        assert pending(connection) == {(2, AT)}


def test_forgotten_records_have_no_version(database: Database) -> None:
    with database.write() as connection:
        arrive(connection, customer(1), customer(2))
        assert forgotten(connection) == frozenset()
        forget(connection, [1], now=NOW, actor="ada")
        assert forgotten(connection) == {1}
        assert versions(connection, [1, 2]) == {(2, AT)}
        assert pending(connection) == {(2, AT)}
