"""mailguard.policy.decide: findings to verdicts, recipient by recipient."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailguard.mail.control import MailClass
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.decide import decide
from mailguard.policy.facts import Earlier, Facts, FanOut, MessageFacts, Replay, State, Suppression
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Limits
from tests.builders import NOW
from tests.unit.policy.test_message_rules import facts
from tests.unit.policy.test_recipient_rules import PLAIN, earlier, recipient

LIMITS = Limits()
SENT = (earlier(timedelta(hours=1)),)
HELD = (Earlier("held", NOW, b"t", b"c", State.HELD),)


def test_nothing_found_is_delivered() -> None:
    decision = decide(Facts(facts(), (PLAIN,)), LIMITS)
    assert (decision.action, decision.findings) == (Action.DELIVER, ())


def test_strongest_recipient_names_the_message() -> None:
    decision = decide(Facts(facts(), (PLAIN, recipient(earlier=SENT))), LIMITS)
    assert [one.action for one in decision.recipients] == [Action.DELIVER, Action.REJECT]
    assert decision.action is Action.REJECT


def test_critical_repeat_is_delivered_with_its_finding() -> None:
    decision = decide(Facts(facts(mail_class=MailClass.CRITICAL), (recipient(earlier=SENT),)), LIMITS)
    assert decision.action is Action.DELIVER
    assert [finding.code for finding in decision.findings] == [Code.REPEAT]


def test_own_mailbox_may_get_the_same_again() -> None:
    own = recipient(is_own=True, earlier=SENT, fan_out=FanOut(99, NOW, was_released=False))
    assert decide(Facts(facts(), (own,)), LIMITS).recipients[0].findings == ()


def test_own_mailbox_is_held_with_the_mass_it_is_in() -> None:
    assert decide(Facts(facts(visible_outside=800), (recipient(is_own=True),)), LIMITS).action is Action.HOLD


def test_repeat_of_a_held_mail_joins_its_hold() -> None:
    decision = decide(Facts(facts(), (recipient(earlier=HELD),)), LIMITS).recipients[0]
    assert (decision.action, decision.joins) == (Action.HOLD, "held")


def test_critical_repeat_joins_no_hold() -> None:
    decision = decide(Facts(facts(mail_class=MailClass.CRITICAL), (recipient(earlier=HELD),)), LIMITS).recipients[0]
    assert (decision.action, decision.joins) == (Action.DELIVER, "")


def test_rejected_for_another_cause_joins_nothing() -> None:
    decision = decide(Facts(facts(received_count=51), (recipient(earlier=HELD),)), LIMITS).recipients[0]
    assert (decision.action, decision.joins) == (Action.REJECT, "")


def test_retry_is_not_judged_again() -> None:
    again = recipient(earlier=SENT, replay=Replay("01J", State.DELIVERED))
    decision = decide(Facts(facts(visible_outside=800), (again,)), LIMITS)
    assert decision.is_replay
    assert [finding.code for finding in decision.findings] == [Code.REPLAY]


def test_general_findings_stand_before_a_recipients_own() -> None:
    mailbox = recipient(mailbox=parse_mailbox("x@people.example"), earlier=SENT)
    decision = decide(Facts(facts(visible_outside=11), (mailbox,)), LIMITS)
    assert [finding.code for finding in decision.findings] == [Code.MASS_CC, Code.REPEAT]


def test_where_repeats_are_held_one_joins_the_hold_too() -> None:
    limits = Limits(actions={(MailClass.SERVICE, Code.REPEAT): Action.HOLD})
    decision = decide(Facts(facts(), (recipient(earlier=HELD),)), limits).recipients[0]
    assert (decision.action, decision.joins) == (Action.HOLD, "held")


def test_an_override_lets_out_what_would_be_stopped_and_keeps_what_was_found() -> None:
    decision = decide(Facts(facts(visible_outside=11), (recipient(earlier=HELD, override="O1"), recipient())), LIMITS)
    first, second = decision.recipients
    assert (first.action, first.override, first.joins) == (Action.DELIVER, "O1", "")
    assert [finding.code for finding in first.findings] == [Code.MASS_CC, Code.REPEAT]
    assert (second.action, second.override) == (Action.HOLD, "")


def test_an_override_is_not_used_where_nothing_stops_the_mail() -> None:
    critical = facts(mail_class=MailClass.CRITICAL)
    for message, one in ((facts(), recipient(override="O1")), (critical, recipient(override="O1", earlier=SENT))):
        assert decide(Facts(message, (one,)), LIMITS).recipients[0].override == ""


@pytest.mark.parametrize(
    ("message", "changes"),
    [
        (facts(render_failure="line 1"), {}),
        (facts(recalled="R1"), {}),
        (facts(received_count=51), {}),
        (facts(), {"is_bounced": True}),
    ],
)
def test_no_override_lets_out_half_a_mail_one_taken_back_in_circles_or_to_nowhere(
    message: MessageFacts, changes: dict[str, bool]
) -> None:
    decision = decide(Facts(message, (recipient(override="O1", **changes),)), LIMITS).recipients[0]
    assert (decision.action is Action.DELIVER, decision.override) == (False, "")


def test_an_override_writes_to_who_has_unsubscribed() -> None:
    one = recipient(override="O1", suppression=Suppression.UNSUBSCRIBED)
    assert decide(Facts(facts(mail_class=MailClass.BULK), (one,)), LIMITS).recipients[0].override == "O1"


def test_a_retry_stays_one_whatever_lets_it_out() -> None:
    again = recipient(override="O1", replay=Replay("01J", State.DELIVERED))
    assert decide(Facts(facts(), (again,)), LIMITS).recipients[0].override == ""


def test_a_member_that_was_reached_is_told_by_which_broadcast() -> None:
    again = recipient(replay=Replay("01J", State.DELIVERED, broadcast="B1"))
    (finding,) = decide(Facts(facts(), (again,)), LIMITS).findings
    assert finding.text == "broadcast B1 has reached this recipient already, with 01J"
