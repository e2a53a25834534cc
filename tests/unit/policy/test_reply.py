"""mailguard.policy.reply: what a reply is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailguard.policy.reply import ReplyState, Tie
from tests.unit.policy.test_reply_rules import reply


@pytest.mark.parametrize("tie", Tie)
def test_from_alone_speaks_for_nobody(tie: Tie) -> None:
    assert tie.speaks_for_person is (tie.value not in {"subject", "sender", "none"})


@pytest.mark.parametrize(("state", "is_owed"), [("open", True), ("acknowledged", True), ("resolved", False)])
def test_an_acknowledgement_resolves_nothing(state: str, *, is_owed: bool) -> None:
    assert replace(reply(), state=ReplyState(state)).is_owed is is_owed
