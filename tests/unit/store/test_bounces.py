from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailguard.policy.facts import State
from mailguard.policy.limits import Limits, Mode
from mailguard.policy.parcel import Outcome
from mailguard.policy.reply import Kind, Tie
from mailguard.store.bounces import COUNTS_FOR, Bounce, bounced, bounces_of, forget_bounces, record, standing
from mailguard.store.database import Database
from mailguard.store.queue import finish
from mailguard.store.tables import RECIPIENT
from tests.builders import NOW, message
from tests.ledger import OWNER, mail, take
from tests.records import arrive, customer
from tests.replies import put_reply

ANN = "ann@people.example"
DAY = timedelta(days=1)


def bounce(message: str = "a", *, at: timedelta = timedelta(), **fields: Any) -> Bounce:
    given: dict[str, Any] = {"mailbox": ANN, "is_hard": True, "status": "5.2.0", "n": 0}
    return Bounce(at=NOW + at, message=message, **given | fields)


def is_bounced(database: Database, *bounces: Bounce, at: timedelta = DAY) -> bool:
    with database.write() as connection:
        record(connection, bounces)
        return standing(connection, [ANN, "bob@people.example"], NOW + at) == {ANN}


def deliver(database: Database, recipient: str = ANN, *, at: timedelta) -> str:
    name = f"{recipient} {at.total_seconds()}"
    one = mail(message(name, name, message_id=f"{at.total_seconds()}@x.example"), recipient, at=at)
    with database.write() as connection:
        # As where a clerk has released it: mail to a bounced mailbox is rejected.
        take(connection, one, limits=Limits(mode=Mode.SHADOW))
        finish(connection, [Outcome(one.id, 0, State.DELIVERED, (), None)], owner=OWNER)
    return one.id


@pytest.mark.parametrize(
    ("bounces", "expected"),
    [
        ((), False),
        ((bounce("a"),), False),
        ((bounce("a"), bounce("b")), True),
        ((bounce("a"), bounce("a", at=DAY)), False),
        ((bounce("a"), bounce("a", n=1)), True),
        ((bounce("a", is_hard=False), bounce("b", is_hard=False, status="4.2.2")), False),
        ((bounce("a"), bounce("b", is_hard=False)), False),
        ((bounce("a", status="5.1.1"),), True),
        ((bounce("a", status="5.1.10"),), True),
        ((bounce("a", status="5.11.0"),), False),
        ((bounce("a", status="5.1.1", is_hard=False),), False),
        ((bounce("a", mailbox="cy@x.example"), bounce("b", mailbox="cy@x.example")), False),
    ],
)
def test_two_hard_bounces_or_one_wrong_address_make_a_mailbox_bounced(
    database: Database, bounces: tuple[Bounce, ...], *, expected: bool
) -> None:
    assert is_bounced(database, *bounces) is expected


@pytest.mark.parametrize(("ago", "expected"), [(COUNTS_FOR, False), (COUNTS_FOR - timedelta(microseconds=1), True)])
def test_a_bounce_counts_for_ninety_days(database: Database, ago: timedelta, *, expected: bool) -> None:
    assert is_bounced(database, bounce(status="5.1.1"), at=ago) is expected


def test_what_goes_through_later_lifts_it_and_what_went_before_does_not(database: Database) -> None:
    deliver(database, at=-DAY)
    assert is_bounced(database, bounce(status="5.1.1"))
    deliver(database, "bob@people.example", at=DAY)
    assert is_bounced(database)
    deliver(database, at=DAY)
    assert not is_bounced(database)
    assert not is_bounced(database, bounce("b", at=2 * DAY))
    assert is_bounced(database, bounce("c", at=2 * DAY))


def test_a_mail_that_the_next_hop_took_and_that_bounced_later_is_no_success(database: Database) -> None:
    second = deliver(database, at=DAY)
    assert is_bounced(database, bounce("first"), bounce(second, at=2 * DAY), at=3 * DAY)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"at": DAY}, False),
        ({"at": -DAY}, True),
        ({"at": DAY, "kind": Kind.AUTOMATIC}, True),
        ({"at": DAY, "tie": Tie.SENDER}, True),
        ({"at": DAY, "mailbox": "bob@people.example"}, True),
    ],
)
def test_who_writes_from_a_mailbox_reads_there(database: Database, fields: dict[str, Any], *, expected: bool) -> None:
    with database.write() as connection:
        put_reply(connection, **fields)
    assert is_bounced(database, bounce(status="5.1.1"), at=2 * DAY) is expected


def test_mail_to_one_of_several_persons_of_a_mailbox_lifts_it_too(database: Database) -> None:
    with database.write() as connection:
        arrive(connection, customer(1, "ann", "lee", ANN, "ann@work.example"), customer(2, "bob", "lee", ANN))
    for recipient, expected in (("ann@work.example", True), (ANN, False)):
        id = deliver(database, recipient, at=DAY)
        with database.write() as connection:
            connection.execute(RECIPIENT.update().where(RECIPIENT.c.message == id).values(anchor="R1"))
        assert is_bounced(database, bounce(status="5.1.1"), at=2 * DAY) is expected
        with database.write() as connection:
            connection.execute(RECIPIENT.delete())
            connection.exec_driver_sql("DELETE FROM message")
            connection.exec_driver_sql("DELETE FROM content")


def test_what_is_bounced_now_is_listed_with_its_last_hard_bounce(database: Database) -> None:
    last = bounce("b", mailbox="bob@people.example", at=timedelta(hours=1), status="5.2.1")
    with database.write() as connection:
        told = [
            bounce("a", mailbox="bob@people.example", status="5.2.1"),
            last,
            bounce("c", mailbox="bob@people.example", at=timedelta(hours=2), is_hard=False),
            bounce("d", status="5.1.1"),
            bounce("e", mailbox="once@people.example", status="5.2.1"),
            bounce("f", mailbox="soft@people.example", is_hard=False, status="4.2.2"),
        ]
        record(connection, told)
        assert [one.mailbox for one in bounced(connection, NOW + DAY, limit=10)] == [ANN, "bob@people.example"]
        assert bounced(connection, NOW + DAY, limit=10)[1] == last
        assert [one.mailbox for one in bounced(connection, NOW + DAY, limit=1)] == [ANN]
        assert bounced(connection, NOW + COUNTS_FOR + DAY, limit=10) == []


def test_what_was_delivered_since_is_found_by_its_time_however_much_the_mailbox_gets(tmp_path: Path) -> None:
    asked: list[str] = []
    with closing(Database.open(f"sqlite:///{tmp_path}/ledger.db")) as database, database.write() as connection:
        record(connection, [bounce(status="5.1.1")])
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(asked.append)
        standing(connection, [ANN], NOW)
        driver.set_trace_callback(None)
        plans = [step[3] for sql in asked for step in driver.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert "SEARCH r USING INDEX recipient_by_time (anchor=? AND at>?)" in plans


def test_what_is_forgotten_counts_no_more(database: Database) -> None:
    assert is_bounced(database, bounce(status="5.1.1"), bounce("b"))
    with database.write() as connection:
        assert forget_bounces(connection, ["R1", ANN]) == 2
        assert forget_bounces(connection, [ANN]) == 0
    assert not is_bounced(database)


def test_bounces_are_shown_as_they_were_told_first(database: Database) -> None:
    first, again, other = bounce("a"), bounce("a", at=DAY, status="5.1.1"), bounce("b", at=-DAY, is_hard=False)
    with database.write() as connection:
        record(connection, [first])
        record(connection, [again, other])
        assert bounces_of(connection, [ANN, "bob@people.example"]) == [other, first]
