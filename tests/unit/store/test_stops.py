"""mailguard.store.stops: what was recalled or is paused leaves a worker's hands."""

from __future__ import annotations

from mailguard.store import pauses, queue, recalls, stops
from mailguard.store.database import Database
from mailguard.store.pauses import Pause, Scope
from mailguard.store.recalls import Order, Target
from mailguard.store.tables import RECIPIENT
from mailguard.store.workers import PAUSED
from tests.builders import NOW, message
from tests.ledger import OWNER, mail, take


def put(database: Database, number: int, *, client: str = "shop", owner: str = OWNER) -> str:
    one = message(f"text {number}", message_id=f"{number}@shop.example")
    with database.write() as connection:
        (entry,) = take(connection, mail(one, f"p{number}@people.example", client=client), owner=owner)
    return entry.id


def stop(database: Database, id: str) -> None:
    """Recall a message, and pause the client `crm`."""
    with database.write() as connection:
        recalls.begin(connection, Target(names=(id,)), Order(NOW, "bob", ""))
        pauses.begin(connection, Pause(Scope.CLIENT, "crm", NOW, "bob", ""))


def rows(database: Database) -> list[tuple[str, str]]:
    with database.read() as connection:
        return [(row.state, row.owner) for row in connection.execute(RECIPIENT.select().order_by(RECIPIENT.c.message))]


def test_version_changes_with_each_stop(database: Database) -> None:
    id = put(database, 1)
    with database.read() as connection:
        before = stops.version(connection)
    assert before.is_nothing
    stop(database, id)
    with database.read() as connection:
        assert stops.version(connection) != before
        assert not stops.version(connection).is_nothing


def test_what_is_given_back_is_cancelled_or_paused_or_anybodys(database: Database) -> None:
    ids = [put(database, 1), put(database, 2, client="crm"), put(database, 3)]
    stop(database, ids[0])
    with database.write() as connection:
        assert stops.stopped(connection, ids) == set(ids[:2])
        parcels = queue.parcels_of(connection, [(id, 0) for id in ids])
        stops.give_back(connection, parcels, owner="another")
    assert rows(database) == [("queued", OWNER)] * 3
    with database.write() as connection:
        stops.give_back(connection, parcels, owner=OWNER)
    assert rows(database) == [("cancelled", ""), ("queued", PAUSED), ("queued", "")]


def test_lease_yields_only_what_may_leave(database: Database) -> None:
    ids = [put(database, 1, owner=""), put(database, 2, owner="")]
    stop(database, ids[0])
    with database.write() as connection:
        leased = queue.lease(connection, owner=OWNER, now=NOW, limit=10)
        assert [one.message for one in stops.without_stopped(connection, leased, owner=OWNER)] == ids[1:]
    assert rows(database) == [("cancelled", ""), ("queued", OWNER)]
