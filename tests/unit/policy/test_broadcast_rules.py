"""mailguard.policy.broadcast_rules: what is unchecked, at the limits and beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailguard.mail.control import MailClass
from mailguard.policy.broadcast_rules import unchecked_broadcast, waits_for_check
from mailguard.policy.decide import decide
from mailguard.policy.facts import Earlier, Facts, FanOut, MessageFacts, RecipientFacts, State
from mailguard.policy.finding import Action, Code, Finding
from mailguard.policy.limits import Limits
from tests.builders import NOW
from tests.unit.policy.test_message_rules import facts
from tests.unit.policy.test_recipient_rules import PLAIN

LIMITS = Limits(fan_out_limit=3, fan_out_window=timedelta(minutes=10))


def found(message: MessageFacts, recipient: RecipientFacts = PLAIN) -> Finding | None:
    return unchecked_broadcast(message, recipient, LIMITS)


def reached(persons: int, **changes: object) -> RecipientFacts:
    return replace(PLAIN, fan_out=FanOut(persons, None, was_released=False), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("persons", "is_found"), [(2, False), (3, True), (4, True)])
def test_bulk_to_more_persons_than_the_limit_with_no_check_is_found(persons: int, is_found: bool) -> None:  # noqa: FBT001
    assert (found(facts(mail_class=MailClass.BULK), reached(persons)) is not None) is is_found


def test_it_says_what_to_do() -> None:
    finding = found(facts(mail_class=MailClass.BULK), reached(3))
    assert finding is not None
    assert finding.text == (
        "bulk mail to more than 3 persons within 10 minutes with no check; mailguard check MESSAGE --to AUDIENCE --sign"
    )


def test_own_mailbox_need_be_in_no_audience() -> None:
    assert found(facts(mail_class=MailClass.BULK, check="B1"), reached(9, is_own=True)) is None


CHECKED = {Code.UNCHECKED_BROADCAST, Code.FAN_OUT, Code.HIDDEN_RECIPIENTS}


def waiting(*codes: Code, id: str = "held", text: bytes = b"t", core: bytes = b"c", state: State = State.HELD) -> Earlier:
    return Earlier(id, NOW - timedelta(hours=1), text, core, state, frozenset(codes))


@pytest.mark.parametrize(
    ("mail", "is_found"),
    [
        *((waiting(code), True) for code in sorted(CHECKED)),
        (waiting(*CHECKED), True),
        (waiting(*CHECKED, Code.MASS_CC), False),
        (waiting(Code.OPEN_REPLY), False),
        (waiting(), False),
        (waiting(*CHECKED, state=State.QUEUED), False),
    ],
)
def test_what_waits_for_a_check_is_what_a_check_would_have_settled(mail: Earlier, is_found: bool) -> None:  # noqa: FBT001
    assert waits_for_check(mail) is is_found


def test_checked_mail_takes_the_place_of_what_waited_for_its_check_and_only_of_that() -> None:
    message = facts(mail_class=MailClass.BULK, check="B1")
    mails = (
        waiting(Code.FAN_OUT, id="same"),
        waiting(Code.FAN_OUT, id="nearly the same", text=b"u"),
        waiting(Code.FAN_OUT, id="another", text=b"u", core=b"d"),
    )
    decision = decide(Facts(message, (reached(9, is_checked=True, earlier=mails),)), LIMITS).recipients[0]
    assert (decision.action, decision.findings) == (Action.DELIVER, ())
    assert decision.supersedes == ("same", "nearly the same")
    nobody = decide(Facts(facts(), (reached(0, earlier=mails),)), LIMITS).recipients[0]
    assert (nobody.action, nobody.joins, nobody.supersedes) == (Action.HOLD, "same", ())


def test_checked_mail_that_repeats_what_was_sent_is_a_repeat_all_the_same() -> None:
    message = facts(mail_class=MailClass.BULK, check="B1")
    sent = waiting(id="sent", state=State.DELIVERED)
    decision = decide(Facts(message, (reached(9, is_checked=True, earlier=(waiting(Code.FAN_OUT), sent)),)), LIMITS)
    assert decision.action is Action.REJECT
    assert decision.recipients[0].findings[0].refs == ("sent",)


def test_own_mailboxes_and_service_mail_need_no_check() -> None:
    assert found(facts(mail_class=MailClass.BULK), reached(9, is_own=True)) is None
    assert found(facts(mail_class=MailClass.SERVICE), reached(9)) is None


@pytest.mark.parametrize("mail_class", [MailClass.SERVICE, MailClass.BULK])
def test_a_check_that_does_not_hold_is_found_whatever_the_count(mail_class: MailClass) -> None:
    finding = found(facts(mail_class=mail_class, check_failure="it expired"), reached(0, is_own=True))
    assert finding is not None
    assert finding.text.startswith("it expired; mailguard check")


@pytest.mark.parametrize("mail_class", [MailClass.SERVICE, MailClass.BULK])
def test_a_check_that_holds_lets_its_members_through_and_nobody_else(mail_class: MailClass) -> None:
    message = facts(mail_class=mail_class, check="B1")
    assert found(message, reached(9, is_checked=True)) is None
    finding = found(message, reached(0))
    assert finding is not None
    assert finding.refs == ("B1",)


@pytest.mark.parametrize("changes", [{"check_failure": "it expired"}, {"check": "B1"}])
def test_critical_mail_is_never_found(changes: dict[str, str]) -> None:
    assert found(facts(mail_class=MailClass.CRITICAL, **changes), reached(9)) is None


def test_members_are_exempt_from_fan_out_and_from_nothing_else() -> None:
    bulk = facts(mail_class=MailClass.BULK, check="B1")
    decision = decide(Facts(bulk, (reached(9, is_checked=True), reached(9))), LIMITS)
    assert [one.action for one in decision.recipients] == [Action.DELIVER, Action.HOLD]
    assert [finding.code for finding in decision.recipients[1].findings] == [Code.UNCHECKED_BROADCAST, Code.FAN_OUT]
    crowded = facts(mail_class=MailClass.BULK, check="B1", visible_outside=11)
    assert decide(Facts(crowded, (reached(9, is_checked=True),)), LIMITS).action is Action.HOLD


def test_without_a_check_both_are_found() -> None:
    decision = decide(Facts(facts(mail_class=MailClass.BULK), (reached(3),)), LIMITS)
    assert [finding.code for finding in decision.findings] == [Code.UNCHECKED_BROADCAST, Code.FAN_OUT]
