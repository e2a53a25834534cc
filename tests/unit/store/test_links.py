from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from mailguard.store.database import Database
from mailguard.store.links import (
    Kept,
    Origin,
    all_links,
    drop_links_of,
    exact_links,
    links_of,
    put_links,
    replace_links,
)
from tests.builders import NOW
from tests.records import scored

WHOLE = Kept(3, 8, 0.75, 1.585, (-1, 0, 4, 2), Origin.ONLINE, NOW + timedelta(microseconds=7))


def test_a_link_comes_back_whole(database: Database) -> None:
    with database.write() as connection:
        put_links(connection, [WHOLE])
    with database.read() as connection:
        assert links_of(connection, [8]) == [WHOLE]
        assert list(all_links(connection)) == [WHOLE]
    assert WHOLE.pair == (3, 8)


def test_what_is_scored_again_is_replaced(database: Database) -> None:
    with database.write() as connection:
        put_links(connection, [scored(3, 8), scored(1, 2)])
        put_links(connection, [WHOLE])
        assert links_of(connection, [3]) == [WHOLE]
        assert [one.pair for one in all_links(connection)] == [(1, 2), (3, 8)]


def test_links_of_records_are_each_found_once_from_both_ends(database: Database) -> None:
    with database.write() as connection:
        put_links(connection, [scored(1, 2), scored(2, 3), scored(3, 4), scored(5, 6)])
        assert [one.pair for one in links_of(connection, [2, 3, 2])] == [(1, 2), (2, 3), (3, 4)]
        assert links_of(connection, []) == []


def test_links_are_dropped_with_their_record(database: Database) -> None:
    with database.write() as connection:
        put_links(connection, [scored(1, 2), scored(2, 3), scored(3, 4), scored(5, 6)])
        drop_links_of(connection, [3])
        drop_links_of(connection, [])
        assert [one.pair for one in all_links(connection)] == [(1, 2), (5, 6)]


def test_links_that_rest_on_no_weight_are_told_apart(database: Database) -> None:
    exact = replace(WHOLE, origin=Origin.EXACT)
    with database.write() as connection:
        put_links(connection, [scored(1, 2), exact])
        assert exact_links(connection) == [exact]


def test_all_links_are_replaced_at_once(database: Database) -> None:
    with database.write() as connection:
        put_links(connection, [scored(1, 2), scored(2, 3)])
        replace_links(connection, (scored(a, a + 1) for a in range(2, 30_000)))
        assert [one.pair for one in all_links(connection)] == [(a, a + 1) for a in range(2, 30_000)]
        replace_links(connection, [])
        assert list(all_links(connection)) == []
