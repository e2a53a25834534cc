"""mailguard.policy.facts: values that cannot be changed once made."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from mailguard.policy.facts import Replay, State


def test_facts_cannot_be_changed() -> None:
    replay = Replay("01J", State.QUEUED)
    for field in fields(replay):
        with pytest.raises(FrozenInstanceError):
            setattr(replay, field.name, None)


def test_states_are_the_contracts() -> None:
    contract = "queued held deferred delivered rejected replayed failed dropped expired cancelled"
    assert [str(state) for state in State] == contract.split()
