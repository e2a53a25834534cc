from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.policy.facts import State
from mailguard.relay.hop_answer import Kind
from mailguard.relay.retry import Attempted, Next, Schedule, next_step

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SCHEDULE = Schedule(timedelta(seconds=15), timedelta(hours=1))
LATER_KINDS = [Kind.LATER, Kind.TROUBLE, Kind.UNCERTAIN]


def step(
    kind: Kind, attempts: int = 1, *, age: timedelta = timedelta(0), left: timedelta = timedelta(days=5), jitter: float = 0
) -> Next:
    return next_step(kind, Attempted(attempts, NOW - age, NOW + left), schedule=SCHEDULE, now=NOW, jitter=jitter)


def test_taken_mail_is_delivered_even_after_its_expiry() -> None:
    assert step(Kind.TAKEN, left=timedelta(0)) == Next(State.DELIVERED)


def test_refused_mail_has_failed() -> None:
    assert step(Kind.REFUSED) == Next(State.FAILED)


@pytest.mark.parametrize("kind", LATER_KINDS)
def test_first_retry_comes_after_the_first_wait(kind: Kind) -> None:
    assert step(kind) == Next(State.DEFERRED, NOW + timedelta(seconds=15))


def test_wait_doubles() -> None:
    age, waits = timedelta(0), []
    for attempts in range(1, 6):
        due_at = step(Kind.LATER, attempts, age=age).due_at
        assert due_at is not None
        waits.append((due_at - NOW).total_seconds())
        age += due_at - NOW
    assert waits == [15, 30, 60, 120, 240]


def test_wait_is_at_most_hourly() -> None:
    assert step(Kind.LATER, 1000, age=timedelta(days=3)).due_at == NOW + timedelta(hours=1)


def test_two_hops_tried_in_one_round_are_one_failure() -> None:
    assert step(Kind.TROUBLE, 2).due_at == NOW + timedelta(seconds=15)


def test_old_mail_that_failed_once_is_tried_again_soon() -> None:
    assert step(Kind.TROUBLE, 2, age=timedelta(days=1)).due_at == NOW + timedelta(seconds=30)


def test_jitter_only_shortens() -> None:
    assert step(Kind.LATER, jitter=1).due_at == NOW + timedelta(seconds=11.25)


def test_last_attempt_is_at_the_expiry() -> None:
    assert step(Kind.LATER, left=timedelta(seconds=14)).due_at == NOW + timedelta(seconds=14)


@pytest.mark.parametrize("kind", LATER_KINDS)
@pytest.mark.parametrize("left", [timedelta(0), timedelta(days=-9)])
def test_mail_expires(kind: Kind, left: timedelta) -> None:
    assert step(kind, left=left) == Next(State.EXPIRED)


def test_clock_that_was_set_back_does_no_harm() -> None:
    assert step(Kind.LATER, 3, age=timedelta(days=-1)).due_at == NOW + timedelta(seconds=15)


@given(
    kind=st.sampled_from(LATER_KINDS),
    attempts=st.integers(0, 10**9),
    age=st.timedeltas(timedelta(0), timedelta(days=400)),
    left=st.timedeltas(timedelta(days=-1), timedelta(days=400)),
    jitter=st.floats(0, 1),
)
def test_deferred_mail_is_due_later_and_never_after_its_expiry(
    kind: Kind, attempts: int, age: timedelta, left: timedelta, jitter: float
) -> None:
    follows = step(kind, attempts, age=age, left=left, jitter=jitter)
    if follows.state is State.EXPIRED:
        assert left <= timedelta(0)
    else:
        assert follows.due_at is not None
        assert NOW < follows.due_at <= NOW + min(left, timedelta(hours=1))
