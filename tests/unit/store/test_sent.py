from __future__ import annotations

from datetime import timedelta

import pytest

from mailguard.policy.facts import State
from mailguard.policy.parcel import Outcome
from mailguard.store.database import Database
from mailguard.store.queue import finish
from mailguard.store.sent import SentTo, sent, sent_by_id, sent_to
from tests.builders import NOW, crowd, digest, message
from tests.ledger import OWNER, later, mail, take

ANN, BOB = "Ann@people.example", "bob@people.example"
DAY = timedelta(days=1)


def test_a_mail_is_found_by_its_message_id_with_those_who_had_it(database: Database) -> None:
    one = mail(message("hello", "facts", subject="Your card"), ANN, BOB, template="card")
    with database.write() as connection:
        take(connection, one)
        found = sent(connection, ["m1@sender.example", "other@x", ""])
    (only,) = found.pop("m1@sender.example")
    assert not found
    assert (only.id, only.received_at, only.template, only.facts) == (one.id, NOW, "card", digest("facts"))
    assert (only.subject, only.client, only.message_id, only.is_automatic) == ("Your card", "shop", "m1@sender.example", False)
    assert only.recipients == (SentTo(0, ANN, "ann@people.example"), SentTo(1, BOB, BOB))


def test_replays_are_no_mails_and_others_under_the_same_message_id_come_newest_first(database: Database) -> None:
    one = mail(message("hello"), ANN)
    with database.write() as connection:
        take(connection, one)
        take(connection, later(one, NOW + timedelta(minutes=1)))
        other = mail(message("another text"), BOB, client="other")
        take(connection, other)
        assert [found.id for found in sent(connection, ["m1@sender.example"])["m1@sender.example"]] == [other.id, one.id]


@pytest.mark.parametrize(("state", "had_it"), [(State.DELIVERED, True), (State.FAILED, True), (State.CANCELLED, False)])
def test_only_who_may_have_had_the_mail_is_among_the_recipients(database: Database, state: State, *, had_it: bool) -> None:
    one = mail(message("hello"), ANN)
    with database.write() as connection:
        take(connection, one)
        finish(connection, [Outcome(one.id, 0, state, (), None)], owner=OWNER)
        assert bool(sent(connection, ["m1@sender.example"])["m1@sender.example"][0].recipients) is had_it
        assert bool(sent_by_id(connection, [one.id])[one.id].recipients) is had_it


def test_what_is_held_was_not_sent(database: Database) -> None:
    with database.write() as connection:
        take(connection, mail(message("hello", visible=crowd(11)), ANN))
        assert sent(connection, ["m1@sender.example"])["m1@sender.example"][0].recipients == ()


def test_a_mail_is_found_by_its_id(database: Database) -> None:
    one = mail(message("hello"), ANN)
    with database.write() as connection:
        take(connection, one)
        found = sent_by_id(connection, [one.id, "01JA0000000000000000000000"])
        assert {id: mail.message_id for id, mail in found.items()} == {one.id: "m1@sender.example"}


def test_what_was_sent_to_somebody_comes_newest_first_and_bounded(database: Database) -> None:
    mails = [
        mail(message(f"{n}", f"{n}", message_id=f"{n}@x.example"), ANN, BOB, at=n * DAY, repeat_window=None) for n in range(5)
    ]
    with database.write() as connection:
        for one in mails:
            take(connection, one)
        found = sent_to(connection, ["ann@people.example", "cy@x.example"], NOW, 3)
    assert [one.id for one in found.pop("ann@people.example")] == [one.id for one in mails[:1:-1]]
    assert not found
    with database.read() as connection:
        found = sent_to(connection, [BOB], NOW + 3 * DAY, 3)
    assert [(one.id, one.recipients) for one in found[BOB]] == [(mails[4].id, (SentTo(1, BOB, BOB),))]
