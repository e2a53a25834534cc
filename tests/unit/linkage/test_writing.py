"""mailguard.linkage.writing: what a batch has computed is written, and what came meanwhile is respected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection

from mailguard.identity.clerical import Answer
from mailguard.linkage.batch import link_frame
from mailguard.linkage.outcome import Outcome, outcome_of
from mailguard.linkage.table import Table, read_table
from mailguard.linkage.writing import Written, write_outcome
from mailguard.store.database import Database
from mailguard.store.links import Origin, all_links, put_links
from mailguard.store.pending import pending
from mailguard.store.questions import claim
from mailguard.store.records import forget, upsert
from mailguard.store.verdicts import put_verdict
from tests.builders import NOW
from tests.ledger import open_ledger
from tests.population import THRESHOLDS, arrive, kept, people, persons
from tests.records import scored

LATER = NOW + timedelta(minutes=1)
ROWS = people(300)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_ledger(f"sqlite:///{tmp_path}/people.db")
    arrive(opened, ROWS)
    yield opened
    opened.close()


def computed(database: Database) -> tuple[Table, Outcome]:
    with database.read() as connection:
        table = read_table(connection)
    return table, outcome_of(table, link_frame(table.frame, table.parameters), THRESHOLDS)


def write(database: Database, table: Table, outcome: Outcome) -> Written:
    return write_outcome(database, table, outcome, thresholds=THRESHOLDS, now=LATER)


def waiting(database: Database) -> list[int]:
    with database.read() as connection:
        return sorted(record for record, _ in pending(connection))


def pair_of(outcome: Outcome) -> tuple[int, int]:
    """A link between two records that nothing else joins."""
    sizes = dict(zip(*np.unique(outcome.persons, return_counts=True), strict=True))
    places = dict(zip(range(1, len(outcome.persons) + 1), outcome.persons.tolist(), strict=True))
    links = zip(outcome.a.tolist(), outcome.b.tolist(), outcome.bits.tolist(), strict=True)
    return next((a, b) for a, b, bits in links if bits > 7 and places[a] == places[b] and sizes[places[a]] == 2)


def test_everything_is_written(database: Database) -> None:
    table, outcome = computed(database)
    written = write(database, table, outcome)
    assert written.waiting == 0
    assert written.moved == sum(person != record for record, person in persons(database).items()) > 10
    assert kept(database) == dict(
        zip(zip(outcome.a.tolist(), outcome.b.tolist(), strict=True), outcome.bits.tolist(), strict=True)
    )
    assert list(persons(database).values()) == outcome.persons.tolist()
    assert waiting(database) == []
    with database.write() as connection:
        assert claim(connection, "ada@1", actor="ada", now=LATER)


def test_what_else_is_done_is_done_or_undone_with_it(database: Database) -> None:
    table, outcome = computed(database)

    def fails(connection: Connection) -> None:
        put_links(connection, [scored(1, 2, 12.0, *([0] * 9))])
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        write_outcome(database, table, outcome, thresholds=THRESHOLDS, now=LATER, also=fails)
    assert kept(database) == {}
    assert len(waiting(database)) == len(ROWS)


def test_what_was_kept_before_is_gone(database: Database) -> None:
    with database.write() as connection:
        put_links(connection, [scored(1, 2, 12.0, *([0] * 9))])
    table, outcome = computed(database)
    write(database, table, outcome)
    assert (1, 2) not in kept(database)


def changed(connection: Connection, record: int) -> None:
    upsert(connection, [(replace(ROWS[record - 1][0], phone="1"), replace(ROWS[record - 1][1], given="zzyzx"))], now=LATER)


def erased(connection: Connection, record: int) -> None:
    forget(connection, [record], now=LATER, actor="ada")


@pytest.mark.parametrize(("meanwhile", "left"), [(changed, True), (erased, False)])
def test_a_record_that_is_another_meanwhile_keeps_nothing(
    database: Database, meanwhile: Callable[[Connection, int], None], *, left: bool
) -> None:
    table, outcome = computed(database)
    a, b = pair_of(outcome)
    with database.write() as connection:
        meanwhile(connection, a)
    assert write(database, table, outcome).waiting == int(left)
    assert waiting(database) == [a] * left
    assert all(a not in pair for pair in kept(database))
    assert persons(database)[b] == b


def test_a_record_that_comes_meanwhile_waits_and_keeps_its_links(database: Database) -> None:
    table, outcome = computed(database)
    a, _ = pair_of(outcome)
    newcomer, standard = ROWS[a - 1]
    arrive(database, [(replace(newcomer, source_key="new"), standard)], now=LATER)
    with database.write() as connection:
        put_links(connection, [scored(a, 301, 12.0, *([0] * 9))])
    assert write(database, table, outcome).waiting == 1
    assert waiting(database) == [301]
    assert kept(database)[a, 301] == 12.0
    assert persons(database)[301] == persons(database)[a]


@pytest.mark.parametrize("some", [False, True])
def test_an_exact_link_that_comes_meanwhile_stays(database: Database, *, some: bool) -> None:
    table, outcome = computed(database)
    a, b = pair_of(outcome)
    other = next(record for record in table.records.tolist() if table.places(record) and record not in {a, b})
    pair = min(a, other), max(a, other)
    if some:
        outcome = replace(outcome, scope=np.array([a], dtype=np.int64))
    with database.write() as connection:
        put_links(connection, [replace(scored(*pair, 10.0, *([0] * 9)), origin=Origin.EXACT)])
    write(database, table, outcome)
    with database.read() as connection:
        found = {one.pair: one.origin for one in all_links(connection)}
    assert found[pair] is Origin.EXACT
    assert persons(database)[a] == persons(database)[other]


def test_verdicts_of_meanwhile_count(database: Database) -> None:
    table, outcome = computed(database)
    a, b = pair_of(outcome)
    with database.write() as connection:
        put_verdict(connection, (a, b), Answer.DIFFERENT, actor="ada", now=LATER)
    write(database, table, outcome)
    assert persons(database)[a] != persons(database)[b]


def test_only_the_links_of_some_records_are_replaced(database: Database) -> None:
    table, outcome = computed(database)
    write(database, table, outcome)
    before = kept(database)
    a, b = pair_of(outcome)
    with database.write() as connection:
        changed(connection, a)
    with database.read() as connection:
        table = read_table(connection)
    new = np.array([a], dtype=np.int64)
    linked = link_frame(table.frame, table.parameters, new=np.isin(table.records, new))
    write(database, table, outcome_of(table, linked, THRESHOLDS, scope=new))
    assert {pair: bits for pair, bits in kept(database).items() if a not in pair} == {
        pair: bits for pair, bits in before.items() if a not in pair
    }
    assert kept(database).get((a, b), 0.0) < before[a, b]
    with database.read() as connection:
        assert all(one.at == LATER for one in all_links(connection))
