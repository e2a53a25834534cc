"""mailguard.relay.undecided: without a ledger, the sender hears what the next hop says."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from mailguard.mail.envelope import BodyType
from mailguard.policy.facts import State
from mailguard.policy.parcel import Destination, Outcome, Parcel
from mailguard.relay.undecided import Undecided
from tests.builders import NOW


def parcel(recipients: int) -> Parcel:
    destinations = tuple(Destination(n, f"p{n}@people.example", "", "", (), NOW + timedelta(days=5)) for n in range(recipients))
    return Parcel("01J", b"octets\r\n", "", BodyType.SEVEN_BIT, False, "", "", destinations)


@pytest.mark.parametrize(
    ("states", "code"),
    [([State.DELIVERED], 250), ([State.DELIVERED, State.DELIVERED], 250), ([State.DELIVERED, State.DEFERRED], 451)],
)
async def test_250_only_when_the_next_hop_took_every_recipient(states: list[State], code: int) -> None:
    sent: list[Parcel] = []
    undecided = Undecided(sent.append)
    answer = asyncio.create_task(undecided.pass_on(parcel(len(states))))
    await asyncio.sleep(0)
    assert undecided.take([Outcome("01J", n, state, (), None) for n, state in enumerate(states)]) == []
    assert (await answer).code == code
    assert len(sent) == 1


def test_outcomes_of_decided_mail_go_on() -> None:
    outcome = Outcome("other", 0, State.DELIVERED, (), None)
    assert Undecided(lambda _: None).take([outcome]) == [outcome]


async def test_a_sender_that_has_gone_is_not_answered() -> None:
    undecided = Undecided(lambda _: None)
    answer = asyncio.create_task(undecided.pass_on(parcel(1)))
    await asyncio.sleep(0)
    answer.cancel()
    await asyncio.gather(answer, return_exceptions=True)
    assert undecided.take([Outcome("01J", 0, State.DELIVERED, (), None)]) == []
