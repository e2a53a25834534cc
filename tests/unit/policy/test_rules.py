"""mailguard.policy.rules: the table says what the contract says."""

from __future__ import annotations

import pytest

from mailguard.mail.control import MailClass
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Limits
from mailguard.policy.rules import DEFAULTS, action_for

CONTRACT = """
loop               reject  reject reject
suppressed         deliver deliver reject
unreadable         hold    hold   hold
mass_cc            hold    hold   hold
hidden_recipients  hold    hold   hold
addressee_mismatch deliver hold   hold
stale_audience     deliver hold   hold
repeat             deliver reject reject
near_repeat        deliver hold   hold
fan_out            deliver hold   hold
frequency_cap      deliver deliver hold
"""


@pytest.mark.parametrize("row", CONTRACT.strip().splitlines())
def test_default_actions_are_the_contracts(row: str) -> None:
    code, *actions = row.split()
    assert [action_for(Code(code), mail_class, Limits()) for mail_class in MailClass] == actions


def test_each_finding_but_replay_has_defaults() -> None:
    assert set(DEFAULTS) == set(Code) - {Code.REPLAY}


def test_the_operators_word_wins() -> None:
    limits = Limits(actions={(MailClass.BULK, Code.REPEAT): Action.HOLD})
    assert action_for(Code.REPEAT, MailClass.BULK, limits) is Action.HOLD
    assert action_for(Code.REPEAT, MailClass.SERVICE, limits) is Action.REJECT
