"""mailguard.identity.clerical: which pair is asked next, what was answered, and how far clerks and model agree."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.identity.clerical import (
    SECOND_LOOK,
    Agreement,
    Answer,
    Given,
    Question,
    Session,
    ordered,
    parse_question_id,
    question_id,
    uncertainty,
    urgency,
    value,
    wants_second_look,
)

LIKELY = Question(a=10, b=20, probability=0.9, match_weight=3.2)


def answer(
    number: int, said: Answer, probability: float = 0.9, earlier: Answer | None = None, *, was_seen: bool = False
) -> Given:
    return Given(pair=(number, 99), answer=said, probability=probability, earlier=earlier, was_seen=was_seen)


# --- what is asked first ---------------------------------------------------------------------------------------------


def test_of_two_pairs_the_one_nearer_below_the_threshold_is_asked_first() -> None:
    assert urgency(LIKELY) > urgency(replace(LIKELY, probability=0.6))


def test_of_two_joined_pairs_the_less_certain_is_asked_first() -> None:
    joined = replace(LIKELY, is_together=True, probability=0.995)
    assert uncertainty(joined) == pytest.approx(0.005)
    assert urgency(replace(joined, probability=0.6)) > urgency(joined)


def test_bridge_is_as_uncertain_as_can_be() -> None:
    assert uncertainty(replace(LIKELY, is_bridge=True, probability=0.999)) == 0.5


def test_pair_that_joins_big_groups_is_worth_more() -> None:
    assert value(LIKELY) == 1.0
    assert value(replace(LIKELY, sizes=(3, 5))) == 4.0


def test_held_mail_makes_a_question_urgent() -> None:
    assert value(replace(LIKELY, held=1)) == 5.0
    assert urgency(replace(LIKELY, held=1, probability=0.5)) > urgency(replace(LIKELY, sizes=(3, 3), probability=0.7))


def test_order_is_the_same_whatever_it_comes_from() -> None:
    twins = [replace(LIKELY, b=number) for number in (50, 30, 40)]
    big = replace(LIKELY, b=90, sizes=(2, 2))
    assert [one.b for one in ordered([*twins, big])] == [90, 30, 40, 50]
    assert [one.b for one in ordered([big, *reversed(twins)])] == [90, 30, 40, 50]


@pytest.mark.parametrize(
    "pairs",
    [
        [(a, b) for a in range(1, 100) for b in range(a + 1, 100)],
        [(a, a + 1) for a in range(1, 8_000, 2)],
        [(a, a + 500_000) for a in range(1, 4_000)],
        [(7, b) for b in range(8, 4_000)],
    ],
    ids=["all", "neighbours", "two sources", "one record"],
)
def test_a_tenth_of_all_pairs_is_asked_twice(pairs: list[tuple[int, int]]) -> None:
    share = sum(map(wants_second_look, pairs)) / len(pairs)
    assert share == pytest.approx(1 / SECOND_LOOK, abs=0.02)


def test_question_is_named_by_its_records() -> None:
    assert (LIKELY.pair, LIKELY.id) == ((10, 20), "10-20")
    assert question_id((20, 10)) == "10-20"
    assert parse_question_id(" 20-10 ") == (10, 20)
    assert parse_question_id("R10-R20") == (10, 20)


@pytest.mark.parametrize("text", ["", "12", "12-", "-12", "12-12", "12-x", "1-2-3", "٣-4", "1" * 19 + "-2", "12--40", "RR1-2"])
def test_what_names_no_question_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 12-40"):
        parse_question_id(text)


# --- the session -----------------------------------------------------------------------------------------------------


def test_what_was_left_first_comes_back_first() -> None:
    session = Session().leave((1, 2)).leave((1, 3)).leave((1, 2))
    assert session.aside == ((1, 3), (1, 2))
    assert session.come_back().aside == ((1, 2),)
    assert Session().come_back() == Session()


def test_answered_pair_is_no_longer_left_for_later() -> None:
    assert Session().leave((1, 99)).leave((2, 99)).answer(answer(1, Answer.SAME)).aside == ((2, 99),)


def test_one_pair_in_ten_is_one_that_another_clerk_has_answered() -> None:
    session = Session()
    turns = []
    for number in range(25):
        turns.append(session.looks_again)
        session = session.answer(answer(number, Answer.SAME))
    assert [place for place, is_second in enumerate(turns) if is_second] == [9, 19]


def test_answers_are_taken_back_one_by_one_and_no_further() -> None:
    session = Session().answer(answer(1, Answer.SAME)).answer(answer(2, Answer.UNSURE))
    assert session.last == answer(2, Answer.UNSURE)
    assert session.undo().last == answer(1, Answer.SAME)
    assert session.undo().undo().last is None
    assert session.undo().undo().undo() == Session()


@given(st.lists(st.sampled_from([*Answer, "undo"]), max_size=30))
def test_session_is_what_stands_after_all_that_was_taken_back(steps: list[Answer | str]) -> None:
    session, standing = Session(), list[Answer]()
    for place, step in enumerate(steps):
        if isinstance(step, Answer):
            session = session.answer(answer(place, step))
            standing.append(step)
        else:
            session = session.undo()
            standing = standing[:-1]
    assert [one.answer for one in session.given] == standing
    assert session.progress(0).answered == len(standing)


def test_progress_counts_answers_by_kind() -> None:
    session = Session()
    for place, said in enumerate([Answer.SAME, Answer.SAME, Answer.DIFFERENT, Answer.UNSURE]):
        session = session.answer(answer(place, said))
    progress = session.progress(7)
    assert (progress.same, progress.different, progress.unsure, progress.answered, progress.waiting) == (2, 1, 1, 4, 7)


def test_agreement_with_the_model_counts_sure_and_blind_answers() -> None:
    session = (
        Session()
        .answer(answer(1, Answer.SAME, 0.9))
        .answer(answer(2, Answer.DIFFERENT, 0.8))
        .answer(answer(3, Answer.DIFFERENT, 0.2))
        .answer(answer(4, Answer.UNSURE, 0.6))
        .answer(answer(5, Answer.SAME, 0.6, was_seen=True))
    )
    agreement = session.with_model()
    assert (agreement.alike, agreement.asked) == (2, 3)
    assert agreement.expected == pytest.approx(0.9 + 0.8 + 0.8)


def test_agreement_between_clerks_counts_what_both_were_sure_of() -> None:
    session = (
        Session()
        .answer(answer(1, Answer.SAME))
        .answer(answer(2, Answer.SAME, earlier=Answer.SAME))
        .answer(answer(3, Answer.SAME, earlier=Answer.DIFFERENT))
        .answer(answer(4, Answer.UNSURE, earlier=Answer.SAME))
        .answer(answer(5, Answer.SAME, earlier=Answer.UNSURE))
    )
    assert session.with_clerks() == Agreement(1, 2, 2.0)
