from __future__ import annotations

from datetime import timedelta

from mailguard.identity.clerical import Answer
from mailguard.store.database import Database
from mailguard.store.links import (
    Kept,
    Origin,
    all_links,
    component,
    drop_links,
    drop_links_of,
    links_of,
    put_links,
    replace_links,
)
from mailguard.store.verdicts import put_verdict, undo_verdict
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


def test_links_are_dropped_by_pair_and_by_record(database: Database) -> None:
    with database.write() as connection:
        put_links(connection, [scored(1, 2), scored(2, 3), scored(3, 4), scored(5, 6)])
        drop_links(connection, [(5, 6), (7, 8)])
        drop_links_of(connection, [3])
        drop_links_of(connection, [])
        assert [one.pair for one in all_links(connection)] == [(1, 2)]


def test_all_links_are_replaced_at_once(database: Database) -> None:
    with database.write() as connection:
        put_links(connection, [scored(1, 2), scored(2, 3)])
        replace_links(connection, (scored(a, a + 1) for a in range(2, 30_000)))
        assert [one.pair for one in all_links(connection)] == [(a, a + 1) for a in range(2, 30_000)]
        replace_links(connection, [])
        assert list(all_links(connection)) == []


def test_a_component_is_all_that_hangs_together_however_far(database: Database) -> None:
    with database.write() as connection:
        put_links(connection, [scored(a, a + 1) for a in range(1, 50)])
        put_links(connection, [scored(100, 101)])
        assert component(connection, [25]) == frozenset(range(1, 51))
        assert component(connection, [50, 100]) == frozenset([*range(1, 51), 100, 101])
        assert component(connection, [999]) == frozenset([999])
        assert component(connection, []) == frozenset()


def test_a_verdict_same_holds_a_component_together_until_it_is_undone(database: Database) -> None:
    with database.write() as connection:
        put_links(connection, [scored(1, 2), scored(5, 6)])
        put_verdict(connection, (2, 5), Answer.SAME, actor="ada", now=NOW)
        put_verdict(connection, (2, 9), Answer.DIFFERENT, actor="ada", now=NOW)
        assert component(connection, [1]) == component(connection, [6]) == frozenset([1, 2, 5, 6])
        undo_verdict(connection, (2, 5), actor="ada", now=NOW)
        assert component(connection, [1]) == frozenset([1, 2])
