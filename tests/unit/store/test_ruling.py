"""mailguard.store.ruling: a clerk's answer with all that follows from it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from mailguard.identity.clerical import Answer
from mailguard.identity.levels import COMPARISONS
from mailguard.identity.model import weight_of_probability
from mailguard.identity.record import Record
from mailguard.identity.resolve import Thresholds
from mailguard.identity.standard import Standard
from mailguard.store import agenda
from mailguard.store.agenda import QuestionState
from mailguard.store.database import Database
from mailguard.store.links import Kept, Origin, put_links
from mailguard.store.persons import person_of
from mailguard.store.questions import question_about, questions
from mailguard.store.records import upsert
from mailguard.store.ruling import retract, rule
from mailguard.store.verdicts import history

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
THRESHOLDS = Thresholds()


@pytest.fixture
def asked(database: Database) -> Database:
    """Records 1, 2 and 3, of which a clerk is asked whether 1 is 2, and whether 2 is 3."""
    with database.write() as connection:
        upsert(connection, [(Record(source="crm", source_key=str(key)), Standard(given="ada")) for key in range(3)], now=NOW)
        levels = (0,) * len(COMPARISONS)
        pairs = {(1, 2): 0.9, (2, 3): 0.8, (1, 3): 0.7}
        put_links(
            connection, [Kept(a, b, p, weight_of_probability(p), levels, Origin.BATCH, NOW) for (a, b), p in pairs.items()]
        )
        agenda.sync(connection, thresholds=THRESHOLDS)
    return database


def answer(connection: Connection, a: int, b: int, said: Answer, actor: str = "ada") -> None:
    rule(connection, (a, b), said, actor=actor, now=NOW, thresholds=THRESHOLDS, reason="seen")


def waiting(connection: Connection) -> list[str]:
    return [one.id for one in questions(connection)]


def test_same_joins_persons_and_leaves_one_question_between_two_persons(asked: Database) -> None:
    with asked.write() as connection:
        assert sorted(waiting(connection)) == ["1-2", "1-3", "2-3"]
        answer(connection, 1, 2, Answer.SAME)
        assert person_of(connection, [1, 2, 3]) == {1: 1, 2: 1, 3: 3}
        assert waiting(connection) == ["2-3"]
        assert [one.reason for one in history(connection, (1, 2))] == ["seen"]


def test_different_moves_nobody_and_closes_the_question(asked: Database) -> None:
    with asked.write() as connection:
        answer(connection, 1, 2, Answer.DIFFERENT)
        assert person_of(connection, [1, 2]) == {1: 1, 2: 2}
        assert "1-2" not in waiting(connection)


def test_answer_taken_back_brings_the_former_state_back(asked: Database) -> None:
    with asked.write() as connection:
        answer(connection, 1, 2, Answer.SAME)
        (verdict,) = history(connection, (1, 2))
        changed = retract(connection, verdict, actor="ada", now=NOW, thresholds=THRESHOLDS).changed
        assert changed == {2: (1, 2)}
        assert person_of(connection, [1, 2, 3]) == {1: 1, 2: 2, 3: 3}
        assert sorted(waiting(connection)) == ["1-2", "1-3", "2-3"]


def test_exactly_the_answer_that_was_meant_is_taken_back(asked: Database) -> None:
    with asked.write() as connection:
        answer(connection, 1, 2, Answer.SAME)
        answer(connection, 1, 2, Answer.DIFFERENT, actor="bea")
        first = history(connection, (1, 2))[-1]
        retract(connection, first, actor="ada", now=NOW, thresholds=THRESHOLDS)
        assert [(one.actor, one.undone_at is None) for one in history(connection, (1, 2))] == [("bea", True), ("ada", False)]
        assert person_of(connection, [1, 2]) == {1: 1, 2: 2}
        about = question_about(connection, (1, 2))
        assert about is not None
        assert about[1] is not QuestionState.OPEN
