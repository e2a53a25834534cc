from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update

from mailguard.policy.finding import Code
from mailguard.store.candidates import anchors
from mailguard.store.database import Database
from mailguard.store.person_mail import HeldMail, PersonMail, all_held_by_person, held_by_person, mail_of, whose
from mailguard.store.tables import RECIPIENT
from tests.builders import NOW, crowd, message
from tests.ledger import mail, take
from tests.records import arrive, customer, join

ANN, LEE, HOUSE = "ann@people.example", "lee@people.example", "house@people.example"


def about(subject: str, text: str) -> object:
    return replace(message(text, message_id=f"{text}@x.example"), subject=subject)


def test_a_person_without_mail(database: Database) -> None:
    with database.read() as connection:
        assert mail_of(connection, [ANN, "R1"]) == PersonMail()
        assert mail_of(connection, []) == PersonMail()
        assert (held_by_person(connection, [1]), all_held_by_person(connection)) == ({}, {})


def test_the_mail_of_all_anchors_is_the_persons(database: Database) -> None:
    first = mail(replace(message("a", message_id="a@x.example"), subject="first"), ANN)
    last = mail(replace(message("b", message_id="b@x.example"), subject="last"), LEE, at=timedelta(hours=1))
    other = mail(message("c", message_id="c@x.example"), "bob@people.example", at=timedelta(hours=2))
    with database.write() as connection:
        take(connection, first, last, other)
        assert mail_of(connection, [ANN, LEE, "R1"]) == PersonMail(2, NOW + timedelta(hours=1), "last", ())
        assert mail_of(connection, [ANN]).last_subject == "first"


def test_what_is_held_names_the_first_finding(database: Database) -> None:
    held = mail(replace(message("a", visible=crowd(11), message_id="a@x.example"), subject="news"), ANN)
    with database.write() as connection:
        take(connection, held)
        assert mail_of(connection, [ANN]).held == (HeldMail(held.id, "news", Code.MASS_CC),)
        connection.execute(update(RECIPIENT).values(findings="[]"))
        assert mail_of(connection, [ANN]).held == (HeldMail(held.id, "news", None),)


def test_held_mail_is_counted_by_person(database: Database) -> None:
    with database.write() as connection:
        arrive(
            connection,
            customer(1, "ann", "lee", ANN),
            customer(2, "ann", "lee", LEE, HOUSE),
            customer(3, "john", "lee", HOUSE),
            customer(4),
        )
        join(connection, 1, 2)
        crowded = crowd(11)
        take(
            connection, mail(message("a", visible=crowded, message_id="a@x.example"), ANN, LEE, HOUSE, "nobody@people.example")
        )
        take(connection, mail(message("b", message_id="b@x.example"), ANN))
        assert held_by_person(connection, [1, 3, 4]) == {1: 3}
        assert all_held_by_person(connection) == {1: 3, 3: 1}
        connection.execute(update(RECIPIENT).where(RECIPIENT.c.mailbox == HOUSE).values(anchor="R3"))
        assert held_by_person(connection, [1, 3, 4]) == {1: 2, 3: 1} == all_held_by_person(connection)
        assert anchors(connection, [3]) == {3: ("R3",)}


def test_whose_an_anchor_is_now(database: Database) -> None:
    with database.write() as connection:
        ann, lee, other = arrive(
            connection, customer(1, "a", "l", ANN), customer(2, "b", "l", LEE, HOUSE), customer(3, "c", "l", HOUSE)
        )
        join(connection, ann, lee)
        assert whose(connection, [ANN, LEE, HOUSE, f"R{other}", "R99", "postmaster", "new@z.example"]) == {
            ANN: "P1",
            LEE: "P1",
            HOUSE: HOUSE,
            f"R{other}": f"P{other}",
            "R99": "R99",
            "postmaster": "postmaster",
            "new@z.example": "new@z.example",
        }
