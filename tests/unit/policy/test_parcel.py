from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime

import pytest

from mailguard.mail.envelope import BodyType
from mailguard.policy.facts import State
from mailguard.policy.parcel import Attempt, Destination, Outcome, Parcel

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_parcel_keeps_what_it_was_given() -> None:
    attempt = Attempt(NOW, "mx.example:25", "451 4.3.0 later")
    destination = Destination(3, "ada@x.example", "FAILURE", "rfc822;ada@x.example", (attempt,), NOW)
    parcel = Parcel(
        "01J", b"a\r\n", "", BodyType.SEVEN_BIT, smtputf8=False, ret="HDRS", envid="e1", destinations=(destination,)
    )
    assert parcel.destinations[0].attempts == (attempt,)
    assert parcel.destinations[0].n == 3


def test_outcome_cannot_be_changed_afterwards() -> None:
    outcome = Outcome("01J", 0, State.DELIVERED, (), None)
    with pytest.raises(FrozenInstanceError):
        outcome.n = 1  # type: ignore[misc]
