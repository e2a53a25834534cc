"""mailguard.policy.entry: values that cannot be changed once made."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from mailguard.mail.smtp_reply import SmtpReply
from mailguard.policy.decision import Decision
from mailguard.policy.entry import Entry
from mailguard.policy.finding import Action
from tests.builders import submission


def test_an_entry_cannot_be_changed() -> None:
    entry = Entry(
        submission=submission(),
        decision=Decision(Action.DELIVER, ()),
        id="01J",
        first_ordinal=0,
        answer=SmtpReply(250, "2.0.0", "01J accepted"),
        octets=b"",
        states=(),
        skip=frozenset(),
        hidden_outside=0,
        audience=b"",
    )
    for field in fields(entry):
        with pytest.raises(FrozenInstanceError):
            setattr(entry, field.name, None)
