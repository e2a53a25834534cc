from __future__ import annotations

from datetime import timedelta

import pytest

from mailguard.identity.clerical import Answer
from mailguard.store.database import Database
from mailguard.store.verdicts import (
    all_verdicts,
    history,
    put_verdict,
    undo_verdict,
    verdicts_by,
    verdicts_of,
)
from tests.builders import NOW

SAME, DIFFERENT, UNSURE = Answer.SAME, Answer.DIFFERENT, Answer.UNSURE
LATER = NOW + timedelta(minutes=1)


def test_a_verdict_is_kept_with_who_when_and_why(database: Database) -> None:
    with database.write() as connection:
        put_verdict(connection, (7, 3), SAME, actor="ada", now=NOW, reason="same card", probability=0.75)
    with database.read() as connection:
        (verdict,) = verdicts_of(connection, [3])
    assert (verdict.pair, verdict.answer, verdict.actor, verdict.at) == ((3, 7), SAME, "ada", NOW)
    assert (verdict.reason, verdict.probability, verdict.undone_at, verdict.undone_by) == ("same card", 0.75, None, None)


def test_a_record_is_not_compared_with_itself(database: Database) -> None:
    with database.write() as connection, pytest.raises(ValueError, match="with itself"):
        put_verdict(connection, (3, 3), SAME, actor="ada", now=NOW)


def test_the_newest_verdict_counts_and_undone_the_one_before_it_does_again(database: Database) -> None:
    with database.write() as connection:
        put_verdict(connection, (3, 7), SAME, actor="ada", now=NOW)
        put_verdict(connection, (3, 7), DIFFERENT, actor="bob", now=NOW)
        assert [one.answer for one in verdicts_of(connection, [7, 3])] == [DIFFERENT]
        undone = undo_verdict(connection, (7, 3), actor="eve", now=LATER)
        assert undone is not None
        assert (undone.answer, undone.actor) == (DIFFERENT, "bob")
        assert [one.answer for one in verdicts_of(connection, [3])] == [SAME]
        assert undo_verdict(connection, (3, 7), actor="eve", now=LATER) is not None
        assert verdicts_of(connection, [3]) == []
        assert undo_verdict(connection, (3, 7), actor="eve", now=LATER) is None
        assert [(one.answer, one.undone_by, one.undone_at) for one in history(connection, (7, 3))] == [
            (DIFFERENT, "eve", LATER),
            (SAME, "eve", LATER),
        ]


def test_a_clerk_takes_back_their_own_answer_also_when_another_came_after(database: Database) -> None:
    with database.write() as connection:
        put_verdict(connection, (3, 7), SAME, actor="ada", now=NOW)
        put_verdict(connection, (3, 7), DIFFERENT, actor="bob", now=NOW)
        (mine,) = verdicts_by(connection, "ada", limit=9)
        assert undo_verdict(connection, (3, 7), actor="ada", now=LATER, seq=mine.seq) == mine
        assert undo_verdict(connection, (3, 7), actor="ada", now=LATER, seq=mine.seq) is None
        assert [one.actor for one in verdicts_of(connection, [3])] == ["bob"]


def test_verdicts_are_found_from_both_ends_and_as_a_whole(database: Database) -> None:
    with database.write() as connection:
        for pair in ((1, 2), (2, 3), (4, 5), (2, 3)):
            put_verdict(connection, pair, SAME, actor="ada", now=NOW)
        assert [one.pair for one in verdicts_of(connection, [2, 2])] == [(1, 2), (2, 3)]
        assert [one.pair for one in all_verdicts(connection)] == [(1, 2), (4, 5), (2, 3)]


def test_what_a_clerk_said_comes_newest_first(database: Database) -> None:
    with database.write() as connection:
        for n, actor in enumerate(("ada", "bob", "ada", "ada")):
            put_verdict(connection, (n, n + 1), UNSURE, actor=actor, now=NOW + timedelta(minutes=n))
        assert [one.pair for one in verdicts_by(connection, "ada", limit=2)] == [(3, 4), (2, 3)]
        assert [one.pair for one in verdicts_by(connection, "ada", since=NOW + timedelta(minutes=3), limit=9)] == [(3, 4)]
