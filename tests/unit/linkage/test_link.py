"""mailguard.linkage.link: a whole table is linked; the first time at once, later only where it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mailguard.errors import MailguardError, UsageError
from mailguard.identity.clerical import Answer
from mailguard.linkage import learning
from mailguard.linkage import link as module
from mailguard.linkage.engine import score_table as score_table_here
from mailguard.linkage.engine_name import Engine
from mailguard.linkage.link import Linking, Plan, link_all
from mailguard.linkage.truth import Told, Truth
from mailguard.store import parameters
from mailguard.store.database import Database
from mailguard.store.pending import count_pending
from mailguard.store.verdicts import put_verdict
from tests.builders import NOW
from tests.ledger import open_ledger
from tests.population import THRESHOLDS, Heard, arrive, clock, kept, people, persons, population
from tests.postgres_server import PostgresServer, postgres

__all__ = ["postgres"]

ROWS = people(300)


@pytest.fixture(autouse=True)
def _learn_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "RANDOM_PAIRS", 20_000)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_ledger(f"sqlite:///{tmp_path}/people.db")
    yield opened
    opened.close()


def link(database: Database, plan: Plan | None = None) -> Linking:
    return link_all(database, plan or Plan(), thresholds=THRESHOLDS, clock=clock, listener=Heard())


def version(database: Database) -> int:
    with database.read() as connection:
        return parameters.version(connection)


def truth(count: int) -> Truth:
    """Who is who among the first records."""
    told = {("crm", row[0].source_key): Told(str(person), 2) for row, person in population(300)[:count]}
    return Truth(Path("truth.csv"), told)


def test_no_records_is_an_error(database: Database) -> None:
    with pytest.raises(MailguardError, match="customers import"):
        link(database)


def test_one_record_is_a_person(database: Database) -> None:
    arrive(database, ROWS[:1])
    linking = link(database)
    assert (linking.records, linking.persons, linking.links, linking.candidate_pairs) == (1, 1, 0, 0)


def test_first_link_learns_and_is_applied(database: Database) -> None:
    arrive(database, ROWS)
    linking = link(database)
    assert (linking.is_first, linking.applied, linking.version) == (True, True, 1)
    assert linking.records == 300
    assert linking.links + linking.possible == len(kept(database))
    assert linking.persons == len(set(persons(database).values())) < 300
    assert linking.changes.links_added == linking.links > 0
    with database.read() as connection:
        assert count_pending(connection) == 0


def test_later_link_only_says_what_would_change(database: Database) -> None:
    arrive(database, ROWS[:200])
    link(database)
    before = kept(database), persons(database)
    arrive(database, ROWS[200:])
    linking = link(database)
    assert (linking.is_first, linking.applied) == (False, False)
    assert linking.changes.links_added > 0
    assert (kept(database), persons(database).keys()) == (before[0], dict.fromkeys(range(1, 301)).keys())
    assert version(database) == 1
    applied = link(database, Plan(apply=True))
    assert applied.applied
    assert replace(applied, applied=False) == linking
    assert len(kept(database)) == linking.links + linking.possible
    assert link(database).changes.is_none


def test_learning_anew_is_a_new_version(database: Database) -> None:
    arrive(database, ROWS)
    link(database)
    assert link(database, Plan(learn=True)).applied is False
    assert version(database) == 1
    assert link(database, Plan(learn=True, apply=True)).version == 2


def test_clerks_stand(database: Database) -> None:
    arrive(database, ROWS)
    link(database)
    (a, b), _ = max(kept(database).items(), key=lambda one: one[1])
    with database.write() as connection:
        put_verdict(connection, (a, b), Answer.DIFFERENT, actor="ada", now=NOW)
    link(database, Plan(apply=True))
    assert persons(database)[a] != persons(database)[b]


def test_a_rebuild_gives_every_person_its_id(database: Database) -> None:
    arrive(database, ROWS)
    link(database)
    before = persons(database)
    with database.write() as connection:
        parameters_now = parameters.current(connection)[1]
    link(database, Plan(apply=True))
    assert persons(database) == before
    with database.read() as connection:
        assert parameters.current(connection)[1] == parameters_now


def test_what_comes_meanwhile_is_linked_afterwards(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    arrive(database, ROWS[:299])
    before = module._computed

    def and_then_one_comes(*arguments: object, **named: object) -> object:
        found = before(*arguments, **named)  # type: ignore[arg-type]
        record, standard = ROWS[0]
        arrive(database, [(replace(record, source_key="again"), standard)])
        return found

    monkeypatch.setattr(module, "_computed", and_then_one_comes)
    linking = link(database)
    assert (linking.records, linking.waiting) == (299, 1)
    assert persons(database)[300] == persons(database)[1]
    with database.read() as connection:
        assert count_pending(connection) == 0


def test_stopping_leaves_everything_as_it_was(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    arrive(database, ROWS)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "write_outcome", stop)
    with pytest.raises(KeyboardInterrupt):
        link(database)
    assert kept(database) == {}
    assert version(database) == 0


def test_evaluation_names_wrong_records(database: Database) -> None:
    arrive(database, ROWS)
    linking = link(database, Plan(truth=truth(300), threshold=0.99, most_wrong=3))
    evaluation = linking.evaluation
    assert evaluation is not None
    assert evaluation.threshold == 0.99
    assert evaluation.pairs.precision > 0.9
    assert evaluation.clusters.f1 > 0.9
    assert len(evaluation.false_links) <= 3
    assert 0 < len(evaluation.missed) <= 6  # compared, and not compared
    persons_of = [person for _, person in population(300)]
    assert all(persons_of[one.a - 1] == persons_of[one.b - 1] for one in evaluation.missed)
    assert all(persons_of[one.a - 1] != persons_of[one.b - 1] for one in evaluation.false_links)


def test_evaluation_is_of_the_scores_alone(database: Database) -> None:
    arrive(database, ROWS)
    plain = link(database, Plan(truth=truth(300)))
    (a, b), _ = max(kept(database).items(), key=lambda one: one[1])
    with database.write() as connection:
        put_verdict(connection, (a, b), Answer.DIFFERENT, actor="ada", now=NOW)
    assert link(database, Plan(truth=truth(300))).evaluation == plain.evaluation


def test_truth_of_other_records_is_refused(database: Database) -> None:
    arrive(database, ROWS)
    with pytest.raises(UsageError, match="has no cluster for"):
        link(database, Plan(truth=truth(299)))
    assert version(database) == 0


def test_kept_pairs_do_not_depend_on_an_evaluation(database: Database) -> None:
    arrive(database, ROWS)
    link(database, Plan(truth=truth(300)))
    with_truth = kept(database)
    assert min(with_truth.values()) >= 0
    link(database, Plan(apply=True))
    assert kept(database) == with_truth


def test_engine_that_learns_nothing_starts_from_the_shipped_numbers(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spark itself is tried in the integration tests."""
    arrive(database, ROWS)
    asked: list[object] = []

    def score_table(frame: object, given: object, engine: object, **named: object) -> object:
        asked.append((engine, given))
        return score_table_here(frame, given, Engine.RECORDLINKAGE, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "score_table", score_table)
    assert link(database, Plan(engine=Engine.SPARK)).version == 1
    with database.read() as connection:
        assert asked == [(Engine.SPARK, parameters.current(connection)[1])]
    assert np.isfinite(list(kept(database).values())).all()


@pytest.mark.postgres
def test_postgresql_links_the_same(database: Database, postgres: PostgresServer) -> None:
    other = Database.open(postgres.clean_database())
    found = []
    for each in (database, other):
        arrive(each, ROWS[:250])
        link(each)
        arrive(each, ROWS[250:])
        link(each, Plan(apply=True))
        found.append((kept(each), persons(each)))
    other.close()
    assert found[0] == found[1]
