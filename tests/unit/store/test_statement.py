from __future__ import annotations

import pytest

from mailguard.store.database import Database
from mailguard.store.statement import MOST_KEYS, Load, Lookup, Statement, insert, scan

PUT = insert("notice", ("cause", "at"))
ALL = Statement("SELECT cause, at FROM notice WHERE at >= ? ORDER BY at, cause")
BY_NAME = Lookup({"cause": "text"}, "SELECT n.cause, n.at FROM k CROSS JOIN notice n WHERE n.cause = k.cause AND n.at >= ?")


def test_rows_are_inserted_and_counted(database: Database) -> None:
    with database.write() as connection:
        assert PUT.run(connection, [("a", 1), ("b", 2)]) == 2
        assert PUT.run(connection, []) == 0
        assert ALL.fetch(connection, 2) == [("b", 2)]


def test_conflict_is_what_the_insert_says(database: Database) -> None:
    latest = insert("notice", ("cause", "at"), conflict="ON CONFLICT (cause) DO UPDATE SET at = excluded.at")
    with database.write() as connection:
        latest.run(connection, [("a", 1), ("a", 5)])
        assert ALL.fetch(connection, 0) == [("a", 5)]


@pytest.mark.parametrize("keys", [0, 1, 2, 3, 4, 5, MOST_KEYS - 1, MOST_KEYS, MOST_KEYS + 1, 2 * MOST_KEYS + 1])
def test_look_up_finds_every_key_once(database: Database, keys: int) -> None:
    rows = [(f"cause {n}", n) for n in range(keys + 3)]
    with database.write() as connection:
        PUT.run(connection, rows)
        found = BY_NAME.fetch(connection, [(name,) for name, _ in rows[:keys]], 1)
    assert sorted(found) == sorted(row for row in rows[:keys] if row[1] >= 1)


def test_look_up_takes_keys_of_several_columns(database: Database) -> None:
    both = Lookup(
        {"cause": "text", "at": "bigint"},
        "SELECT n.cause FROM k CROSS JOIN notice n WHERE n.cause = k.cause AND n.at = k.at",
    )
    with database.write() as connection:
        PUT.run(connection, [("a", 1), ("b", 2)])
        assert both.fetch(connection, {("a", 1), ("b", 1), ("c", 2)}) == [("a",)]


def test_rows_are_loaded_as_they_come(database: Database) -> None:
    load = Load("content", ("message", "octets"))
    rows = [(f"{n:05}", bytes([n % 256, 0, 9, 92])) for n in range(3_000)]
    with database.write() as connection:
        load.run(connection, (row for row in rows))
        load.run(connection, [])
        assert Statement("SELECT message, octets FROM content ORDER BY message").fetch(connection) == rows


def test_all_rows_are_read_piece_by_piece_while_others_are_asked_for(database: Database) -> None:
    with database.write() as connection:
        PUT.run(connection, [(f"{n}", n) for n in range(7)])
    with database.read() as connection:
        pieces = scan(connection, "SELECT at FROM notice ORDER BY at", rows=3)
        assert next(pieces) == [(0,), (1,), (2,)]
        assert ALL.fetch(connection, 6) == [("6", 6)]
        assert list(scan(connection, "SELECT at FROM notice WHERE at < 0", rows=3)) == []
        assert list(pieces) == [[(3,), (4,), (5,)], [(6,)]]
