"""mailguard.store.answers: what a clerk lets out answers what it is an answer to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailguard.mail.automation import AutoSubmitted
from mailguard.policy.reply import ReplyState
from mailguard.policy.reply_history import Move
from mailguard.store import holds, replies
from mailguard.store.answers import answer_released, answer_replies
from mailguard.store.database import Database
from mailguard.store.filter import Filter
from mailguard.store.reply_moves import moves_of
from tests.builders import NOW, crowd, message
from tests.ledger import mail, take
from tests.unit.store.written import wrote

ANN = "ann@people.example"


def state(database: Database, id: str) -> ReplyState | None:
    with database.read() as connection:
        found = replies.show(connection, id)
    assert found is not None
    return found.state


def release(database: Database, id: str) -> None:
    with database.write() as connection:
        act = holds.Act(NOW, "clerk", "")
        holds.release(connection, Filter(ids=(id,)), act, expires_at=NOW + timedelta(days=5))


def test_moves_are_written_with_who_and_why(database: Database) -> None:
    id = wrote(database, "a", anchor=ANN)
    with database.write() as connection:
        answer_replies(connection, [Move(id, ReplyState.RESOLVED, "desk", "answered by 01JM")], now=NOW)
    with database.read() as connection:
        assert [(one.actor, one.verb, one.reason) for one in moves_of(connection, id)] == [
            ("desk", "resolved", "answered by 01JM")
        ]


@pytest.mark.parametrize(
    ("auto_submitted", "to", "becomes"),
    [
        (AutoSubmitted.NO, ANN, ReplyState.RESOLVED),
        (AutoSubmitted.GENERATED, ANN, ReplyState.ACKNOWLEDGED),
        (AutoSubmitted.NO, "bob@people.example", ReplyState.OPEN),
    ],
)
def test_released_mail_answers(database: Database, auto_submitted: AutoSubmitted, to: str, becomes: ReplyState) -> None:
    id = wrote(database, "a", anchor=ANN)
    answer = message(visible=crowd(11), in_reply_to=("a@people.example", "unknown@x"), auto_submitted=auto_submitted)
    with database.write() as connection:
        (entry,) = take(connection, mail(answer, to))
    assert state(database, id) is ReplyState.OPEN
    release(database, entry.id)
    assert state(database, id) is becomes


def test_released_mail_that_answers_nothing_answers_nothing(database: Database) -> None:
    with database.write() as connection:
        (plain, unknown) = take(
            connection,
            mail(message("a", visible=crowd(11)), ANN),
            mail(message("b", visible=crowd(11), in_reply_to=("no@x",)), ANN),
        )
        answer_released(connection, [(plain.id, 0), (unknown.id, 0)], now=NOW)
