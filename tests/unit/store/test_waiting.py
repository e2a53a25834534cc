from __future__ import annotations

from datetime import timedelta

from mailguard.policy.facts import State
from mailguard.policy.finding import Code
from mailguard.policy.parcel import Attempt, Outcome
from mailguard.store.database import Database
from mailguard.store.filter import Filter
from mailguard.store.queue import finish
from mailguard.store.waiting import waiting
from mailguard.store.workers import PAUSED
from tests.builders import NOW, crowd, message
from tests.ledger import EXPIRE, OWNER, TRACE, mail, take

EVERYTHING = Filter(everything=True)


def test_what_waits_is_listed_by_message_oldest_first(database: Database) -> None:
    people = tuple(f"p{n}@people.example" for n in range(5))
    held = mail(message("held", visible=crowd(11)), *people)
    tried = mail(message("tried", message_id="t@x.example"), "ann@people.example", at=timedelta(hours=1))
    done = mail(message("done", message_id="d@x.example"), "ann@people.example")
    due = NOW + timedelta(hours=3)
    with database.write() as connection:
        take(connection, held)
        take(connection, tried, done)
        attempts = (Attempt(NOW, "a:25", "451 first"), Attempt(NOW + timedelta(hours=2), "b:25", "451 busy"))
        finish(connection, [Outcome(tried.id, 0, State.DEFERRED, attempts, due)], owner=OWNER)
        finish(connection, [Outcome(done.id, 0, State.DELIVERED, attempts, None)], owner=OWNER)
        first, second = waiting(connection, EVERYTHING, limit=10)
    assert (first.id, first.states, first.mailboxes) == (held.id, {State.HELD: 5}, people[:3])
    assert [finding.code for finding in first.findings] == [Code.MASS_CC]
    assert (first.due_at, first.expires_at, first.last_answer) == (None, NOW + EXPIRE, "")
    assert (first.client, first.reverse_path, first.subject) == ("shop", "shop@sender.example", "hello")
    assert (first.message_id, first.mail_class, first.received_at) == ("m1@sender.example", "service", NOW)
    assert first.size == len(TRACE + held.message.content)
    assert (second.id, second.states, second.findings) == (tried.id, {State.DEFERRED: 1}, ())
    assert (second.due_at, second.last_answer) == (due, "451 busy")


def test_list_can_be_narrowed(database: Database) -> None:
    held = mail(message("held", visible=crowd(11)), "ann@people.example")
    queued = mail(message("queued", message_id="q@x.example"), "ann@people.example")
    with database.write() as connection:
        take(connection, held, queued)
        assert [one.id for one in waiting(connection, EVERYTHING, limit=1)] == [held.id]
        assert [one.id for one in waiting(connection, Filter(ids=(queued.id,)), limit=9)] == [queued.id]
        assert [one.id for one in waiting(connection, EVERYTHING, limit=9, states=[State.QUEUED])] == [queued.id]
        assert [one.id for one in waiting(connection, Filter(finding=Code.MASS_CC), limit=9)] == [held.id]


def test_findings_of_several_recipients_are_named_once(database: Database) -> None:
    first = mail(message("a", "order 1"), "ann@people.example")
    mixed = mail(
        message("a", "order 1", message_id="2@x.example", visible=crowd(11)), "ann@people.example", "bob@people.example"
    )
    with database.write() as connection:
        take(connection, first, mixed)
        (found,) = waiting(connection, Filter(ids=(mixed.id,)), limit=9)
    assert [finding.code for finding in found.findings] == [Code.MASS_CC]


def test_nothing_waits_in_an_empty_ledger(database: Database) -> None:
    with database.read() as connection:
        assert waiting(connection, EVERYTHING, limit=9) == []


def test_what_is_paused_is_counted(database: Database) -> None:
    one = mail(message(), "ann@people.example", "bob@people.example")
    with database.write() as connection:
        take(connection, one, owner=PAUSED)
        (found,) = waiting(connection, EVERYTHING, limit=10)
    assert (found.states, found.paused) == ({State.QUEUED: 2}, 2)
