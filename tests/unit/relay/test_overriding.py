"""mailguard.relay.overriding: override tokens within a batch, on a real ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailguard.policy.facts import State
from mailguard.relay.intake import Taken
from mailguard.store import ledger
from mailguard.store.overrides import NewOverride, make, overrides
from tests.builders import NOW, crowd
from tests.ledger import open_ledger
from tests.unit.relay.test_intake import Desk

CROWD = "To: " + ", ".join(box.wire for box in crowd(11)) + "\r\n"
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    yield Desk(database)
    database.close()


def token(desk: Desk, *, mailbox: str = "", message: str = "") -> str:
    new = NewOverride(actor="ruth", reason="meant", expires_at=NOW + HOUR, mailbox=mailbox, message=message)
    with desk.database.write() as connection:
        return make(connection, new, now=NOW)[0]


async def take(desk: Desk, *mails: tuple[str, tuple[str, ...]], recipients: tuple[str, ...]) -> list[Taken]:
    """One batch of mails that are held for their visible recipients: each a Message-ID, and the tokens that it brings."""
    pending = [
        await desk.read(
            f"text {message_id}",
            *recipients,
            message_id=message_id,
            head=CROWD + "".join(f"Mailguard-Override: {each}\r\n" for each in tokens),
        )
        for message_id, tokens in mails
    ]
    with desk.database.write() as connection:
        return desk.intake.decide_batch(connection, pending, [])


def states(taken: list[Taken]) -> list[tuple[State, ...]]:
    return [one.entry.states for one in taken if one.entry is not None]


def events(desk: Desk, id: str) -> list[tuple[int, str, str]]:
    with desk.database.read() as connection:
        document = ledger.why(connection, id)
    assert document is not None
    return [(event.n, event.verb, event.reason) for event in document.events or ()]


async def test_a_token_for_a_recipient_lets_that_one_out(desk: Desk) -> None:
    given = token(desk, mailbox="p0@people.example")
    taken = await take(desk, ("a@x.example", (given,)), recipients=("P0@people.example", "p1@people.example"))
    assert states(taken) == [(State.QUEUED, State.HELD)]
    assert taken[0].parcel is not None
    assert taken[0].entry is not None
    found = events(desk, taken[0].entry.id)
    assert [(n, verb) for n, verb, _ in found] == [(0, "overridden"), (1, "override_refused")]
    assert found[1][2] == "the override is for another recipient"


async def test_a_token_for_a_mail_lets_all_of_it_out_and_its_parts_and_nothing_else(desk: Desk) -> None:
    given = token(desk, message="a@x.example")
    both = ("p0@people.example", "p1@people.example")
    taken = await take(desk, ("a@x.example", (given,)), ("b@x.example", (given,)), recipients=both)
    assert states(taken) == [(State.QUEUED, State.QUEUED), (State.HELD, State.HELD)]
    part = await take(desk, ("a@x.example", (given,)), recipients=("p2@people.example",))
    assert states(part) == [(State.QUEUED,)]


async def test_a_token_is_used_up_within_a_batch(desk: Desk) -> None:
    given = token(desk, mailbox="p0@people.example")
    taken = await take(desk, ("a@x.example", (given,)), ("b@x.example", (given,)), recipients=("p0@people.example",))
    assert states(taken) == [(State.QUEUED,), (State.HELD,)]
    entries = [one.entry for one in taken if one.entry is not None]
    assert events(desk, entries[1].id)[0][2] == f"the override was used before, for {entries[0].id}"
    with desk.database.read() as connection:
        assert [one.used_by for one in overrides(connection, now=NOW, limit=9)] == [entries[0].id]


async def test_of_several_tokens_each_recipient_has_its_own(desk: Desk) -> None:
    both = ("p0@people.example", "p1@people.example")
    given = tuple(token(desk, mailbox=mailbox) for mailbox in both)
    taken = await take(desk, ("a@x.example", ("nonsense", *given)), recipients=both)
    assert states(taken) == [(State.QUEUED, State.QUEUED)]


async def test_a_token_is_kept_where_nothing_stops_the_mail(desk: Desk) -> None:
    given = token(desk, mailbox="ann@people.example")
    pending = await desk.read("hello", "ann@people.example", message_id="m@x", head=f"Mailguard-Override: {given}\r\n")
    with desk.database.write() as connection:
        (taken,) = desk.intake.decide_batch(connection, [pending], [])
        assert [one.used_at for one in overrides(connection, now=NOW, limit=9)] == [None]
    assert taken.entry is not None
    assert events(desk, taken.entry.id) == []


async def test_what_no_token_lets_out_says_so(desk: Desk) -> None:
    given = token(desk, mailbox="p0@people.example")
    head = "Received: x\r\n" * 51 + f"Mailguard-Override: {given}\r\n"
    pending = await desk.read("round and round", "p0@people.example", message_id="loop@x", head=head)
    with desk.database.write() as connection:
        (taken,) = desk.intake.decide_batch(connection, [pending], [])
    assert taken.entry is not None
    assert taken.entry.states == (State.REJECTED,)
    assert events(desk, taken.entry.id) == [(0, "override_refused", "no override lets out what was found")]
