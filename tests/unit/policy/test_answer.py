"""mailguard.policy.answer: the answers that the contract gives, word for word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailguard.mail.control import MailClass
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.policy.answer import Answers, adapted, answer_to, replay_answer, states_of
from mailguard.policy.decision import Decision, RecipientDecision
from mailguard.policy.facts import Replay, State
from mailguard.policy.finding import Action, Code, Finding
from mailguard.policy.limits import Limits, Mode
from tests.builders import submission

REPEAT = Finding(Code.REPEAT, "repeat of 01JC of 2026-11-16", ("01JC",))
MASS = Finding(Code.MASS_CC, "800 visible recipients, limit 10")
DELIVERED = RecipientDecision(Action.DELIVER, ())
HELD = RecipientDecision(Action.HOLD, (MASS,))
REJECTED = RecipientDecision(Action.REJECT, (REPEAT,))
KNOWN = RecipientDecision(
    Action.HOLD, (Finding(Code.KNOWN_DATA, "asks for x: on file in crm:1", said="asks for what is on file"),)
)
AT_ANOTHER = RecipientDecision(Action.REJECT, (Finding(Code.REPEAT, "repeat of itself: at another", said="repeat of itself"),))
AGAIN = RecipientDecision(Action.DELIVER, (), replay=Replay("01JC", State.DELIVERED))


def said(*recipients: RecipientDecision, answers: Answers = Answers.DEFAULT, mode: Mode = Mode.ENFORCE) -> str:
    decision = Decision(max((one.action for one in recipients), key=lambda action: action.strength), recipients)
    decision = adapted(decision, answers)
    states = states_of(decision, mode)
    return str(answer_to("01JD", decision, states=states, submission=submission(), limits=Limits()))


@pytest.mark.parametrize(
    ("recipients", "answer"),
    [
        ((DELIVERED,), "250 2.0.0 01JD accepted"),
        ((DELIVERED, DELIVERED, HELD), "250 2.0.0 01JD accepted, 1 of 3 recipients held"),
        ((DELIVERED, REJECTED), "250 2.0.0 01JD accepted, 1 of 2 recipients rejected"),
        ((DELIVERED, HELD, REJECTED), "250 2.0.0 01JD accepted, 1 of 3 recipients held, 1 of 3 recipients rejected"),
        ((HELD,), "250 2.0.0 01JD held: mass_cc, 800 visible recipients, limit 10"),
        ((HELD, REJECTED), "250 2.0.0 01JD held: mass_cc, 800 visible recipients, limit 10"),
        ((KNOWN,), "250 2.0.0 01JD held: known_data, asks for what is on file"),
        ((AT_ANOTHER,), "550 5.7.1 01JD repeat of itself; ask: mailguard why 01JD"),
        ((REJECTED,), "550 5.7.1 01JD repeat of 01JC of 2026-11-16; ask: mailguard why 01JD"),
    ],
)
def test_answers_are_the_contracts(recipients: tuple[RecipientDecision, ...], answer: str) -> None:
    assert said(*recipients) == answer


def test_polite_client_hears_250_and_the_mail_is_held() -> None:
    assert said(REJECTED, answers=Answers.POLITE) == "250 2.0.0 01JD held: repeat, repeat of 01JC of 2026-11-16"


def test_strict_client_hears_550_where_mail_would_be_held() -> None:
    answer = "550 5.7.1 01JD mass_cc: 800 visible recipients, limit 10; ask: mailguard why 01JD"
    assert said(HELD, answers=Answers.STRICT) == answer


def test_shadow_mode_delivers_all() -> None:
    assert said(HELD, REJECTED, mode=Mode.SHADOW) == "250 2.0.0 01JD accepted"


def test_retried_recipients_are_not_sent_again() -> None:
    decision = Decision(Action.DELIVER, (AGAIN, DELIVERED))
    states = states_of(decision, Mode.ENFORCE)
    assert states == (State.REPLAYED, State.QUEUED)


def test_finding_that_changes_nothing_is_not_named() -> None:
    both = RecipientDecision(Action.HOLD, (REPEAT, MASS))
    decision = Decision(Action.HOLD, (both,))
    mail = submission(mail_class=MailClass.CRITICAL)
    answer = answer_to("01JD", decision, states=(State.HELD,), submission=mail, limits=Limits())
    assert answer.text == "01JD held: mass_cc, 800 visible recipients, limit 10"


def test_replay_is_answered_with_the_first_id() -> None:
    assert replay_answer(Decision(Action.DELIVER, (AGAIN,))) == SmtpReply(250, "2.0.0", "01JC replay")


def test_replay_of_a_rejected_mail_hears_the_first_550() -> None:
    assert str(replay_answer(refused("550 5.7.1 first repeat of 01J"))) == "550 5.7.1 first repeat of 01J"


def test_replay_of_a_recipient_that_was_rejected_among_others_hears_550() -> None:
    assert str(replay_answer(refused("250 2.0.0 first accepted"))).startswith("550 5.7.1 01JC rejected before")


def test_replay_of_several_hears_550_only_where_all_of_them_were_rejected() -> None:
    first = refused("550 5.7.1 first repeat of 01J")
    assert str(replay_answer(Decision(Action.DELIVER, (*first.recipients, AGAIN)))) == "250 2.0.0 01JC replay"


def refused(answer: str) -> Decision:
    return Decision(Action.DELIVER, (replace(AGAIN, replay=Replay("01JC", State.REJECTED, answer)),))


def test_answer_names_what_held_before_what_would_have_rejected() -> None:
    decision = Decision(Action.REJECT, (replace(REJECTED, findings=(REPEAT,)), HELD))
    states = (State.HELD, State.HELD)
    answer = answer_to("01JD", decision, states=states, submission=submission(), limits=Limits())
    assert answer.text.startswith("01JD held: mass_cc")


def test_what_was_recalled_is_rejected_in_mode_shadow_too() -> None:
    finding = Finding(Code.RECALLED, "taken back")
    decision = Decision(Action.REJECT, (RecipientDecision(Action.REJECT, (finding,)),))
    assert states_of(decision, Mode.SHADOW) == (State.REJECTED,)
