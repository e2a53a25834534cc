"""mailguard.store.recorded: what was decided, as it was, and what became of it."""

from __future__ import annotations

from datetime import timedelta

from mailguard.policy.facts import State
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Limits, Mode
from mailguard.policy.parcel import Attempt, Outcome
from mailguard.store import holds, queue
from mailguard.store.database import Database
from mailguard.store.filter import Filter
from mailguard.store.holds import Act
from mailguard.store.recorded import PAGE, RecordedMail, Turn, contents, extent, recorded
from mailguard.store.retention import Bounds, purge
from mailguard.store.tables import RECALLED, RECIPIENT
from mailguard.store.waiting_replies import CLOCK, STOPPED
from tests.builders import NOW, crowd, message
from tests.ledger import EXPIRE, OWNER, mail, take

LATER = NOW + timedelta(hours=1)


def read(database: Database) -> list[RecordedMail]:
    with database.read() as connection:
        of = extent(connection, NOW)
    return [one for page in recorded(database, of) for one in page]


def test_decisions_come_in_their_order_with_what_was_found(database: Database) -> None:
    held = mail(message("h", visible=crowd(11)), "ann@people.example", "bob@people.example")
    fine = mail(message("f", message_id="2@x.example"), "ann@people.example")
    with database.write() as connection:
        take(connection, held, fine)
    first, second = read(database)
    assert (first.id, second.id) == (held.id, fine.id)
    assert [one.mailbox for one in first.recipients] == ["ann@people.example", "bob@people.example"]
    assert {one.state for one in first.recipients} == {State.HELD}
    assert [finding.code for finding in first.recipients[1].findings] == [Code.MASS_CC]
    assert first.fingerprint.text == held.message.fingerprint.text
    assert (second.recipients[0].state, second.recipients[0].turns) == (State.QUEUED, ())


def test_more_than_a_page_is_read_and_only_what_is_asked_for(database: Database) -> None:
    mails = [mail(message(f"{n}", message_id=f"{n}@x.example"), "ann@people.example") for n in range(PAGE + 1)]
    old = mail(message("old", message_id="old@x.example"), "ann@people.example", at=timedelta(days=-1))
    with database.write() as connection:
        take(connection, old, *mails)
    assert [one.id for one in read(database)] == [one.id for one in mails]


def test_an_empty_ledger_has_nothing(database: Database) -> None:
    with database.read() as connection:
        of = extent(connection, NOW)
    assert of.messages == 0
    assert read(database) == []


def test_what_a_person_did_is_a_turn_and_the_state_before_it_the_first(database: Database) -> None:
    held = mail(message("h", visible=crowd(11)), "ann@people.example")
    dropped = mail(message("d", visible=crowd(11), message_id="2@x.example"), "ann@people.example")
    with database.write() as connection:
        take(connection, held, dropped)
        act = Act(LATER, "clerk", "")
        holds.release(connection, Filter(ids=(held.id,)), act, expires_at=LATER + EXPIRE)
        holds.drop(connection, Filter(ids=(dropped.id,)), act)
    first, second = (one.recipients[0] for one in read(database))
    assert (first.state, first.turns) == (State.HELD, (Turn(LATER, State.QUEUED, is_release=True),))
    assert (second.state, second.turns) == (State.HELD, (Turn(LATER, State.DROPPED),))


def test_what_delivery_made_of_it_is_a_turn_at_its_last_attempt(database: Database) -> None:
    sent = mail(message("s"), "ann@people.example", "bob@people.example")
    with database.write() as connection:
        take(connection, sent)
        attempt = Attempt(LATER, "hop:25", "250 2.0.0 ok")
        outcomes = [Outcome(sent.id, n, state, (attempt,), None) for n, state in enumerate((State.DELIVERED, State.FAILED))]
        queue.finish(connection, outcomes, owner=OWNER)
    found = read(database)[0].recipients
    assert [one.state for one in found] == [State.QUEUED, State.QUEUED]
    assert [one.turns for one in found] == [(Turn(LATER, State.DELIVERED),), (Turn(LATER, State.FAILED),)]


def test_shadowed_mail_came_in_queued_and_rejected_mail_rejected(database: Database) -> None:
    shadowed = mail(message("h", visible=crowd(11)), "ann@people.example")
    first = mail(message("r", message_id="2@x.example"), "ann@people.example")
    again = mail(message("r", message_id="3@x.example"), "ann@people.example")
    with database.write() as connection:
        take(connection, shadowed, limits=Limits(mode=Mode.SHADOW))
        take(connection, first, again)
    states = [(one.recipients[0].action, one.recipients[0].state) for one in read(database)]
    assert states == [(Action.HOLD, State.QUEUED), (Action.DELIVER, State.QUEUED), (Action.REJECT, State.REJECTED)]


def test_shadowed_mail_that_was_dropped_came_in_queued(database: Database) -> None:
    shadowed = mail(message("h", visible=crowd(11)), "ann@people.example")
    with database.write() as connection:
        take(connection, shadowed, limits=Limits(mode=Mode.SHADOW), owner="")
        holds.drop(connection, Filter(ids=(shadowed.id,)), Act(LATER, "clerk", ""))
    assert read(database)[0].recipients[0].state is State.QUEUED


def test_the_sender_s_retry_is_one(database: Database) -> None:
    first = mail(message("r"), "ann@people.example")
    with database.write() as connection:
        take(connection, first)
        take(connection, mail(message("r"), "ann@people.example"))
    assert [(one.is_replay, one.recipients[0].state) for one in read(database)] == [
        (False, State.QUEUED),
        (True, State.REPLAYED),
    ]


def test_what_was_found_while_it_waited_is_not_of_the_decision(database: Database) -> None:
    sent = mail(message("s"), "ann@people.example")
    with database.write() as connection:
        take(connection, sent)
        text = "reply 01R of 2026-11-16 is open, and this is bulk mail"
        findings = f'[{{"code":"open_reply","text":"{text}","refs":[]}}]'
        connection.exec_driver_sql(f"UPDATE recipient SET state = 'held', findings = '{findings}'")
        connection.exec_driver_sql(
            "INSERT INTO event (at, message, n, actor, verb, reason) "
            f"VALUES (1800000000000000, '{sent.id}', 0, '{CLOCK}', '{STOPPED}', '{text}')"
        )
    found = read(database)[0].recipients[0]
    assert (found.state, found.findings) == (State.QUEUED, ())
    assert [turn.state for turn in found.turns] == [State.HELD]


def test_content_is_there_until_retention_takes_it(database: Database) -> None:
    sent = mail(message("s", visible=crowd(11)), "ann@people.example")
    with database.write() as connection:
        take(connection, sent)
        holds.drop(connection, Filter(ids=(sent.id,)), Act(LATER, "clerk", ""))
        assert contents(connection, [sent.id, "other"]).keys() == {sent.id}
        purge(connection, Bounds(content=LATER, ledger=NOW, audience=NOW, reach=NOW))
        assert contents(connection, [sent.id]) == {}


def test_mail_that_was_taken_back_counted_until_then(database: Database) -> None:
    sent = mail(message("s"), "ann@people.example")
    with database.write() as connection:
        take(connection, sent, owner="")
        connection.execute(RECIPIENT.update().values(state="cancelled"))
        connection.execute(RECALLED.insert().values(scope="message", key=sent.id, recall="01R", at=LATER))
    found = read(database)[0].recipients[0]
    assert (found.state, found.turns) == (State.QUEUED, (Turn(LATER, State.CANCELLED),))
