"""mailguard.policy.rules: the table says what the contract says."""

from __future__ import annotations

import pytest

from mailguard.mail.control import MailClass
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Limits
from mailguard.policy.rules import DEFAULTS, EXEMPT_OWN, action_for

CONTRACT = """
loop               reject  reject reject
suppressed         reject  reject reject
unreadable         hold    hold   hold
render_failed      hold    hold   hold
mass_cc            hold    hold   hold
hidden_recipients  hold    hold   hold
addressee_mismatch deliver hold   hold
stale_audience     deliver hold   hold
stale_context      deliver hold   hold
open_reply         deliver hold   hold
known_data         deliver hold   hold
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


def test_what_is_half_made_is_held_whatever_the_operator_says() -> None:
    limits = Limits(actions={(MailClass.CRITICAL, Code.RENDER_FAILED): Action.DELIVER})
    assert action_for(Code.RENDER_FAILED, MailClass.CRITICAL, limits) is Action.HOLD


def test_own_mailboxes_are_not_stopped_for_what_is_ordinary_there() -> None:
    assert Code.OPEN_REPLY in EXEMPT_OWN
    assert {Code.SUPPRESSED, Code.STALE_CONTEXT, Code.RENDER_FAILED}.isdisjoint(EXEMPT_OWN)
