from __future__ import annotations

from mailguard.store.database import Database
from mailguard.store.persons import count_persons, members, person_of, replace_persons, sizes
from mailguard.store.records import forget
from tests.builders import NOW
from tests.records import all_persons, strangers


def test_a_persons_former_number_leads_to_who_has_it_now(database: Database) -> None:
    with database.write() as connection:
        strangers(connection, 5)
        assert replace_persons(connection, {1: 1, 3: 1, 4: 1, 5: 2}) == 3
        assert person_of(connection, [4, 5, 2, 9, 4]) == {2: 2, 4: 1, 5: 2}
        assert members(connection, [2, 1, 4]) == {1: [1, 3, 4], 2: [2, 5]}
        assert sizes(connection, [1, 2, 4]) == {1: 3, 2: 2}
        assert count_persons(connection) == 2
        assert all_persons(connection) == {1: 1, 2: 2, 3: 1, 4: 1, 5: 2}


def test_the_same_persons_again_are_no_change(database: Database) -> None:
    with database.write() as connection:
        strangers(connection, 3)
        assert replace_persons(connection, {2: 1}) == 1
        assert replace_persons(connection, {1: 1, 2: 1, 3: 3}) == 0
        assert replace_persons(connection, {}) == 0


def test_a_split_gives_the_former_persons_back(database: Database) -> None:
    with database.write() as connection:
        strangers(connection, 3)
        replace_persons(connection, dict.fromkeys((1, 2, 3), 1))
        replace_persons(connection, {2: 2, 3: 2})
        assert members(connection, [1, 2, 3]) == {1: [1], 2: [2, 3]}


def test_a_forgotten_record_is_nobody(database: Database) -> None:
    with database.write() as connection:
        strangers(connection, 2)
        forget(connection, [1], now=NOW, actor="ada")
        assert (person_of(connection, [1, 2]), members(connection, [1]), count_persons(connection)) == ({2: 2}, {}, 1)
        assert all_persons(connection) == {2: 2}
