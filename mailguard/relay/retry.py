"""When a mail is tried again, and when no more: a pure decision. Reads no clock and throws no dice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailguard.policy.facts import State
from mailguard.relay.hop_answer import Kind

_MOST_DOUBLINGS = 20
"""Beyond any `most` in use; keeps the arithmetic within what a timedelta holds."""

_SPREAD = 0.25
"""The part of a wait that jitter may take away, so that what failed together does not come back together."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The wait after the first failure, and the longest one."""

    first: timedelta
    most: timedelta


@dataclass(frozen=True, slots=True)
class Attempted:
    """What is known of one recipient after an attempt: how many there were, this one included, and when the first was."""

    attempts: int
    first_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Next:
    """The state that follows, and for `deferred` when the mail is due."""

    state: State
    due_at: datetime | None = None


def next_step(kind: Kind, attempted: Attempted, *, schedule: Schedule, now: datetime, jitter: float) -> Next:
    """Return what follows on an answer: delivered, failed, expired, or deferred until when.

    `jitter` is from 0 to 1. The wait doubles from attempt to attempt (RFC 5321 4.5.4.1), is never longer than the mail's
    age asks for (two hops tried in one round are one failure, not two), and ends with the mail's expiry: there is one last
    attempt then.
    """
    if kind is Kind.TAKEN:
        return Next(State.DELIVERED)
    if kind is Kind.REFUSED:
        return Next(State.FAILED)
    if now >= attempted.expires_at:
        return Next(State.EXPIRED)
    due_at = now + wait(attempted, schedule=schedule, now=now) * (1 - _SPREAD * jitter)
    return Next(State.DEFERRED, min(due_at, attempted.expires_at))


def wait(attempted: Attempted, *, schedule: Schedule, now: datetime) -> timedelta:
    """Return the time until the next attempt, before jitter."""
    by_count = schedule.first * (1 << min(max(attempted.attempts - 1, 0), _MOST_DOUBLINGS))
    by_age = schedule.first + max(now - attempted.first_at, timedelta(0))
    return min(by_count, by_age, schedule.most)
