from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select

from mailguard.identity.clerical import Answer, Question, urgency, wants_second_look
from mailguard.identity.resolve import Thresholds
from mailguard.store.agenda import QuestionState, Synced, settle, sync
from mailguard.store.database import Database
from mailguard.store.links import Pair, put_links
from mailguard.store.persons import replace_persons
from mailguard.store.tables import LINK, QUESTION, RECORD, VERDICT
from mailguard.store.verdicts import put_verdict, undo_verdict
from tests.builders import NOW, crowd, message
from tests.ledger import mail, take
from tests.records import drop_links, join, scored, strangers

OPEN, SECOND, UNSURE = QuestionState.OPEN, QuestionState.SECOND, QuestionState.UNSURE
ANSWERED, CLOSED = QuestionState.ANSWERED, QuestionState.CLOSED
THRESHOLDS = Thresholds(match=0.99, possible=0.5)
ONCE = next((1, b) for b in range(2, 99) if not wants_second_look((1, b)))
TWICE = next((1, b) for b in range(2, 99) if wants_second_look((1, b)))
"""A pair that one clerk is asked about, and one that two are."""


def states(connection: Connection) -> dict[Pair, QuestionState]:
    return {(row.a, row.b): QuestionState(row.state) for row in connection.execute(select(QUESTION))}


def worth(connection: Connection) -> dict[int, float]:
    return {row.a: row.value for row in connection.execute(select(QUESTION))}


def resync(connection: Connection, records: Iterable[int] | None = None) -> Synced:
    return sync(connection, records, thresholds=THRESHOLDS)


def say(connection: Connection, pair: Pair, answer: Answer, actor: str = "ada") -> None:
    put_verdict(connection, pair, answer, actor=actor, now=NOW)


@pytest.mark.parametrize(
    ("weight", "is_asked", "is_bridge"), [(-0.1, False, False), (0.0, True, False), (6.6, True, False), (6.7, True, True)]
)
def test_possible_pairs_and_bridges_are_asked(database: Database, weight: float, *, is_asked: bool, is_bridge: bool) -> None:
    with database.write() as connection:
        strangers(connection, 2)
        put_links(connection, [scored(1, 2, weight)])
        assert resync(connection) == Synced(opened=int(is_asked))
        rows = connection.execute(select(QUESTION)).all()
        assert [(row.is_bridge, row.match_weight) for row in rows] == [(is_bridge, weight)] * is_asked


def test_two_persons_are_one_question_their_strongest_pair(database: Database) -> None:
    with database.write() as connection:
        strangers(connection, 5)
        join(connection, 1, 2)
        join(connection, 3, 4)
        put_links(connection, [scored(1, 3, 2), scored(1, 4, 3), scored(2, 3, 3), scored(1, 2, 9), scored(2, 5, 1)])
        resync(connection)
        assert states(connection) == {(1, 4): OPEN, (2, 5): OPEN}
        row = connection.execute(select(QUESTION).where(QUESTION.c.b == 4)).one()
        question = Question(a=1, b=4, probability=row.probability, match_weight=3, sizes=(2, 2))
        assert row.value == pytest.approx(urgency(question))


def test_the_same_again_changes_nothing(database: Database) -> None:
    with database.write() as connection:
        strangers(connection, 3)
        put_links(connection, [scored(1, 2, 2), scored(2, 3, 3)])
        assert resync(connection) == Synced(opened=2)
        assert resync(connection) == resync(connection, [2]) == resync(connection, []) == Synced()


def test_a_question_closes_when_its_link_goes_or_the_two_become_one_person_and_opens_again(database: Database) -> None:
    with database.write() as connection:
        strangers(connection, 3)
        links = [scored(1, 2, 2), scored(2, 3, 3)]
        put_links(connection, links)
        resync(connection)
        join(connection, 1, 2)
        drop_links(connection, [(2, 3)])
        assert resync(connection, [2]) == Synced(closed=2)
        assert states(connection) == {(1, 2): CLOSED, (2, 3): CLOSED}
        replace_persons(connection, {2: 2})
        put_links(connection, links)
        assert resync(connection, [3]) == Synced(opened=1)
        assert resync(connection, [1]) == Synced(opened=1)


def test_held_mail_makes_a_question_more_valuable(database: Database) -> None:
    with database.write() as connection:
        strangers(connection, 4)
        put_links(connection, [scored(1, 2, 2), scored(3, 4, 2)])
        resync(connection)
        values = worth(connection)
        assert values[1] == values[3]
        take(connection, mail(message("a", visible=crowd(11)), "p3@people.example"))
        for records in (None, [3]):
            resync(connection, records)
            now = worth(connection)
            assert now[1] == values[1]
            assert now[3] > values[3]


@pytest.mark.parametrize("answer", list(Answer))
@pytest.mark.parametrize("records", [None, [1], [2, 3]])
def test_what_a_clerk_was_asked_is_decided_for_both_persons(
    database: Database, answer: Answer, records: list[int] | None
) -> None:
    with database.write() as connection:
        strangers(connection, 4)
        join(connection, 2, 3)
        put_links(connection, [scored(1, 2, 3), scored(1, 3, 2), scored(1, 4, 2)])
        resync(connection)
        say(connection, (1, 2), answer)
        assert resync(connection, records) == Synced(closed=1)
        assert states(connection) == {ONCE: UNSURE if answer is Answer.UNSURE else ANSWERED, (1, 4): OPEN}
        undo_verdict(connection, (1, 2), actor="ada", now=NOW)
        assert resync(connection, records) == Synced(opened=1)
        assert states(connection) == {(1, 2): OPEN, (1, 4): OPEN}


def test_never_the_same_holds_for_records_that_join_later(database: Database) -> None:
    with database.write() as connection:
        strangers(connection, 3)
        put_links(connection, [scored(1, 2, 3), scored(1, 3, 2)])
        say(connection, (1, 2), Answer.DIFFERENT)
        resync(connection)
        assert states(connection) == {(1, 3): OPEN}
        join(connection, 2, 3)
        resync(connection, [3])
        assert states(connection) == {(1, 3): CLOSED}


def test_some_answers_are_asked_of_a_second_clerk(database: Database) -> None:
    with database.write() as connection:
        strangers(connection, TWICE[1])
        put_links(connection, [scored(*TWICE, 3)])
        resync(connection)
        say(connection, TWICE, Answer.DIFFERENT)
        resync(connection)
        assert states(connection) == {TWICE: SECOND}
        say(connection, TWICE, Answer.DIFFERENT)
        settle(connection, TWICE)
        assert states(connection) == {TWICE: SECOND}
        say(connection, TWICE, Answer.SAME, actor="bob")
        settle(connection, TWICE)
        assert states(connection) == {TWICE: ANSWERED}


def test_settling_follows_the_answers_that_stand(database: Database) -> None:
    with database.write() as connection:
        strangers(connection, ONCE[1])
        put_links(connection, [scored(*ONCE, 3)])
        resync(connection)
        for answer, state in ((Answer.UNSURE, UNSURE), (Answer.SAME, ANSWERED)):
            say(connection, ONCE, answer)
            settle(connection, ONCE)
            assert states(connection) == {ONCE: state}
        for state in (UNSURE, OPEN):
            undo_verdict(connection, ONCE, actor="ada", now=NOW)
            settle(connection, ONCE)
            assert states(connection) == {ONCE: state}


COUNT = 7
PAIRS = [(a, b) for a in range(1, COUNT + 1) for b in range(a + 1, COUNT + 1)]
WORLDS = st.tuples(
    st.dictionaries(st.sampled_from(PAIRS), st.sampled_from([-1.0, 1.0, 2.0, 3.0, 8.0])),
    st.lists(st.integers(1, 3), min_size=COUNT, max_size=COUNT),
    st.lists(st.tuples(st.sampled_from(PAIRS), st.sampled_from(Answer)), max_size=3),
)


def _become(connection: Connection, world: tuple[dict[Pair, float], list[int], list[tuple[Pair, Answer]]]) -> None:
    weights, groups, said = world
    connection.execute(delete(LINK))
    connection.execute(delete(VERDICT))
    put_links(connection, [scored(*pair, weight) for pair, weight in weights.items()])
    oldest = {group: groups.index(group) + 1 for group in groups}
    replace_persons(connection, {record + 1: oldest[group] for record, group in enumerate(groups)})
    for pair, answer in said:
        say(connection, pair, answer)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=WORLDS, after=WORLDS)
def test_a_part_at_a_time_comes_to_the_same_as_all_at_once(database: Database, before: object, after: object) -> None:
    with database.write() as connection:
        connection.execute(delete(QUESTION))
        if not connection.execute(select(RECORD.c.id)).all():
            strangers(connection, COUNT)
        _become(connection, before)  # type: ignore[arg-type]
        resync(connection)
        _become(connection, after)  # type: ignore[arg-type]
        for record in range(1, COUNT + 1):
            resync(connection, [record])
        piecemeal = {tuple(row) for row in connection.execute(select(QUESTION))}
        resync(connection)
        assert {tuple(row) for row in connection.execute(select(QUESTION))} == piecemeal
