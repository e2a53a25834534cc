"""One answer for many recipients of whom each was decided alone."""

from __future__ import annotations

import pytest

from mailguard.mail.smtp_reply import SmtpReply
from mailguard.policy.decision import Decision, RecipientDecision
from mailguard.policy.entry import Entry
from mailguard.policy.facts import Replay, State
from mailguard.policy.finding import Action
from mailguard.relay.intake import Taken
from mailguard.relay.rendered_answer import answer_for
from tests.builders import submission

ANSWERS = {
    "queued": SmtpReply(250, "2.0.0", "Q{n} accepted"),
    "held": SmtpReply(250, "2.0.0", "H{n} held: open_reply"),
    "rejected": SmtpReply(550, "5.7.1", "R{n} repeat of X; ask: mailguard why R{n}"),
    "replayed": SmtpReply(250, "2.0.0", "P{n} replay"),
    "refused": SmtpReply(550, "5.7.1", "N{n} repeat of X; ask: mailguard why N{n}"),
}


def taken(word: str, n: int) -> Taken:
    told = ANSWERS[word]
    answer = SmtpReply(told.code, told.enhanced_status, told.text.format(n=n))
    is_replay = word in {"replayed", "refused"}
    state = State.REPLAYED if is_replay else State(word)
    mail = submission()
    replay = Replay("01JB0000000000000000000000", State.QUEUED) if is_replay else None
    one = RecipientDecision(Action.DELIVER, (), replay)
    entry = Entry(
        submission=mail,
        decision=Decision(Action.DELIVER, (one,)),
        id=mail.id,
        first_ordinal=0,
        answer=answer,
        octets=b"",
        states=(state,),
        skip=frozenset(),
        hidden_outside=0,
        audience=b"",
    )
    return Taken(answer, entry)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("queued", "250 2.0.0 Q0 accepted"),
        ("held", "250 2.0.0 H0 held: open_reply"),
        ("rejected", "550 5.7.1 R0 repeat of X; ask: mailguard why R0"),
        ("replayed", "250 2.0.0 P0 replay"),
        ("refused", "550 5.7.1 N0 repeat of X; ask: mailguard why N0"),
        ("queued queued", "250 2.0.0 Q0 accepted"),
        ("held held", "250 2.0.0 H0 held: open_reply"),
        ("rejected rejected", "550 5.7.1 R0 repeat of X; ask: mailguard why R0"),
        ("replayed replayed", "250 2.0.0 P0 replay"),
        ("refused replayed", "250 2.0.0 P1 replay"),
        ("held queued queued", "250 2.0.0 Q1 accepted, 1 of 3 recipients held"),
        ("held queued rejected", "250 2.0.0 Q1 accepted, 1 of 3 recipients held, 1 of 3 recipients rejected"),
        ("rejected queued", "250 2.0.0 Q1 accepted, 1 of 2 recipients rejected"),
        ("rejected held", "250 2.0.0 H1 held: open_reply"),
        ("replayed held", "250 2.0.0 P0 accepted, 1 of 2 recipients held"),
    ],
)
def test_answer_is_theirs_where_all_came_to_the_same_and_else_the_count(words: str, answer: str) -> None:
    assert str(answer_for([taken(word, n) for n, word in enumerate(words.split())])) == answer


def test_refusal_before_any_decision_is_the_answer() -> None:
    refusal = SmtpReply(550, "5.5.4", "the key was used before")
    assert answer_for([Taken(refusal), Taken(refusal)]) == refusal
