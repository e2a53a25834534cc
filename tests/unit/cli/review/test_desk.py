"""mailguard.cli.review.desk: one clerk's desk over a real ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from mailguard.cli.review.case import Case
from mailguard.cli.review.desk import FRESH, LEASE, Desk
from mailguard.identity.clerical import Agreement, Answer, wants_second_look
from mailguard.store.database import Database
from mailguard.store.person_mail import HeldMail
from tests.builders import crowd, message
from tests.ledger import mail, take
from tests.unit.cli.review.conftest import NOW, THRESHOLDS, ask


@dataclass
class Clock:
    """A time that passes when it is told to."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk_of(database: Database, clock: Clock) -> Callable[[str], Desk]:
    """A desk for a clerk; each has one of its own."""

    def open_desk(clerk: str) -> Desk:
        desk = Desk(database, clerk=clerk, thresholds=THRESHOLDS, clock=clock)
        desk._holder = clerk  # a host and a process of its own
        return desk

    return open_desk


DeskOf = Callable[[str], Desk]


def taken(desk: Desk, **leaving: Case) -> Case:
    case = desk.next(**leaving)
    assert case is not None
    return case


def ids(desk: Desk, count: int) -> list[str]:
    """The next pairs, each answered `different`."""
    found = []
    for _ in range(count):
        case = taken(desk)
        found.append(case.question.id)
        assert desk.answer(case, Answer.DIFFERENT) is not None
    return found


def test_pairs_come_most_worth_asking_first_until_none_is_left(desk_of: DeskOf, asked: list[str]) -> None:
    desk = desk_of("ada")
    assert ids(desk, 3) == asked
    assert desk.next() is None
    assert (desk.standing.progress.answered, desk.standing.progress.waiting) == (3, 0)


def test_two_clerks_never_have_the_same_pair(desk_of: DeskOf, asked: list[str]) -> None:
    ada, bea, cat, dot = (desk_of(clerk) for clerk in ("ada", "bea", "cat", "dot"))
    assert [taken(desk).question.id for desk in (ada, bea, cat)] == asked
    assert dot.next() is None
    bea.close()
    assert taken(dot).question.id == asked[1]


def test_pair_of_a_clerk_who_is_gone_comes_back_after_its_lease(desk_of: DeskOf, asked: list[str], clock: Clock) -> None:
    ada, bea = desk_of("ada"), desk_of("bea")
    assert taken(ada).question.id == asked[0]
    clock.now += LEASE - timedelta(seconds=1)
    assert taken(bea).question.id == asked[1]
    clock.now += timedelta(seconds=1)
    assert taken(bea).question.id == asked[0]


def test_pair_on_the_screen_stays_while_it_is_renewed(desk_of: DeskOf, asked: list[str], clock: Clock) -> None:
    ada, bea = desk_of("ada"), desk_of("bea")
    case = taken(ada)
    for _ in range(3):
        clock.now += LEASE - timedelta(seconds=1)
        ada.renew()
    assert taken(bea).question.id == asked[1]
    assert ada.answer(case, Answer.SAME) is not None


def test_answer_to_a_pair_that_went_to_another_clerk_is_not_kept(desk_of: DeskOf, asked: list[str], clock: Clock) -> None:
    ada, bea = desk_of("ada"), desk_of("bea")
    case = taken(ada)
    clock.now += LEASE
    theirs = taken(bea)
    assert theirs.question.id == case.question.id
    assert ada.answer(case, Answer.SAME) is None
    assert bea.answer(theirs, Answer.DIFFERENT) is not None
    assert ada.standing.progress.answered == 0


def test_persons_follow_an_answer_at_once(desk_of: DeskOf, asked: list[str], database: Database) -> None:
    desk = desk_of("ada")
    case = taken(desk)
    assert desk.answer(case, Answer.SAME, reason="same card") is not None
    again = desk.undo()
    assert again is not None
    assert again.case is not None
    assert (again.case.left.person, again.case.right.person) == (case.left.person, case.right.person)
    assert [(one.answer, one.reason, one.is_undone) for one in again.case.said] == [(Answer.SAME, "same card", True)]


def test_answers_are_taken_back_any_number_of_steps_also_by_the_next_sitting(desk_of: DeskOf, asked: list[str]) -> None:
    ids(desk_of("ada"), 2)
    again = desk_of("ada")
    undone = [again.undo() for _ in range(3)]
    assert [one and one.id for one in undone] == [asked[1], asked[0], None]
    assert ids(again, 3) == asked


def test_answers_taken_back_count_no_longer(desk_of: DeskOf, asked: list[str]) -> None:
    desk = desk_of("ada")
    ids(desk, 2)
    assert desk.standing.progress.different == 2
    desk.undo()
    assert (desk.standing.progress.different, desk.standing.progress.waiting) == (1, 2)
    assert desk.standing.with_model.asked == 1


def test_pair_left_for_later_comes_after_all_others(desk_of: DeskOf, asked: list[str]) -> None:
    desk = desk_of("ada")
    first = taken(desk)
    second = taken(desk, leaving=first)
    third = taken(desk, leaving=second)
    fourth = taken(desk, leaving=third)
    assert [case.question.id for case in (first, second, third, fourth)] == [*asked, asked[0]]


def test_pair_taken_back_while_another_clerk_has_it_is_not_shown(desk_of: DeskOf, database: Database, clock: Clock) -> None:
    with database.write() as connection:
        ask(connection, [0.9] * 20)
    ada, bea = desk_of("ada"), desk_of("bea")
    answered: list[Case] = []
    while (case := ada.next()) is not None:
        ada.answer(case, Answer.SAME)
        answered.append(case)
    twice = taken(bea)
    assert wants_second_look(twice.question.pair)
    assert [said.actor for said in twice.said] == ["ada"]
    for case in reversed(answered):
        undone = ada.undo()
        assert undone is not None
        assert undone.id == case.question.id
        assert (undone.case is None) is (case.question.pair == twice.question.pair)


def test_second_look_shows_whether_clerks_agree(desk_of: DeskOf, database: Database) -> None:
    with database.write() as connection:
        ask(connection, [0.9] * 20)
    ada, bea = desk_of("ada"), desk_of("bea")
    while (case := ada.next()) is not None:
        ada.answer(case, Answer.SAME)
    given = bea.answer(taken(bea), Answer.DIFFERENT, was_seen=True)
    assert given is not None
    assert (given.earlier, given.was_seen) == (Answer.SAME, True)
    assert bea.standing.with_clerks == Agreement(0, 1, 1.0)
    assert bea.standing.with_model.asked == 0


def test_what_a_clerk_is_unsure_of_another_is_asked(desk_of: DeskOf, asked: list[str]) -> None:
    ada, bea = desk_of("ada"), desk_of("bea")
    for _ in asked:
        ada.answer(taken(ada), Answer.UNSURE)
    assert ada.next() is None
    assert taken(bea).question.id in asked


def test_held_mail_brings_its_question_forward(desk_of: DeskOf, asked: list[str], database: Database, clock: Clock) -> None:
    desk = desk_of("ada")
    assert taken(desk).question.id == asked[0]
    crowded = message("hello all", visible=crowd(11), subject="Hello all", message_id="c1@shop.example")
    with database.write() as connection:
        take(connection, mail(crowded, "somerville2@mail.example"))
    clock.now += FRESH
    case = taken(desk)
    assert (case.question.id, case.question.held) == (asked[2], 1)
    assert [(one.subject, one.finding) for one in case.left.mail.held] == [("Hello all", "mass_cc")]
    assert isinstance(case.left.mail.held[0], HeldMail)


def test_question_whose_record_is_erased_is_no_case(desk_of: DeskOf, asked: list[str], database: Database) -> None:
    desk = desk_of("ada")
    case = taken(desk)
    with database.read() as connection:
        gone = case.question.__class__(a=900, b=901, probability=0.9, match_weight=3.0)
        assert desk._casebook.case(connection, gone) is None
