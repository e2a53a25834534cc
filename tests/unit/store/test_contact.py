"""mailguard.store.contact: how much, when last, and when last of one template; bounded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from mailguard.mail.control import MailClass
from mailguard.store import contact
from mailguard.store.contact import NO_CONTACT, Contact, bulk_counts, contacts
from mailguard.store.database import Database
from mailguard.store.tables import RECIPIENT
from tests.builders import NOW, message
from tests.ledger import mail, take

ANN = "ann@people.example"
HOUR = timedelta(hours=1)


def sent(database: Database, number: int, *, state: str = "delivered", box: str = ANN, **options: Any) -> None:
    """Have one mail of its own sent, `number` hours after the beginning."""
    one = message(f"text {number}", f"facts {number}", message_id=f"{number}@x.example")
    with database.write() as connection:
        id = take(connection, mail(one, box, at=number * HOUR, **options))[0].id
        connection.execute(update(RECIPIENT).where(RECIPIENT.c.message == id).values(state=state))


def test_nobody_was_sent_nothing(database: Database) -> None:
    with database.read() as connection:
        assert contacts(connection, [ANN], template="card") == {}
        assert contacts(connection, []) == {}


def test_counts_what_was_sent_and_knows_when_last(database: Database) -> None:
    sent(database, 0, template="card")
    sent(database, 1, state="queued")
    sent(database, 2, box="bea@people.example")
    with database.read() as connection:
        assert contacts(connection, [ANN, ANN], template="card") == {ANN: Contact(2, NOW + HOUR, NOW)}
        assert contacts(connection, [ANN]) == {ANN: Contact(2, NOW + HOUR, None)}
        assert contacts(connection, [ANN], template="invoice")[ANN].last_same_template_at is None


def test_what_is_held_was_not_sent(database: Database) -> None:
    sent(database, 0, state="held", template="card")
    with database.read() as connection:
        assert contacts(connection, [ANN], template="card") == {}


def test_no_more_is_looked_at_than_is_allowed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact, "MOST_COUNTED", 3)
    monkeypatch.setattr(contact, "MOST_COMPARED", 2)
    for number in range(4):
        sent(database, number, template="card" if number == 1 else "invoice")
    with database.read() as connection:
        assert contacts(connection, [ANN], template="card") == {ANN: Contact(3, NOW + 3 * HOUR, None)}
        monkeypatch.setattr(contact, "MOST_COMPARED", 3)
        assert contacts(connection, [ANN], template="card")[ANN].last_same_template_at == NOW + HOUR


def test_what_is_looked_at_is_found_through_an_index_of_its_own(database: Database) -> None:
    if database.file is None:
        pytest.skip("PostgreSQL plans by what there is")
    with database.read() as connection:
        for lookup, parameters in ((contact._SENT, (1,)), (contact._OF_TEMPLATE, (1, "")), (contact._BULK, (0, 1))):
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {lookup._sqlite_for(1)}", ("", *parameters)).all()
            assert any("recipient_by_time" in row[3] for row in plan), plan


def test_bulk_mail_is_counted_since_then(database: Database) -> None:
    for number, mail_class in enumerate((MailClass.BULK, MailClass.BULK, MailClass.SERVICE)):
        sent(database, number, mail_class=mail_class)
    with database.read() as connection:
        assert bulk_counts(connection, [ANN], since=NOW - HOUR) == {ANN: 2}
        assert bulk_counts(connection, [ANN], since=NOW) == {ANN: 1}
        assert bulk_counts(connection, [ANN], since=NOW + HOUR) == {}


def test_two_mailboxes_of_a_person_are_one_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Contact(2, NOW, NOW), Contact(3, NOW + HOUR, None)
    assert one | other == Contact(5, NOW + HOUR, NOW)
    assert NO_CONTACT | NO_CONTACT == NO_CONTACT
    assert Contact(800) | Contact(800) == Contact(1_000)
