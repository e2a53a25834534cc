from __future__ import annotations

from sqlalchemy import delete

from mailguard.store.database import Database
from mailguard.store.parcels import parcels_of, places, read_parcels
from mailguard.store.tables import CONTENT, IS_HELD, RECIPIENT
from tests.builders import crowd, message
from tests.ledger import mail, take


def test_parcels_of_named_recipients_whatever_their_state(database: Database) -> None:
    one = mail(message("a", visible=crowd(11)), "ann@people.example", "bob@people.example", "eve@people.example")
    two = mail(message("b", message_id="2@x.example"), "ann@people.example")
    with database.write() as connection:
        take(connection, one, two)
        parcels = parcels_of(connection, [(one.id, 2), (one.id, 0), (two.id, 0), (two.id, 9), (one.id, 0)])
    assert places(parcels) == sorted([(one.id, 0), (one.id, 2), (two.id, 0)])


def test_more_recipients_than_fit_into_one_query_are_all_found(database: Database) -> None:
    one = mail(message("a"), *(box.wire for box in crowd(600)))
    with database.write() as connection:
        take(connection, one)
        (parcel,) = parcels_of(connection, [(one.id, n) for n in range(600)])
    assert len(parcel.destinations) == 600


def test_where_the_content_is_gone_there_is_no_parcel(database: Database) -> None:
    one = mail(message("a", visible=crowd(11)), "ann@people.example")
    with database.write() as connection:
        take(connection, one)
        connection.execute(delete(CONTENT))
        assert parcels_of(connection, [(one.id, 0)]) == []
        assert read_parcels(connection, IS_HELD, order_by=RECIPIENT.c.expires_at, limit=9) == []
