"""mailguard.policy.decision: what a message as a whole names."""

from __future__ import annotations

from mailguard.policy.decision import MOST_NAMED, Decision, RecipientDecision
from mailguard.policy.facts import Replay, State
from mailguard.policy.finding import Action, Code, Finding


def test_a_finding_of_all_recipients_is_named_once() -> None:
    finding = Finding(Code.MASS_CC, "12 visible recipients, limit 10")
    one = RecipientDecision(Action.HOLD, (finding,))
    assert Decision(Action.HOLD, (one, one)).findings == (finding,)


def test_at_most_twenty_findings_are_named() -> None:
    ones = tuple(RecipientDecision(Action.REJECT, (Finding(Code.REPEAT, f"repeat of {n}"),)) for n in range(30))
    assert len(Decision(Action.REJECT, ones).findings) == MOST_NAMED


def test_a_retry_of_some_recipients_is_no_replay() -> None:
    again = RecipientDecision(Action.DELIVER, (), replay=Replay("01J", State.DELIVERED))
    fresh = RecipientDecision(Action.DELIVER, ())
    assert Decision(Action.DELIVER, (again, again)).is_replay
    assert not Decision(Action.DELIVER, (again, fresh)).is_replay
