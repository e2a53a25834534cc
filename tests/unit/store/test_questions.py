from __future__ import annotations

import threading
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from mailguard.identity.clerical import Answer, question_id, wants_second_look
from mailguard.identity.resolve import Thresholds
from mailguard.store import agenda
from mailguard.store.agenda import QuestionState
from mailguard.store.database import Database
from mailguard.store.links import Pair, put_links
from mailguard.store.questions import (
    CONSIDERED,
    LEASE,
    answer,
    are_waiting,
    claim,
    claim_pair,
    question_about,
    question_counts,
    questions,
    release,
    renew,
    undo,
)
from mailguard.store.tables import VERDICT
from mailguard.store.verdicts import history
from tests.builders import NOW, crowd, message
from tests.ledger import mail, take
from tests.records import drop_links, join, scored, strangers

OPEN, SECOND, UNSURE, ANSWERED = QuestionState.OPEN, QuestionState.SECOND, QuestionState.UNSURE, QuestionState.ANSWERED
STRONG, MIDDLE, WEAK = [(n, n + 1) for n in range(1, 99, 2) if not wants_second_look((n, n + 1))][:3]
TWICE = next((1, b) for b in range(2, 99) if wants_second_look((1, b)))


def put(connection: Connection, *pairs: Pair) -> None:
    """Questions about these pairs, the first one the most valuable."""
    strangers(connection, max(b for _, b in pairs))
    put_links(connection, [scored(*pair, 5 - place / 1000) for place, pair in enumerate(pairs)])
    agenda.sync(connection, thresholds=Thresholds())


def next_for(connection: Connection, holder: str, *, minutes: float = 0, **options: object) -> list[Pair]:
    now = NOW + timedelta(minutes=minutes)
    return [one.pair for one in claim(connection, holder, actor=options.pop("actor", holder), now=now, **options)]  # type: ignore[arg-type]


def test_the_most_valuable_question_comes_first_and_stays_until_it_is_answered(database: Database) -> None:
    with database.write() as connection:
        put(connection, STRONG, MIDDLE, WEAK)
        assert next_for(connection, "ada") == next_for(connection, "ada") == [STRONG]
        assert next_for(connection, "ada", aside=[STRONG]) == [MIDDLE]
        assert next_for(connection, "ada", aside=[STRONG, MIDDLE, WEAK]) == []
        assert next_for(connection, "ada", most=2) == [STRONG, MIDDLE]
        answer(connection, STRONG, Answer.SAME, actor="ada", now=NOW)
        assert next_for(connection, "ada") == [MIDDLE]


def test_what_one_clerk_has_no_other_gets_until_the_lease_ends(database: Database) -> None:
    with database.write() as connection:
        put(connection, STRONG, MIDDLE)
        assert next_for(connection, "ada") == [STRONG]
        assert next_for(connection, "bob") == [MIDDLE]
        assert next_for(connection, "eve") == []
        just_before = LEASE.total_seconds() / 60 - 0.001
        assert next_for(connection, "eve", minutes=just_before) == []
        assert renew(connection, "bob", now=NOW + timedelta(minutes=4)) == 1
        assert next_for(connection, "eve", minutes=5) == [STRONG]
        assert next_for(connection, "dan", minutes=8) == []
        assert release(connection, "bob") == 1
        assert next_for(connection, "dan", minutes=8) == [MIDDLE]
        assert (renew(connection, "", now=NOW), release(connection, "")) == (0, 0)


def test_a_pair_can_be_asked_for_by_name(database: Database) -> None:
    with database.write() as connection:
        put(connection, STRONG, MIDDLE)
        answer(connection, MIDDLE, Answer.SAME, actor="ada", now=NOW)
        next_for(connection, "bob")
        found = claim_pair(connection, MIDDLE[::-1], "ada", now=NOW)
        assert found is not None
        assert found.pair == MIDDLE
        assert claim_pair(connection, STRONG, "ada", now=NOW) is None
        assert claim_pair(connection, (STRONG[0], MIDDLE[1]), "ada", now=NOW) is None
        assert claim_pair(connection, STRONG, "ada", now=NOW + LEASE) is not None
        assert next_for(connection, "bob") == []


def test_two_servers_clerks_never_get_the_same_pair(database: Database, url: str) -> None:
    pairs = [(n, n + 1) for n in range(1, 120, 2)]
    with database.write() as connection:
        put(connection, *pairs)
    got: dict[str, list[Pair]] = {name: [] for name in ("ada", "bob", "eve")}

    def work(name: str) -> None:
        with closing(Database.open(url)) as own:
            while True:
                with own.write() as connection:
                    found = next_for(connection, name)
                    for pair in found:
                        answer(connection, pair, Answer.DIFFERENT, actor=name, now=NOW)
                if not found:
                    return
                got[name] += found

    threads = [threading.Thread(target=work, args=(name,)) for name in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        said = [(row.a, row.b) for row in connection.execute(select(VERDICT.c.a, VERDICT.c.b).distinct())]
        twice = connection.execute(select(VERDICT.c.a, VERDICT.c.b, VERDICT.c.actor)).all()
    assert sorted(said) == pairs
    assert len(twice) == len(set(twice)) == sum(map(len, got.values()))
    # Only second looks are anybody's twice, and those of different clerks.
    assert len(twice) - len(said) <= len(pairs) / 5


def test_an_answer_is_kept_with_what_the_machine_thought(database: Database) -> None:
    with database.write() as connection:
        put(connection, STRONG)
        question, state = question_about(connection, STRONG[::-1]) or (None, None)
        assert question is not None
        assert (question.pair, question.id, state) == (STRONG, question_id(STRONG), OPEN)
        answer(connection, STRONG[::-1], Answer.SAME, actor="ada", now=NOW, reason="same card")
        (verdict,) = history(connection, STRONG)
        assert (verdict.answer, verdict.actor, verdict.reason) == (Answer.SAME, "ada", "same card")
        assert verdict.probability == question.probability
        drop_links(connection, [STRONG])
        answer(connection, STRONG, Answer.DIFFERENT, actor="ada", now=NOW)
        assert history(connection, STRONG)[0].probability == question.probability


def test_an_answer_about_a_pair_that_nobody_asked_about(database: Database) -> None:
    with database.write() as connection:
        strangers(connection, 3)
        put_links(connection, [scored(1, 3, 1.0)])
        answer(connection, (1, 2), Answer.DIFFERENT, actor="ada", now=NOW)
        answer(connection, (3, 1), Answer.DIFFERENT, actor="ada", now=NOW)
        assert [history(connection, pair)[0].probability for pair in ((1, 2), (1, 3))] == [None, pytest.approx(2 / 3)]
        assert (question_about(connection, (1, 2)), question_counts(connection)) == (None, {})
        assert undo(connection, (1, 2), actor="ada", now=NOW) is not None
        with pytest.raises(ValueError, match="itself"):
            answer(connection, (2, 2), Answer.SAME, actor="ada", now=NOW)


def test_undo_asks_again_and_only_once(database: Database) -> None:
    with database.write() as connection:
        put(connection, STRONG)
        answer(connection, STRONG, Answer.SAME, actor="ada", now=NOW)
        assert question_counts(connection) == {ANSWERED: 1}
        undone = undo(connection, STRONG, actor="ada", now=NOW)
        assert undone is not None
        assert (undone.answer, question_counts(connection)) == (Answer.SAME, {OPEN: 1})
        assert undo(connection, STRONG, actor="ada", now=NOW) is None
        assert next_for(connection, "ada") == [STRONG]


def test_ones_own_answer_is_taken_back_and_not_anothers(database: Database) -> None:
    with database.write() as connection:
        put(connection, STRONG)
        answer(connection, STRONG, Answer.SAME, actor="ada", now=NOW)
        (mine,) = history(connection, STRONG)
        answer(connection, STRONG, Answer.UNSURE, actor="bob", now=NOW)
        assert undo(connection, STRONG, actor="ada", now=NOW, seq=mine.seq) == mine
        assert question_counts(connection) == {UNSURE: 1}


def test_what_one_clerk_could_not_say_another_is_asked_after_all_else(database: Database) -> None:
    with database.write() as connection:
        put(connection, STRONG, MIDDLE)
        answer(connection, STRONG, Answer.UNSURE, actor="ada", now=NOW)
        assert next_for(connection, "ada's", actor="ada", most=9) == [MIDDLE]
        release(connection, "ada's")
        assert next_for(connection, "bob", most=9) == [MIDDLE, STRONG]
        assert next_for(connection, "bob", again=True) == [STRONG]


def test_an_answer_that_is_taken_back_leaves_the_pair_to_who_has_it_on_the_screen(database: Database) -> None:
    with database.write() as connection:
        put(connection, TWICE)
        answer(connection, TWICE, Answer.SAME, actor="ada", now=NOW)
        assert next_for(connection, "bob") == [TWICE]
        undo(connection, TWICE, actor="ada", now=NOW)
        agenda.sync(connection, thresholds=Thresholds())
        assert next_for(connection, "ada") == []
        assert next_for(connection, "bob") == [TWICE]


def test_a_second_look_is_another_clerks(database: Database) -> None:
    with database.write() as connection:
        put(connection, TWICE)
        answer(connection, TWICE, Answer.SAME, actor="ada", now=NOW)
        assert question_counts(connection) == {SECOND: 1}
        assert next_for(connection, "ada's", actor="ada") == []
        assert next_for(connection, "bob") == [TWICE]
        answer(connection, TWICE, Answer.SAME, actor="bob", now=NOW)
        assert (next_for(connection, "eve"), question_counts(connection)) == ([], {ANSWERED: 1})


def test_questions_are_listed_with_what_is_known_of_the_persons_now(database: Database) -> None:
    with database.write() as connection:
        put(connection, STRONG, MIDDLE)
        take(connection, mail(message("a", visible=crowd(11)), f"p{MIDDLE[0] - 1}@people.example"))
        first, second = questions(connection)
        assert (first.pair, second.pair, second.held, second.sizes) == (STRONG, MIDDLE, 1, (1, 1))
        assert [one.pair for one in questions(connection, limit=1)] == [STRONG]
        assert questions(connection, state=ANSWERED) == []
        # Mail that waits since the question was put makes it the next one.
        assert next_for(connection, "ada") == [MIDDLE]
        join(connection, *MIDDLE)
        asked = question_about(connection, MIDDLE)
        assert asked is not None
        assert (asked[0].is_together, asked[0].held, asked[0].sizes) == (True, 1, (2, 2))


def test_of_very_many_questions_the_best_are_considered(database: Database) -> None:
    pairs = [(n, n + 1) for n in range(1, 2 * CONSIDERED + 20, 2)]
    with database.write() as connection:
        put(connection, *pairs)
        assert next_for(connection, "ada", most=CONSIDERED + 5) == pairs[: CONSIDERED + 5]
        assert next_for(connection, "bob", aside=pairs[CONSIDERED + 5 : CONSIDERED + 7]) == [pairs[CONSIDERED + 7]]


def test_whether_so_many_wait_is_known_without_counting_all(database: Database) -> None:
    with database.write() as connection:
        put(connection, STRONG, MIDDLE)
        assert [are_waiting(connection, number) for number in (1, 2, 3)] == [True, True, False]
