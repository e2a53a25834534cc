"""mailguard.policy.finding: actions have an order."""

from __future__ import annotations

from mailguard.policy.finding import Action


def test_reject_is_stronger_than_hold_and_hold_than_deliver() -> None:
    assert sorted(Action, key=lambda action: action.strength) == [Action.DELIVER, Action.HOLD, Action.REJECT]
