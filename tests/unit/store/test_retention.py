from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Table, func, select

from mailguard.policy.facts import State
from mailguard.policy.parcel import Outcome
from mailguard.policy.reply import Kind
from mailguard.store.database import Database
from mailguard.store.holds import Act, Filter, drop
from mailguard.store.queue import finish
from mailguard.store.retention import MOST_AT_ONCE, Bounds, Purged, purge
from mailguard.store.tables import AUDIENCE, CONTENT, EVENT, MESSAGE, REACH, RECIPIENT, WORDING
from tests.builders import NOW, crowd, message
from tests.ledger import OWNER, mail, take
from tests.replies import put_reply

NEVER = datetime(2000, 1, 1, tzinfo=NOW.tzinfo)


def bounds(**changes: datetime) -> Bounds:
    return Bounds(**{"content": NEVER, "ledger": NEVER, "audience": NEVER, "reach": NEVER} | changes)


def deliver(database: Database, *names: str, days: int = 0) -> list[str]:
    at = timedelta(days=days)
    mails = [mail(message(name, name, message_id=f"{name}@x.example"), "ann@people.example", at=at) for name in names]
    with database.write() as connection:
        take(connection, *mails)
        finish(connection, [Outcome(one.id, 0, State.DELIVERED, (), None) for one in mails], owner=OWNER)
    return [one.id for one in mails]


def count(database: Database, table: Table) -> int:
    with database.read() as connection:
        found: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
        return found


def test_content_of_finished_mail_goes_and_its_place_in_the_ledger_stays(database: Database) -> None:
    deliver(database, "old")
    kept = deliver(database, "new", days=1)
    with database.write() as connection:
        assert purge(connection, bounds(content=NOW + timedelta(days=1))) == Purged(1, 0)
        assert connection.execute(select(CONTENT.c.message)).scalars().all() == kept
    assert count(database, MESSAGE) == 2


def test_content_of_what_waits_stays_however_old(database: Database) -> None:
    with database.write() as connection:
        take(connection, mail(message("held", visible=crowd(11)), "ann@people.example"))
        take(connection, mail(message("queued", message_id="q@x.example"), "ann@people.example"))
        bound = bounds(content=NOW + timedelta(days=99), ledger=NOW + timedelta(days=99))
        assert purge(connection, bound) == Purged(0, 0)


def test_old_messages_leave_the_ledger_with_all_that_is_theirs(database: Database) -> None:
    deliver(database, "old")
    with database.write() as connection:
        take(connection, mail(message("held", visible=crowd(11)), "ann@people.example"))
        drop(connection, Filter(everything=True), Act(NOW, "ann", "no"))
    kept = deliver(database, "new", days=1)
    with database.write() as connection:
        assert purge(connection, bounds(ledger=NOW + timedelta(days=1))) == Purged(0, 2)
        assert connection.execute(select(MESSAGE.c.id)).scalars().all() == kept
        assert connection.execute(select(RECIPIENT.c.message)).scalars().all() == kept
        assert connection.execute(select(CONTENT.c.message)).scalars().all() == kept
    assert count(database, EVENT) == 0
    assert count(database, WORDING) == 1


def test_a_text_that_is_still_in_use_stays_known(database: Database) -> None:
    deliver(database, "text")
    with database.write() as connection:
        again = message("text", "other facts", message_id="2@x.example")
        take(connection, mail(again, "ann@people.example", at=timedelta(days=2)))
        assert purge(connection, bounds(ledger=NOW + timedelta(days=1))).messages == 1
    assert count(database, WORDING) == 1


def test_a_purge_is_bounded_and_says_whether_more_is_to_do(database: Database) -> None:
    deliver(database, "a", "b", "c")
    bound = bounds(content=NOW + timedelta(days=1), ledger=NOW + timedelta(days=1))
    purged = []
    for _ in range(3):
        with database.write() as connection:
            purged.append(purge(connection, bound, limit=2))
    assert purged == [Purged(2, 2), Purged(1, 1), Purged(0, 0)]


@pytest.mark.parametrize(("messages", "is_complete"), [(MOST_AT_ONCE - 1, True), (MOST_AT_ONCE, False)])
def test_a_full_piece_is_not_the_last(messages: int, *, is_complete: bool) -> None:
    assert Purged(0, messages).is_complete is is_complete
    assert Purged(0, 0, words=messages).is_complete is is_complete
    assert Purged(0, 0, replies=messages).is_complete is is_complete
    assert Purged(messages, 0).is_complete is is_complete


def test_old_mail_that_waits_does_not_hide_what_can_go_behind_it(database: Database) -> None:
    with database.write() as connection:
        waiting = [
            mail(message(f"{n}", f"{n}", message_id=f"{n}@x.example", visible=crowd(11)), "ann@people.example")
            for n in range(MOST_AT_ONCE + 1)
        ]
        take(connection, *waiting)
    deliver(database, "gone")
    with database.write() as connection:
        assert purge(connection, bounds(content=NOW + timedelta(days=1))).contents == 1


def test_replies_go_with_content_and_ledger(database: Database) -> None:
    with database.write() as connection:
        put_reply(connection, kind=Kind.AUTOMATIC)
        assert purge(connection, bounds(content=NOW + timedelta(days=1))) == Purged(0, 0, words=1)
        assert purge(connection, bounds(ledger=NOW + timedelta(days=1))) == Purged(0, 0, replies=1)


def test_reach_and_audiences_are_forgotten_in_time(database: Database) -> None:
    with database.write() as connection:
        take(connection, mail(message("a", visible=crowd(6)), "p0@people.example"))
        purge(connection, bounds(reach=NOW, audience=NOW))
    assert (count(database, REACH), count(database, AUDIENCE)) == (1, 1)
    with database.write() as connection:
        purge(connection, bounds(reach=NOW + timedelta(seconds=1), audience=NOW + timedelta(seconds=1)))
    assert (count(database, REACH), count(database, AUDIENCE)) == (0, 0)
