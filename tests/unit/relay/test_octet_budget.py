"""mailguard.relay.octet_budget: what is spent is never more than the limit."""

from __future__ import annotations

import pytest

from mailguard.relay.octet_budget import OctetBudget


@pytest.mark.parametrize(("octets", "fits"), [(9, True), (10, True), (11, False)])
def test_limit_is_the_most_that_can_be_spent(octets: int, fits: bool) -> None:  # noqa: FBT001
    budget = OctetBudget(10)
    assert budget.has_room_for(octets) is fits
    assert budget.spend(octets) is fits
    assert budget.used == (octets if fits else 0)


def test_given_back_octets_can_be_spent_again() -> None:
    budget = OctetBudget(10)
    assert budget.spend(10)
    assert not budget.spend(1)
    budget.give_back(4)
    assert budget.spend(4)
    assert budget.used == 10
