"""mailguard.store.pauses: what is covered waits, whoever gives it back; a resume gives back what no other pause covers."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from mailguard.mail.control import MailClass
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.submission import Submission
from mailguard.store.database import Database
from mailguard.store.own_mail import OWN_CLIENT, OwnMail, put_own
from mailguard.store.pauses import (
    Pause,
    Pauses,
    Scope,
    active,
    begin,
    cover,
    end,
    keep,
    listed,
    paused,
    waiting_for_resume,
)
from mailguard.store.queue import lease, usage
from mailguard.store.tables import MESSAGE, RECIPIENT
from mailguard.store.workers import PAUSED
from tests.builders import NOW, message
from tests.ledger import EXPIRE, OWNER, mail, open_ledger, take

ALL = Pause(Scope.ALL, "", NOW, "ann", "wrong prices")
HOUR = timedelta(hours=1)


def letter(name: str, *, client: str = "shop", mail_class: MailClass = MailClass.SERVICE) -> Submission:
    text = message(name, name, message_id=f"{name}@x.example")
    one = mail(text, f"{name}@people.example")
    return replace(one, client=client, classification=replace(one.classification, mail_class=mail_class))


def spool(connection: Connection, *mails: Submission, brand: str = "") -> list[str]:
    """Have these in the spool, nobody's; their ids."""
    entries = take(connection, *mails, owner="")
    if brand:
        connection.execute(update(MESSAGE).values(brand=brand).where(MESSAGE.c.id.in_([one.id for one in entries])))
    return [one.id for one in entries]


def waits(connection: Connection) -> set[str]:
    """The messages that are paused."""
    return set(connection.scalars(select(RECIPIENT.c.message).where(RECIPIENT.c.owner == PAUSED)))


def pause(scope: Scope, key: str, *, after: timedelta = timedelta()) -> Pause:
    return Pause(scope, key, NOW + after, "ann", "")


@pytest.mark.parametrize(
    ("scope", "key", "expected"),
    [
        (Scope.ALL, "", {"codes", "news", "orders", "own"}),
        (Scope.CLIENT, "shop", {"orders", "news"}),
        (Scope.CLIENT, OWN_CLIENT, {"own"}),
        (Scope.CLASS, "bulk", {"news"}),
        (Scope.CLASS, "service", {"orders"}),
        (Scope.BRAND, "north", {"codes"}),
        (Scope.BRAND, "south", set()),
    ],
)
def test_what_a_pause_covers(database: Database, scope: Scope, key: str, expected: set[str]) -> None:
    with database.write() as connection:
        names = {}
        names["orders"], names["news"] = spool(connection, letter("orders"), letter("news", mail_class=MailClass.BULK))
        (names["codes"],) = spool(connection, letter("codes", client="bank", mail_class=MailClass.CRITICAL), brand="north")
        names["own"] = "01JA0000000000000000000DSN"
        box = parse_mailbox("ops@corp.example")
        notice = OwnMail(
            id=names["own"], message_id="dsn@x.example", subject="", template="dsn", recipients=(box,), octets=b"x"
        )
        put_own(connection, [notice], now=NOW, expires_at=NOW + EXPIRE)
        begun = begin(connection, pause(scope, key))
        assert waits(connection) == {names[name] for name in expected}
        assert (begun.was_new, begun.recipients) == (True, len(expected))
        assert paused(connection, names.values()) == {names[name] for name in expected}
        assert {parcel.message for parcel in lease(connection, owner="w", now=NOW, limit=10)} == {
            id for name, id in names.items() if name not in expected
        }
        assert end(connection, scope, key, now=NOW + HOUR).recipients == len(expected)
        assert not waits(connection)


def test_nothing_is_paused_at_first(database: Database) -> None:
    with database.write() as connection:
        (id,) = spool(connection, letter("orders"))
        assert active(connection) == Pauses()
        assert not active(connection).covers(client="shop", mail_class=MailClass.SERVICE, brand="")
        assert (cover(connection), keep(connection, [id]), paused(connection, [id])) == (0, 0, frozenset())
        assert waiting_for_resume(connection) == 0
        assert end(connection, Scope.ALL, "", now=NOW).pause is None


@pytest.mark.parametrize(
    ("scope", "key"), [(Scope.ALL, ""), (Scope.CLIENT, "shop"), (Scope.CLASS, "service"), (Scope.BRAND, "north")]
)
def test_intake_asks_whether_a_sender_is_paused(database: Database, scope: Scope, key: str) -> None:
    with database.write() as connection:
        begin(connection, pause(scope, key))
        found = active(connection)
    assert found.covers(client="shop", mail_class=MailClass.SERVICE, brand="north")
    assert found.covers(client="bank", mail_class=MailClass.BULK, brand="") is (scope is Scope.ALL)


def test_a_pause_that_is_begun_again_stays_as_it_was(database: Database) -> None:
    with database.write() as connection:
        begin(connection, ALL)
        again = begin(connection, Pause(Scope.ALL, "", NOW + HOUR, "bob", "still"))
        assert (again.pause, again.was_new) == (ALL, False)
        assert listed(connection) == (ALL,)


def test_a_resume_gives_back_what_no_other_pause_covers(database: Database) -> None:
    with database.write() as connection:
        order, news = spool(connection, letter("orders"), letter("news", mail_class=MailClass.BULK))
        begin(connection, ALL)
        begin(connection, pause(Scope.CLASS, "bulk", after=HOUR))
        resumed = end(connection, Scope.ALL, "", now=NOW + 2 * HOUR)
        assert (resumed.pause, resumed.recipients) == (ALL, 1)
        assert [one.what for one in resumed.left] == ["class bulk"]
        assert waits(connection) == {news}
        assert [parcel.message for parcel in lease(connection, owner="w", now=NOW + 2 * HOUR, limit=10)] == [order]
        assert end(connection, Scope.CLASS, "bulk", now=NOW + 3 * HOUR).left == ()
        (parcel,) = lease(connection, owner="w", now=NOW + 3 * HOUR, limit=10)
        # Both pauses give back what they took: two hours, and two.
        assert parcel.destinations[0].expires_at == NOW + EXPIRE + 4 * HOUR


def test_what_waited_has_as_much_more_time_and_what_came_meanwhile_less(database: Database) -> None:
    with database.write() as connection:
        spool(connection, letter("orders"))
        begin(connection, pause(Scope.ALL, "", after=HOUR))
        late = replace(letter("late"), received_at=NOW + 3 * HOUR)
        spool(connection, late)
        cover(connection)
        end(connection, Scope.ALL, "", now=NOW + 4 * HOUR)
        parcels = lease(connection, owner="w", now=NOW + 4 * HOUR, limit=10)
        expiries = {parcel.message: parcel.destinations[0].expires_at for parcel in parcels}
        assert expiries.pop(late.id) == NOW + 3 * HOUR + EXPIRE + HOUR
        assert list(expiries.values()) == [NOW + EXPIRE + 3 * HOUR]


def test_what_a_worker_has_is_kept_once_it_is_given_back(database: Database) -> None:
    with database.write() as connection:
        (entry,) = take(connection, letter("orders"), owner=OWNER)
        assert begin(connection, ALL).recipients == 0
        assert keep(connection, [entry.id]) == 0
        connection.execute(update(RECIPIENT).values(owner=""))
        assert keep(connection, [entry.id, "another"]) == 1
        assert waits(connection) == {entry.id}
        assert (usage(connection).queued, usage(connection).paused) == (1, 1)


def test_keeping_one_mail_looks_through_no_backlog(tmp_path: Path) -> None:
    asked: list[str] = []
    with closing(open_ledger(f"sqlite:///{tmp_path}/ledger.db")) as database, database.write() as connection:
        (id,) = spool(connection, letter("a"))
        begin(connection, ALL)
        connection.execute(update(RECIPIENT).values(owner=""))
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(asked.append)
        assert keep(connection, [id]) == 1
        driver.set_trace_callback(None)
        (change,) = (sql for sql in asked if sql.startswith("UPDATE recipient"))
        assert next(iter(driver.execute(f"EXPLAIN QUERY PLAN {change}")))[3].endswith("(message=?)")


def test_what_is_at_an_end_is_not_paused(database: Database) -> None:
    with database.write() as connection:
        (id,) = spool(connection, letter("orders"))
        connection.execute(update(RECIPIENT).values(state="delivered"))
        assert begin(connection, ALL).recipients == 0
        assert keep(connection, [id]) == 0
        assert not waits(connection)
