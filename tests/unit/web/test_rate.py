"""mailguard.web.rate: so many times, then no more until the first is long ago."""

from __future__ import annotations

import pytest

from mailguard.web.rate import Rate


def test_so_many_may_ask_and_one_more_may_not() -> None:
    rate = Rate(2, seconds=60)
    assert [rate.wait("ann", now=at) for at in (0.0, 10.0, 20.0, 59.9)] == [0, 0, 40, 1]


def test_next_one_may_when_the_first_is_long_ago() -> None:
    rate = Rate(2, seconds=60)
    assert [rate.wait("ann", now=at) for at in (0.0, 10.0, 60.0, 61.0)] == [0, 0, 0, 9]


def test_who_is_refused_waits_no_longer_for_asking() -> None:
    rate = Rate(1, seconds=60)
    assert [rate.wait("ann", now=at) for at in (0.0, 30.0, 59.0, 60.0)] == [0, 30, 1, 0]


def test_each_has_a_count_of_its_own() -> None:
    rate = Rate(1, seconds=60)
    assert (rate.wait("ann", now=0.0), rate.wait("bob", now=0.0)) == (0, 0)


@pytest.mark.parametrize("count", [1, 1000])
def test_nought_is_no_limit(count: int) -> None:
    rate = Rate(0, seconds=60)
    assert {rate.wait("ann", now=0.0) for _ in range(count)} == {0}
