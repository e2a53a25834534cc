"""mailguard.cli.review.casebook: finding what there is to know of a question."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailguard.cli.review.casebook import Casebook
from mailguard.identity.clerical import Answer, Question
from mailguard.identity.default_parameters import DEFAULTS
from mailguard.store import parameters, questions
from mailguard.store.database import Database
from mailguard.store.questions import question_about
from tests.builders import message
from tests.ledger import mail, take
from tests.unit.cli.review.conftest import NOW, ask, join


def question(database: Database, a: int, b: int) -> Question:
    with database.read() as connection:
        about = question_about(connection, (a, b))
    assert about is not None
    return about[0]


@pytest.fixture
def grouped(database: Database) -> Database:
    """Records 1 to 6, of which 1, 3 and 5 are one person's, and 1-2 a question."""
    with database.write() as connection:
        ask(connection, [0.9, 0.8, 0.7])
        join(connection, {(1, 3): 0.9999, (3, 5): 0.9999, (1, 5): 0.9999})
        take(connection, mail(message(subject="Your invoice"), "hopper1@mail.example"))
    return database


def test_case_shows_whose_records_they_are_and_what_hangs_on_them(grouped: Database) -> None:
    asked = question(grouped, 1, 2)
    with grouped.read() as connection:
        case = Casebook().case(connection, asked)
    assert case is not None
    assert (case.left.person, case.left.size, case.right.person, case.right.size) == ("P1", 3, "P2", 1)
    assert [one.source_key for one in case.left.others] == ["1", "2"]
    assert (case.left.mail.count, case.left.mail.last_subject, case.right.mail.count) == (1, "Your invoice", 0)


def test_case_shows_what_was_said_newest_first(grouped: Database) -> None:
    asked = question(grouped, 1, 2)
    with grouped.write() as connection:
        questions.answer(connection, (1, 2), Answer.SAME, actor="ada", now=NOW)
        questions.undo(connection, (1, 2), actor="ada", now=NOW)
        questions.answer(connection, (1, 2), Answer.UNSURE, actor="bea", now=NOW, reason="who knows")
    with grouped.read() as connection:
        case = Casebook().case(connection, asked)
    assert case is not None
    assert [(one.answer, one.actor, one.reason, one.is_undone) for one in case.said] == [
        (Answer.UNSURE, "bea", "who knows", False),
        (Answer.SAME, "ada", "", True),
    ]


def test_question_about_an_erased_record_is_no_case(grouped: Database) -> None:
    gone = replace(question(grouped, 1, 2), b=900)
    with grouped.read() as connection:
        assert Casebook().case(connection, gone) is None
        assert Casebook().entries(connection, [gone]) == []


def test_waterfall_follows_the_parameters_that_are_in_use(grouped: Database) -> None:
    asked = question(grouped, 1, 2)
    book = Casebook()
    with grouped.read() as connection:
        (before,) = book.entries(connection, [asked])
        assert book.entries(connection, [asked]) == [before]
    with grouped.write() as connection:
        parameters.adopt(connection, replace(DEFAULTS, partners=DEFAULTS.partners / 8), origin="test", now=NOW)
    with grouped.read() as connection:
        (after,) = book.entries(connection, [asked])
    assert after.explanation.prior < before.explanation.prior
