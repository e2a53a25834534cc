from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Row, select, update

from mailguard.policy.facts import State
from mailguard.policy.parcel import Attempt, Outcome
from mailguard.store.database import Database
from mailguard.store.queue import Usage, disown, finish, lease, next_due, still_open, usage
from mailguard.store.tables import RECIPIENT
from tests.builders import NOW, crowd, message
from tests.ledger import EXPIRE, OWNER, TRACE, later, mail, take

HOP = "mail.example:25"


def recipient(connection: Connection, id: str, n: int = 0) -> Row[tuple[str, ...]]:
    rows = select(RECIPIENT).where(RECIPIENT.c.message == id, RECIPIENT.c.n == n)
    return connection.execute(rows).one()


def spool(database: Database, *names: str, at: datetime = NOW) -> list[str]:
    mails = [later(mail(message(name, name, message_id=f"{name}@x.example"), "ann@people.example"), at) for name in names]
    with database.write() as connection:
        take(connection, *mails, owner="")
    return [one.id for one in mails]


def attempt(answer: str, at: datetime = NOW) -> Attempt:
    return Attempt(at, HOP, answer)


def test_due_mail_that_is_nobodys_is_leased_with_all_that_delivery_needs(database: Database) -> None:
    (id,) = spool(database, "one")
    with database.write() as connection:
        (parcel,) = lease(connection, owner="other", now=NOW, limit=10)
        assert recipient(connection, id).owner == "other"
    assert (parcel.message, parcel.octets) == (id, TRACE + b"Subject: hello\r\n\r\nhello\r\n")
    assert (parcel.reverse_path, parcel.body, parcel.smtputf8, parcel.ret, parcel.envid) == (
        "shop@sender.example",
        "7BIT",
        False,
        "",
        "",
    )
    (destination,) = parcel.destinations
    assert (destination.n, destination.mailbox, destination.attempts) == (0, "ann@people.example", ())
    assert destination.expires_at == NOW + EXPIRE


def test_what_is_owned_held_or_not_due_is_not_leased(database: Database) -> None:
    spool(database, "later", at=NOW + timedelta(seconds=1))
    with database.write() as connection:
        take(connection, mail(message("owned"), "bob@people.example"))
        take(connection, mail(message("held", visible=crowd(11)), "eve@people.example"), owner="")
        assert lease(connection, owner="other", now=NOW, limit=10) == []


def test_leased_mail_is_leased_once(database: Database) -> None:
    spool(database, "one")
    with database.write() as connection:
        assert len(lease(connection, owner="a", now=NOW, limit=10)) == 1
    with database.write() as connection:
        assert lease(connection, owner="b", now=NOW, limit=10) == []


def test_longest_due_is_leased_first_and_no_more_than_asked_for(database: Database) -> None:
    second = spool(database, "second", at=NOW + timedelta(minutes=1))
    first = spool(database, "first")
    now = NOW + timedelta(hours=1)
    with database.write() as connection:
        assert [parcel.message for parcel in lease(connection, owner="a", now=now, limit=1)] == first
        assert [parcel.message for parcel in lease(connection, owner="a", now=now, limit=1)] == second


def test_octets_in_one_lease_are_bounded_but_one_message_always_fits(database: Database) -> None:
    ids = spool(database, "a", "b", "c")
    size = len(TRACE + b"Subject: hello\r\n\r\nhello\r\n")
    with database.write() as connection:
        assert [one.message for one in lease(connection, owner="a", now=NOW, limit=9, most_octets=1)] == sorted(ids)[:1]
        assert len(lease(connection, owner="a", now=NOW, limit=9, most_octets=2 * size)) == 2


def test_recipients_of_one_message_travel_together_and_reverse_paths_apart(database: Database) -> None:
    text = message("all")
    first = mail(text, "ann@people.example", "bob@people.example")
    part = mail(text, "eve@people.example", reverse_path="bounce+eve@sender.example")
    with database.write() as connection:
        take(connection, first, owner="")
        take(connection, part, owner="")
        parcels = lease(connection, owner="a", now=NOW, limit=10)
    assert [(one.reverse_path, [to.n for to in one.destinations]) for one in parcels] == [
        ("bounce+eve@sender.example", [2]),
        ("shop@sender.example", [0, 1]),
    ]


def test_delivered_mail_is_finished_and_nobodys(database: Database) -> None:
    one = mail(message(), "ann@people.example")
    with database.write() as connection:
        take(connection, one)
        finish(connection, [Outcome(one.id, 0, State.DELIVERED, (attempt("250 ok"),), None)], owner=OWNER)
        row = recipient(connection, one.id)
        assert (row.state, row.owner, row.is_counted) == ("delivered", "", True)
        assert lease(connection, owner="b", now=NOW + EXPIRE, limit=10) == []


def test_deferred_mail_is_due_again_with_its_attempts(database: Database) -> None:
    one = mail(message(), "ann@people.example")
    due = NOW + timedelta(seconds=15)
    with database.write() as connection:
        take(connection, one)
        finish(connection, [Outcome(one.id, 0, State.DEFERRED, (attempt("451 busy"),), due)], owner=OWNER)
        assert next_due(connection) == due
        assert lease(connection, owner="b", now=due - timedelta(microseconds=1), limit=10) == []
        (parcel,) = lease(connection, owner="b", now=due, limit=10)
    assert parcel.destinations[0].attempts == (attempt("451 busy"),)


@pytest.mark.parametrize("state", [State.FAILED, State.EXPIRED])
def test_failed_mail_no_longer_counts_for_repeats(database: Database, state: State) -> None:
    one = mail(message(), "ann@people.example")
    with database.write() as connection:
        take(connection, one)
        finish(connection, [Outcome(one.id, 0, state, (attempt("550 no"),), None)], owner=OWNER)
        row = recipient(connection, one.id)
        assert (row.state, row.is_counted) == (state, False)


def test_mail_that_a_reply_has_stopped_is_delivered_where_it_was(database: Database) -> None:
    one = mail(message(), "ann@people.example")
    with database.write() as connection:
        take(connection, one)
        connection.execute(update(RECIPIENT).values(state=State.HELD, owner=""))
        finish(connection, [Outcome(one.id, 0, State.DEFERRED, (attempt("451 busy"),), NOW)], owner=OWNER)
        assert recipient(connection, one.id).state == State.HELD
        finish(connection, [Outcome(one.id, 0, State.DELIVERED, (attempt("250 ok"),), None)], owner=OWNER)
        assert recipient(connection, one.id).state == State.DELIVERED


def test_mail_given_back_by_a_worker_that_ends_is_due_as_before(database: Database) -> None:
    one = mail(message(), "ann@people.example")
    with database.write() as connection:
        take(connection, one)
        finish(connection, [Outcome(one.id, 0, State.QUEUED, (), None)], owner=OWNER)
        assert next_due(connection) == NOW


@pytest.mark.parametrize("state", [State.DROPPED, State.DELIVERED])
def test_what_was_ended_in_between_stays_as_it_is(database: Database, state: State) -> None:
    one = mail(message(), "ann@people.example")
    with database.write() as connection:
        take(connection, one)
        connection.execute(update(RECIPIENT).values(state=state))
        for reported in (State.DELIVERED, State.DEFERRED, State.FAILED):
            finish(connection, [Outcome(one.id, 0, reported, (attempt("x"),), NOW)], owner=OWNER)
        assert (recipient(connection, one.id).state, recipient(connection, one.id).attempts) == (state, None)


def test_only_a_delivery_counts_from_a_worker_that_lost_the_mail_to_another(database: Database) -> None:
    one = mail(message(), "ann@people.example")
    with database.write() as connection:
        take(connection, one, owner="b")
        finish(connection, [Outcome(one.id, 0, State.FAILED, (attempt("550 no"),), None)], owner="a")
        assert (recipient(connection, one.id).state, recipient(connection, one.id).owner) == ("queued", "b")
        finish(connection, [Outcome(one.id, 0, State.DELIVERED, (attempt("250 ok"),), None)], owner="a")
        assert (recipient(connection, one.id).state, recipient(connection, one.id).owner) == ("delivered", "")


def test_nothing_is_due_in_an_empty_spool(database: Database) -> None:
    with database.read() as connection:
        assert next_due(connection) is None
        assert usage(connection) == Usage(0, 0, 0, 0)


def test_usage_counts_what_waits_once_a_message(database: Database) -> None:
    held = mail(message("held", visible=crowd(11)), "ann@people.example", "bob@people.example")
    both = mail(message("both"), "ann@people.example", "bob@people.example")
    done = mail(message("done", message_id="d@x.example"), "eve@people.example")
    with database.write() as connection:
        take(connection, held, both, done)
        finish(connection, [Outcome(done.id, 0, State.DELIVERED, (), None)], owner=OWNER)
        size = len(TRACE + held.message.content)
        assert usage(connection) == Usage(queued=2, held=2, messages=2, octets=2 * size)


def test_only_outcomes_that_will_be_written_are_to_be_told_of(database: Database) -> None:
    mine, ended, others = (mail(message(name, message_id=f"{name}@x.example"), "ann@people.example") for name in "abc")
    with database.write() as connection:
        take(connection, mine, ended)
        take(connection, others, owner="b")
        outcomes = [Outcome(one.id, 0, State.FAILED, (attempt("550 no"),), None) for one in (mine, ended, others)]
        finish(connection, outcomes[1:2], owner=OWNER)
        assert still_open(connection, outcomes, owner=OWNER) == outcomes[:1]


def test_what_is_disowned_is_due_for_whoever_leases_it(database: Database) -> None:
    one, two = (mail(message(name, message_id=f"{name}@x.example"), "ann@people.example") for name in "ab")
    with database.write() as connection:
        take(connection, one, two)
        assert disown(connection, [one.id], owner="b") == 0
        assert disown(connection, [one.id], owner=OWNER) == 1
        assert [parcel.message for parcel in lease(connection, owner="b", now=NOW, limit=10)] == [one.id]


def test_of_what_is_due_only_the_expired_is_leased_where_only_that_is_asked_for(database: Database) -> None:
    (id,) = spool(database, "one")
    with database.write() as connection:
        before = NOW + EXPIRE - timedelta(microseconds=1)
        assert lease(connection, owner="a", now=before, limit=10, only_expired=True) == []
        (parcel,) = lease(connection, owner="a", now=NOW + EXPIRE, limit=10, only_expired=True)
        assert parcel.message == id
