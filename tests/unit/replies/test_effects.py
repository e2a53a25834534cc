from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mailguard.mail.control import MailClass
from mailguard.policy.facts import State, Suppression
from mailguard.policy.reply import Kind
from mailguard.replies.settings import ReplySettings
from mailguard.store.bounces import bounces_of, standing
from mailguard.store.database import Database
from mailguard.store.replies import Filter, find
from mailguard.store.suppressions import suppressed
from mailguard.store.tables import EVENT, RECIPIENT
from tests.builders import NOW, message
from tests.ledger import OWNER, mail, take
from tests.records import arrive, customer, join
from tests.replies import ingest, ingested, written
from tests.unit.replies.test_tying import bounce, complaint

ANN, BOB = "ann@people.example", "bob@people.example"
M1 = "m1@sender.example"
HOUR = timedelta(hours=1)


def send(database: Database, *recipients: str, message_id: str = M1, owner: str = "", **fields: Any) -> str:
    one = mail(message(message_id, message_id, message_id=message_id), *(recipients or (ANN,)), **fields)
    with database.write() as connection:
        take(connection, one, owner=owner)
    return one.id


def state(database: Database, id: str) -> list[str]:
    with database.read() as connection:
        rows = connection.execute(RECIPIENT.select().where(RECIPIENT.c.message == id).order_by(RECIPIENT.c.n))
        return [row.state for row in rows]


# --- mail that waits ----------------------------------------------------------------------------------------------------------


def test_a_tied_reply_stops_the_mail_that_waits_to_go_to_the_person(database: Database) -> None:
    send(database, owner=OWNER)
    waiting = send(database, message_id="promotion@sender.example", mail_class=MailClass.BULK)
    other = send(database, BOB, message_id="other@sender.example", mail_class=MailClass.BULK)
    with database.write() as connection:
        reply = ingested(connection, written(answers=M1))
        events = connection.execute(EVENT.select()).all()
    assert (state(database, waiting), state(database, other)) == ([State.HELD], [State.QUEUED])
    assert [(row.message, row.actor, row.verb) for row in events] == [(waiting, "mailguard", "stopped")]
    assert reply.id in events[0].reason


def test_it_stops_mail_to_every_mailbox_of_the_person(database: Database) -> None:
    with database.write() as connection:
        arrive(connection, customer(1, "ann", "lee", ANN), customer(2, "ann", "lee", "ann@work.example"))
        join(connection, 1, 2)
    send(database, owner=OWNER)
    waiting = send(database, "ann@work.example", message_id="promotion@sender.example", mail_class=MailClass.BULK)
    with database.write() as connection:
        ingest(connection, written(answers=M1))
    assert state(database, waiting) == [State.HELD]


@pytest.mark.parametrize(
    "octets",
    [
        written(subject="A question"),
        written("x", "Auto-Submitted: auto-replied", answers=M1),
        written(answers="never@sent.example", subject="other"),
    ],
)
def test_neither_from_alone_nor_a_program_stops_anything(database: Database, octets: bytes) -> None:
    send(database, ANN)
    waiting = send(database, message_id="promotion@sender.example", mail_class=MailClass.BULK)
    with database.write() as connection:
        ingest(connection, octets)
    assert state(database, waiting) == [State.QUEUED]


def test_a_copy_of_a_reply_stops_nothing(database: Database) -> None:
    send(database)
    with database.write() as connection:
        ingest(connection, written(answers=M1))
        connection.exec_driver_sql("UPDATE reply SET state = 'resolved'")
    waiting = send(database, message_id="promotion@sender.example", mail_class=MailClass.BULK)
    with database.write() as connection:
        ingest(connection, written(answers=M1))
    assert state(database, waiting) == [State.QUEUED]


# --- bounces ------------------------------------------------------------------------------------------------------------------


def test_a_bounce_of_a_mail_of_ours_counts_against_the_mailbox(database: Database) -> None:
    send(database, "Ann@people.example")
    with database.write() as connection:
        ingest(connection, bounce(ANN), bounce(ANN, name="again"))
        assert standing(connection, [ANN, BOB], NOW + HOUR) == {ANN}
        (one,) = bounces_of(connection, [ANN])
    assert (one.at, one.is_hard, one.status, one.n) == (NOW + HOUR, True, "5.1.1", 0)


def test_two_mails_that_come_back_hard_make_two(database: Database) -> None:
    for n in range(2):
        send(database, message_id=f"{n}@x.example")
    with database.write() as connection:
        ingest(connection, bounce(ANN, answers="0@x.example", status="5.0.0", name="0"))
        assert not standing(connection, [ANN], NOW + HOUR)
        ingest(connection, bounce(ANN, answers="1@x.example", status="5.0.0", name="1"))
        assert standing(connection, [ANN], NOW + HOUR) == {ANN}


def test_a_bounce_that_a_co_recipient_could_have_written_is_not_enough_alone(database: Database) -> None:
    send(database, ANN, BOB)
    with database.write() as connection:
        ingest(connection, bounce(ANN, status="5.1.1"))
        assert standing(connection, [ANN], NOW + HOUR) == frozenset()
        assert [one.is_hard for one in bounces_of(connection, [ANN])] == [True]


def test_a_bounce_that_names_no_mail_of_ours_is_shown_and_does_nothing(database: Database) -> None:
    send(database)
    with database.write() as connection:
        ingest(connection, bounce(ANN, answers="never@sent.example"))
        assert bounces_of(connection, [ANN]) == []
        assert [one.kind for one in find(connection, Filter())] == [Kind.BOUNCE]


# --- complaints and unsubscriptions ---------------------------------------------------------------------------------------------


def against(database: Database) -> list[tuple[str, Suppression]]:
    with database.read() as connection:
        return [(one.person, one.suppression) for one in suppressed(connection)]


def test_a_complaint_about_a_mail_of_ours_ends_bulk_mail_to_who_complains(database: Database) -> None:
    send(database)
    with database.write() as connection:
        ingest(connection, complaint(ANN))
        (one,) = suppressed(connection)
        (reply,) = find(connection, Filter())
    assert (one.person, one.suppression, one.actor, one.reason) == (
        ANN,
        Suppression.COMPLAINED,
        "mailguard",
        f"complaint {reply.id}",
    )


def test_a_complaint_that_names_no_mail_of_ours_does_nothing(database: Database) -> None:
    with database.write() as connection:
        ingest(connection, complaint(ANN))
    assert against(database) == []


def test_an_unsubscription_is_obeyed_on_its_mere_word(database: Database) -> None:
    with database.write() as connection:
        ingest(connection, written("", subject="unsubscribe"), written("", subject="unsubscribe", sender="nobody"))
    assert against(database) == [(ANN, Suppression.UNSUBSCRIBED)]


def test_an_unsubscription_and_a_complaint_stand_side_by_side(database: Database) -> None:
    send(database)
    with database.write() as connection:
        ingest(connection, complaint(ANN), written("", subject="unsubscribe"))
    assert against(database) == [(ANN, Suppression.COMPLAINED), (ANN, Suppression.UNSUBSCRIBED)]


def test_a_human_reply_suppresses_nobody(database: Database) -> None:
    send(database)
    with database.write() as connection:
        ingest(connection, written(answers=M1), settings=ReplySettings())
    assert against(database) == []
