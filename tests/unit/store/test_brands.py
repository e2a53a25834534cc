from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from mailguard.store.brands import MOST_READ, brands_of
from mailguard.store.database import Database
from mailguard.store.tables import MESSAGE
from tests.builders import message
from tests.ledger import mail, take


def wrote(database: Database, to: str, brand: str, *, day: int) -> None:
    with database.write() as connection:
        one = mail(message(f"{to} {brand} {day}"), to, at=timedelta(days=day))
        take(connection, one)
        connection.execute(update(MESSAGE).where(MESSAGE.c.id == one.id).values(brand=brand))


def test_brands_are_those_that_have_written_lately(database: Database) -> None:
    wrote(database, "ann@people.example", "old", day=0)
    for day in range(1, MOST_READ):
        wrote(database, "ann@people.example", "acme", day=day)
    wrote(database, "bob@people.example", "", day=1)
    anchors = ["ann@people.example", "bob@people.example", "eve@people.example"]
    with database.read() as connection:
        assert brands_of(connection, anchors) == {"ann@people.example": {"old", "acme"}}
    wrote(database, "ann@people.example", "shop", day=MOST_READ)
    with database.read() as connection:
        assert brands_of(connection, anchors) == {"ann@people.example": {"shop", "acme"}}
