"""Working out persons anew: what has changed about some records reaches all whom it concerns, and nobody else."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import pytest
from sqlalchemy import Connection

from mailguard.identity.clerical import Answer
from mailguard.identity.model import probability_of
from mailguard.identity.record import Record
from mailguard.identity.standard import Standard
from mailguard.store.database import Database
from mailguard.store.links import Kept, Origin, Pair, put_links
from mailguard.store.partition import Regrouped, regroup, split_off
from mailguard.store.records import forget, upsert
from mailguard.store.verdicts import put_verdict, undo_verdict, verdicts_of
from tests.builders import NOW
from tests.records import all_persons, drop_links

LINK = 7.0
CLERK = "ada"


def arrive(connection: Connection, count: int) -> list[int]:
    """New records, all of them blank."""
    rows = [(Record(source="crm", source_key=str(n)), Standard()) for n in range(count)]
    return list(upsert(connection, rows, now=NOW).new)


def keep(connection: Connection, *scored: tuple[int, int, float]) -> None:
    put_links(connection, [Kept(a, b, probability_of(w), w, (), Origin.BATCH, NOW) for a, b, w in scored])


def say(connection: Connection, pair: Pair, answer: Answer) -> None:
    put_verdict(connection, pair, answer, actor=CLERK, now=NOW)


def again(connection: Connection, records: Iterable[int]) -> Regrouped:
    return regroup(connection, records, threshold_bits=LINK)


def persons(connection: Connection) -> dict[int, int]:
    return all_persons(connection)


def test_a_link_joins_the_younger_record_to_the_older_person(database: Database) -> None:
    with database.write() as connection:
        a, b, c = arrive(connection, 3)
        keep(connection, (a, c, 9.0))
        assert again(connection, [c]) == Regrouped({c: (c, a)}, (), ())
        assert persons(connection) == {a: a, b: b, c: a}


@pytest.mark.parametrize(("weight", "is_link"), [(6.9, False), (7.0, True), (7.1, True)])
def test_a_kept_pair_is_a_link_from_the_threshold_on(database: Database, weight: float, *, is_link: bool) -> None:
    with database.write() as connection:
        a, b = arrive(connection, 2)
        keep(connection, (a, b, weight))
        assert bool(again(connection, [b]).changed) is is_link


def test_what_has_not_changed_is_not_told(database: Database) -> None:
    with database.write() as connection:
        a, b = arrive(connection, 2)
        keep(connection, (a, b, 9.0))
        again(connection, [a])
        assert again(connection, [a, b]) == Regrouped({}, (), ())


def test_records_that_are_not_there_are_nobody(database: Database) -> None:
    with database.write() as connection:
        assert again(connection, [77]) == Regrouped({}, (), ())
        assert again(connection, []) == Regrouped({}, (), ())


def test_an_older_record_takes_the_whole_person_over_and_gives_it_back(database: Database) -> None:
    with database.write() as connection:
        a, b, c = arrive(connection, 3)
        keep(connection, (b, c, 9.0))
        again(connection, [c])
        keep(connection, (a, c, 9.0))
        assert again(connection, [a, c]).changed == {b: (b, a), c: (b, a)}
        drop_links(connection, [(a, c)])
        assert again(connection, [a, c]).changed == {b: (a, b), c: (a, b)}


def test_who_held_a_person_together_leaves_it_in_pieces(database: Database) -> None:
    with database.write() as connection:
        a, b, c = arrive(connection, 3)
        keep(connection, (a, b, 9.0), (b, c, 9.0))
        again(connection, [b])
        assert persons(connection) == {a: a, b: a, c: a}
        drop_links(connection, [(a, b), (b, c)])
        again(connection, [b])
        assert persons(connection) == {a: a, b: b, c: c}


def test_records_that_a_departed_one_kept_from_each_other_come_together(database: Database) -> None:
    """`d` is linked with `c`, but that does not outweigh the others that `c` is one person with."""
    with database.write() as connection:
        *solid, c, d = arrive(connection, 8)
        within = list(combinations([*solid, c], 2))
        keep(connection, *((a, b, 12.0) for a, b in within), (c, d, 8.0))
        assert again(connection, [c, d]).bridges == ((c, d),)
        drop_links(connection, [pair for pair in within if c in pair])
        again(connection, [c])
        assert persons(connection) == dict.fromkeys(solid, solid[0]) | {c: c, d: c}


def test_same_joins_and_taking_it_back_parts(database: Database) -> None:
    with database.write() as connection:
        a, b = arrive(connection, 2)
        say(connection, (b, a), Answer.SAME)
        assert again(connection, [a, b]).changed == {b: (b, a)}
        undo_verdict(connection, (a, b), actor=CLERK, now=NOW)
        assert again(connection, [a, b]).changed == {b: (a, b)}


def test_different_parts_and_taking_it_back_joins(database: Database) -> None:
    with database.write() as connection:
        a, b = arrive(connection, 2)
        keep(connection, (a, b, 40.0))
        again(connection, [b])
        say(connection, (a, b), Answer.DIFFERENT)
        assert again(connection, [a, b]).changed == {b: (a, b)}
        undo_verdict(connection, (a, b), actor=CLERK, now=NOW)
        assert again(connection, [a, b]).changed == {b: (b, a)}


def test_the_newest_verdict_counts_and_unsure_is_no_verdict(database: Database) -> None:
    with database.write() as connection:
        a, b = arrive(connection, 2)
        for answer, person in ((Answer.SAME, a), (Answer.UNSURE, b), (Answer.SAME, a), (Answer.DIFFERENT, b)):
            say(connection, (a, b), answer)
            again(connection, [a])
            assert persons(connection)[b] == person


def test_verdicts_that_contradict_each_other_are_told(database: Database) -> None:
    with database.write() as connection:
        a, b, c = arrive(connection, 3)
        say(connection, (a, b), Answer.SAME)
        say(connection, (b, c), Answer.SAME)
        say(connection, (a, c), Answer.DIFFERENT)
        found = again(connection, [c])
        assert found.conflicts == ((b, c),)
        assert persons(connection) == {a: a, b: a, c: c}


def test_of_a_forgotten_record_the_others_remain(database: Database) -> None:
    with database.write() as connection:
        a, b, c = arrive(connection, 3)
        keep(connection, (a, b, 9.0), (b, c, 9.0), (a, c, 9.0))
        again(connection, [a])
        forget(connection, [a], now=NOW, actor=CLERK)
        again(connection, [a])
        assert persons(connection) == {b: b, c: b}


def test_a_record_that_is_split_off_is_alone_and_comes_back(database: Database) -> None:
    with database.write() as connection:
        a, b, c, d = arrive(connection, 4)
        keep(connection, (a, b, 9.0), (a, c, 9.0), (b, c, 3.0))
        say(connection, (b, d), Answer.SAME)
        again(connection, [a, b, c, d])
        before = persons(connection)
        pairs = split_off(connection, b, actor=CLERK, now=NOW, reason="a namesake")
        assert pairs == ((a, b), (b, c), (b, d))
        again(connection, [record for pair in pairs for record in pair])
        assert persons(connection) == {a: a, b: b, c: a, d: d}
        for pair in pairs:
            undo_verdict(connection, pair, actor=CLERK, now=NOW)
        again(connection, [record for pair in pairs for record in pair])
        assert persons(connection) == before


def test_what_the_machine_thought_is_noted_with_a_split(database: Database) -> None:
    with database.write() as connection:
        a, b, c = arrive(connection, 3)
        keep(connection, (a, b, 9.0))
        say(connection, (b, c), Answer.SAME)
        again(connection, [a, b, c])
        split_off(connection, b, actor=CLERK, now=NOW)
        thought = {verdict.pair: verdict.probability for verdict in verdicts_of(connection, [b])}
        assert thought == {(a, b): probability_of(9.0), (b, c): None}


def test_a_record_that_is_alone_is_not_split_off(database: Database) -> None:
    with database.write() as connection:
        a, b = arrive(connection, 2)
        keep(connection, (a, b, 3.0))
        assert split_off(connection, a, actor=CLERK, now=NOW) == ()
        assert split_off(connection, 77, actor=CLERK, now=NOW) == ()
        assert verdicts_of(connection, [a, b]) == []
