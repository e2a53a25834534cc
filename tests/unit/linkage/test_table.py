"""mailguard.linkage.table: all records of the database at one moment, by column."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailguard.identity.clerical import Answer
from mailguard.linkage.frame import Frame
from mailguard.linkage.table import read_table
from mailguard.store.database import Database
from mailguard.store.links import Kept, Origin, mark_linked, put_links
from mailguard.store.parameters import SHIPPED
from mailguard.store.persons import replace_persons
from mailguard.store.records import forget
from mailguard.store.verdicts import put_verdict
from tests.builders import NOW
from tests.ledger import open_ledger
from tests.population import arrive, people


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_ledger(f"sqlite:///{tmp_path}/people.db")
    yield opened
    opened.close()


def test_frame_is_that_of_the_standards(database: Database) -> None:
    rows = people(60)
    arrive(database, rows)
    with database.read() as connection:
        table = read_table(connection)
    assert table.records.tolist() == list(range(1, 61))
    assert table.version == SHIPPED
    expected = Frame.of_standards([standard for _, standard in rows])
    assert [table.frame.standard(place) for place in range(60)] == [expected.standard(place) for place in range(60)]


def test_what_is_known_of_links_is_read(database: Database) -> None:
    arrive(database, people(6))
    exact = Kept(1, 4, 0.999, 10.0, (0,) * 9, Origin.EXACT, NOW)
    with database.write() as connection:
        put_links(connection, [exact, Kept(2, 3, 0.6, 0.5, (0,) * 9, Origin.BATCH, NOW)])
        put_verdict(connection, (5, 2), Answer.SAME, actor="ada", now=NOW)
        put_verdict(connection, (5, 6), Answer.UNSURE, actor="ada", now=NOW)
        replace_persons(connection, {4: 1})
        mark_linked(connection, [1, 2, 3])
    with database.read() as connection:
        table = read_table(connection)
    assert (table.a.tolist(), table.b.tolist(), table.bits.tolist()) == ([1, 2], [4, 3], [10.0, 0.5])
    assert table.exact == (exact,)
    assert table.persons.tolist() == [1, 2, 3, 1, 5, 6]
    assert sorted(record for record, _ in table.pending) == [4, 5, 6]
    assert table.said(Answer.SAME) == [(1, 4)]


def test_forgotten_records_leave_no_gap_in_the_places(database: Database) -> None:
    arrive(database, people(5))
    with database.write() as connection:
        forget(connection, [2], now=NOW, actor="ada")
    with database.read() as connection:
        table = read_table(connection)
    assert table.records.tolist() == [1, 3, 4, 5]
    assert table.places([3, 5]).tolist() == [1, 3]
    assert table.holds([2, 3]).tolist() == [False, True]


def test_empty_table(database: Database) -> None:
    with database.read() as connection:
        table = read_table(connection)
    assert table.frame.size == 0
    assert table.said(Answer.SAME) == []
