"""mailguard.linkage.incremental: new and changed records are linked to the others without a new batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.identity.clerical import Answer
from mailguard.linkage import incremental
from mailguard.linkage.incremental import LinkedNew, link_new
from mailguard.store.database import Database
from mailguard.store.links import Origin, all_links, put_links
from mailguard.store.pending import count_pending
from mailguard.store.verdicts import put_verdict
from tests.builders import NOW
from tests.ledger import open_ledger
from tests.population import THRESHOLDS, Heard, Row, arrive, clock, kept, people, persons
from tests.records import scored

ROWS = people(240)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_ledger(f"sqlite:///{tmp_path}/people.db")
    yield opened
    opened.close()


def link(database: Database) -> LinkedNew:
    return link_new(database, thresholds=THRESHOLDS, clock=clock)


def by_key(rows: list[Row], found: dict[tuple[int, int], float]) -> dict[frozenset[str], float]:
    """Pairs named by what does not depend on the order of arrival."""
    keys = [record.source_key for record, _ in rows]
    return {frozenset((keys[a - 1], keys[b - 1])): round(bits, 9) for (a, b), bits in found.items()}


def test_nothing_new_is_nothing_done(database: Database) -> None:
    assert link(database) == LinkedNew()


def test_new_records_are_linked_and_counted(database: Database) -> None:
    arrive(database, ROWS)
    linked = link(database)
    pairs = kept(database)
    assert linked.records == len(ROWS)
    assert linked.links == sum(bits > 6.63 for bits in pairs.values()) > 10
    assert linked.links + linked.possible == len(pairs)
    assert linked.persons == len(set(persons(database).values())) == len(ROWS) - linked.moved
    with database.read() as connection:
        assert count_pending(connection) == 0
        assert {one.origin for one in all_links(connection)} == {Origin.BATCH}
    assert link(database).records == 0


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> dict[frozenset[str], float]:
    """The pairs when all come together and are compared in memory."""
    database = open_ledger(f"sqlite:///{tmp_path_factory.mktemp('once')}/people.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(incremental, "FEW", 0)
        arrive(database, ROWS)
        link(database)
    found = by_key(ROWS, kept(database))
    database.close()
    assert len(found) > 20
    return found


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), pieces=st.integers(1, 5))
def test_any_order_and_any_pieces_give_the_same_pairs(
    at_once: dict[frozenset[str], float], tmp_path_factory: pytest.TempPathFactory, seed: int, pieces: int
) -> None:
    rows = list(ROWS)
    Random(seed).shuffle(rows)
    database = open_ledger(f"sqlite:///{tmp_path_factory.mktemp('pieces')}/people.db")
    with pytest.MonkeyPatch.context() as patch:
        # The prior scales with the number of records: it is to be that of all.
        patch.setattr(incremental, "count", lambda _: len(rows))
        patch.setattr(incremental, "AT_ONCE", 50)
        for nth in range(pieces):
            arrive(database, rows[nth * len(rows) // pieces : (nth + 1) * len(rows) // pieces])
            link(database)
    assert by_key(rows, kept(database)) == at_once
    database.close()


def test_a_large_part_is_compared_in_memory(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incremental, "FEW", 10)
    arrive(database, ROWS[:200])
    heard = Heard()
    link_new(database, thresholds=THRESHOLDS, clock=clock, listener=heard)
    assert heard.stages == ["linking 200 new records", "comparing them with 0 others"]
    by_keys = Heard()
    arrive(database, ROWS[200:205])
    link_new(database, thresholds=THRESHOLDS, clock=clock, listener=by_keys)
    assert by_keys.stages == ["linking 5 new records"]
    assert by_keys.parts == [1.0]


def test_pairs_of_others_stay(database: Database) -> None:
    arrive(database, ROWS[:120])
    link(database)
    before = kept(database)
    arrive(database, ROWS[120:])
    link(database)
    assert {pair: bits for pair, bits in kept(database).items() if max(pair) <= 120} == before


def test_a_changed_record_is_compared_anew(database: Database) -> None:
    arrive(database, ROWS)
    link(database)
    a, b = max(kept(database), key=lambda pair: kept(database)[pair])
    record, standard = ROWS[b - 1]
    other = replace(standard, given="zzyzx", surname="qqqq", born="1901-01-01", mailboxes=("z@z.example",), phone="")
    arrive(database, [(replace(record, given_name="Zzyzx"), other)], now=NOW + timedelta(minutes=1))
    assert link(database).records == 1
    assert (a, b) not in kept(database)
    assert persons(database)[b] == b
    arrive(database, [(record, standard)], now=NOW + timedelta(minutes=2))
    link(database)
    assert persons(database)[b] == persons(database)[a]


def test_what_rests_on_no_weight_stays(database: Database) -> None:
    arrive(database, ROWS[:3])
    exact = replace(scored(1, 3, 12.0, *([0] * 9)), origin=Origin.EXACT)
    with database.write() as connection:
        put_links(connection, [exact, scored(1, 2, 12.0, *([0] * 9))])
    link(database)
    with database.read() as connection:
        assert list(all_links(connection)) == [exact]
    assert persons(database) == {1: 1, 2: 2, 3: 1}


def test_never_the_same_sticks(database: Database) -> None:
    arrive(database, [ROWS[0]])
    link(database)
    record, standard = ROWS[0]
    arrive(database, [(replace(record, source_key="again"), standard)])
    with database.write() as connection:
        put_verdict(connection, (1, 2), Answer.DIFFERENT, actor="ada", now=NOW)
    link(database)
    assert persons(database) == {1: 1, 2: 2}


def test_a_record_that_changes_meanwhile_waits(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found of it is of no use any more."""
    arrive(database, ROWS[:50])
    found_before = incremental._found

    def and_then_it_changes(connection: object, new: object) -> object:
        found = found_before(connection, new)  # type: ignore[arg-type]
        record, standard = ROWS[7]
        arrive(database, [(replace(record, phone="1"), replace(standard, phone="1"))], now=NOW + timedelta(minutes=1))
        return found

    monkeypatch.setattr(incremental, "_found", and_then_it_changes)
    assert link(database).records == 49
    assert all(8 not in pair for pair in kept(database))
    monkeypatch.undo()
    assert link(database).records == 1


def test_records_without_anything_are_persons(database: Database) -> None:
    record, standard = ROWS[0]
    nothing = type(standard)()
    arrive(database, [(replace(record, source_key=key), nothing) for key in "abc"])
    assert link(database) == LinkedNew(records=3, persons=3)
