"""mailguard.policy.reply_history: each mail of a batch sees what those before it have answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mailguard.identity.person import Resolution
from mailguard.policy.reply import AUTO_REPLIED, Answerable, Reply, ReplyState
from mailguard.policy.reply_history import Answering, Move, ReplyHistory, is_of, move_of
from tests.builders import known
from tests.unit.policy.test_recipient_rules import PLAIN
from tests.unit.policy.test_reply_rules import ASKED, WROTE, reply

JANE = known("jane.doe@y.example", "P1", "j.doe@x.example")
TOM = known("tom@z.example", "P2")
FIRST = reply(id="first", seq=1, message_id="first@x.example")
SECOND = reply(id="second", seq=2)


def history(*replies: Reply, anchor: str = "j.doe@x.example", mailbox: str = "", **changes: Any) -> ReplyHistory:
    """One that knows these replies under one anchor, newest first."""
    ordered = sorted(replies, key=lambda one: one.seq, reverse=True)
    named: dict[str, list[Answerable]] = {}
    for one in ordered:
        named.setdefault(one.message_id, []).append(Answerable(one, anchor, mailbox))
    return ReplyHistory(owed={anchor: [one for one in ordered if one.is_owed]}, named=named, **changes)


def answering(*ids: str, **changes: Any) -> Answering:
    """A mail of a person that answers these Message-IDs."""
    return replace(Answering("01JM", "desk", ids, ids, is_automatic=False, is_auto_replied=False), **changes)


def open_of(past: ReplyHistory, to: Resolution = JANE) -> list[str]:
    return [one.id for one in past.added(PLAIN, to, answering()).open_replies]


def test_what_is_owed_is_found_under_every_anchor_newest_first_and_once() -> None:
    past = history(FIRST, SECOND)
    past.owed = {**past.owed, "jane.doe@y.example": [reply(id="third", seq=3), SECOND]}
    assert open_of(past) == ["third", "second", "first"]
    assert open_of(past, TOM) == []


def test_a_persons_answer_resolves_for_the_mails_after_it() -> None:
    past = history(FIRST, SECOND)
    past.answer(JANE, answering(WROTE))
    assert past.moves == [Move("second", ReplyState.RESOLVED, "desk", "answered by 01JM")]
    assert open_of(past) == ["first"]
    past.answer(JANE, answering(WROTE, id="01JN"))
    assert len(past.moves) == 1


def test_a_programs_answer_acknowledges_once() -> None:
    past = history(SECOND)
    auto = answering(WROTE, is_automatic=True, is_auto_replied=True)
    assert past.added(PLAIN, JANE, auto).acknowledged == frozenset()
    past.answer(JANE, auto)
    past.answer(JANE, auto)
    assert past.moves == [Move("second", ReplyState.ACKNOWLEDGED, AUTO_REPLIED, "answered by 01JM")]
    assert past.added(PLAIN, JANE, auto).acknowledged == {ASKED}
    assert open_of(past) == ["second"]


def test_one_mail_to_many_is_a_conversation_with_each_of_them() -> None:
    past = history(SECOND)
    past.answer(JANE, answering(WROTE, is_automatic=True, is_auto_replied=True))
    assert past.added(PLAIN, JANE, answering()).acknowledged == {ASKED}
    assert past.added(PLAIN, TOM, answering()).acknowledged == frozenset()


def test_a_help_desk_that_sends_a_persons_words_acknowledges_in_its_own_name() -> None:
    past = history(SECOND)
    past.answer(JANE, answering(WROTE, is_automatic=True))
    assert past.moves == [Move("second", ReplyState.ACKNOWLEDGED, "desk", "answered by 01JM")]
    assert past.acknowledged == frozenset()


@pytest.mark.parametrize(("state", "is_automatic"), [("resolved", True), ("resolved", False), ("acknowledged", True)])
def test_nothing_goes_backwards(state: str, *, is_automatic: bool) -> None:
    assert move_of(reply(state=ReplyState(state)), answering(WROTE, is_automatic=is_automatic)) is None


def test_a_mail_to_somebody_else_answers_nothing() -> None:
    past = history(SECOND)
    past.answer(TOM, answering(WROTE))
    assert past.moves == []
    assert past.added(PLAIN, TOM, answering(WROTE)).answered == ()


def test_a_reply_that_counts_for_nobody_is_answered_at_the_mailbox_that_it_came_from() -> None:
    one = Answerable(SECOND, "", "tom@z.example")
    assert is_of(one, TOM)
    assert not is_of(one, JANE)


def test_answered_and_followed_replies_are_told_apart() -> None:
    past = history(replace(SECOND, state=ReplyState.RESOLVED))
    answers = past.added(PLAIN, JANE, answering(WROTE))
    assert ([one.id for one in answers.answered], answers.follows_reply) == (["second"], True)
    follows = past.added(PLAIN, JANE, answering(thread=("other@x", WROTE)))
    assert (follows.answered, follows.follows_reply) == ((), True)


def test_the_newest_reply_is_that_of_any_anchor() -> None:
    past = ReplyHistory(newest={"j.doe@x.example": (3, "c"), "jane.doe@y.example": (4, "d"), "tom@z.example": (9, "z")})
    facts = past.added(PLAIN, JANE, answering())
    assert (facts.newest_reply, facts.newest_reply_id) == (4, "d")


def test_nobody_has_written_anything() -> None:
    assert ReplyHistory().is_empty
    assert not history(SECOND).is_empty
    assert not ReplyHistory(newest={"j.doe@x.example": (3, "c")}).is_empty
