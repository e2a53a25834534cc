"""mailguard.store.recalls: what is stopped, what is cancelled, and what is left alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from mailguard.mail.control import MailClass
from mailguard.policy.facts import State
from mailguard.policy.parcel import Outcome
from mailguard.store import holds, queue, recalls
from mailguard.store.database import Database
from mailguard.store.holds import Act, Changed, Filter
from mailguard.store.recall_lookup import newest_recall
from mailguard.store.recalls import Begun, Order, Target
from mailguard.store.tables import BROADCAST, MESSAGE, RECALL, RECALLED, RECIPIENT
from mailguard.store.workers import PAUSED
from tests.builders import NOW, message
from tests.ledger import OWNER, mail, take

BY_BOB = Order(NOW, "bob", "the wrong list")


def put(database: Database, number: int, *to: str, owner: str = "", **options: object) -> str:
    """The id of a mail of its own, to p<number>@people.example or `to`."""
    one = message(f"text {number}", message_id=f"{number}@shop.example")
    with database.write() as connection:
        (entry,) = take(connection, mail(one, *(to or (f"p{number}@people.example",)), **options), owner=owner)  # type: ignore[arg-type]
    return entry.id


def take_back(database: Database, target: Target, order: Order = BY_BOB) -> Begun | None:
    """Begin a recall, and cancel what waits."""
    with database.write() as connection:
        begun = recalls.begin(connection, target, order)
        if begun is not None:
            recalls.cancel(connection, begun.ids)
    return begun


def states(database: Database, *ids: str) -> list[str]:
    with database.read() as connection:
        rows = connection.execute(
            RECIPIENT.select().where(RECIPIENT.c.message.in_(ids)).order_by(RECIPIENT.c.message, RECIPIENT.c.n)
        )
        return [row.state for row in rows]


def change(database: Database, id: str, **values: object) -> None:
    with database.write() as connection:
        connection.execute(update(RECIPIENT).where(RECIPIENT.c.message == id).values(values))


def test_what_waits_is_cancelled_and_what_has_ended_stays(database: Database) -> None:
    ids = [put(database, n) for n in range(6)]
    before = ["queued", "deferred", "held", "delivered", "rejected", "failed"]
    for id, state in zip(ids, before, strict=True):
        change(database, id, state=state)
    assert take_back(database, Target(names=tuple(ids))) is not None
    assert states(database, *ids) == ["cancelled"] * 3 + before[3:]


def test_paused_mail_is_cancelled_and_a_workers_is_left_to_it(database: Database) -> None:
    paused, owned = put(database, 1), put(database, 2, owner=OWNER)
    change(database, paused, owner=PAUSED)
    begun = take_back(database, Target(names=(paused, owned)))
    assert begun is not None
    assert states(database, paused, owned) == ["cancelled", "queued"]
    with database.write() as connection:
        assert recalls.under_way(connection, begun.ids) == (1, 0)
        queue.finish(connection, [Outcome(owned, 0, State.DEFERRED, (), NOW)], owner=OWNER)
        assert recalls.under_way(connection, begun.ids) == (0, 1)
        assert recalls.cancel_among(connection, [owned, "other"]) == {owned}
        assert recalls.under_way(connection, begun.ids) == (0, 0)
    assert states(database, owned) == ["cancelled"]


def test_delivery_of_what_was_cancelled_meanwhile_is_a_fact(database: Database) -> None:
    id = put(database, 1)
    take_back(database, Target(names=(id,)))
    with database.write() as connection:
        queue.finish(connection, [Outcome(id, 0, State.DELIVERED, (), None)], owner=OWNER)
    assert states(database, id) == ["delivered"]


def test_message_id_means_every_message_of_it_and_takes_along_what_its_client_sent_as_it(database: Database) -> None:
    one = message("text", message_id="same@shop.example")
    with database.write() as connection:
        first, second, foreign = take(
            connection,
            mail(one, "ann@people.example"),
            mail(replace(one, digest=b"2" * 32), "bob@people.example"),
            mail(one, "cid@people.example", client="other"),
            owner="",
        )
    begun = take_back(database, Target(names=(first.id.lower(),)))
    assert begun is not None
    assert states(database, first.id, second.id, foreign.id) == ["cancelled", "cancelled", "queued"]
    assert take_back(database, Target(names=("<same@shop.example>",))) is not None
    assert states(database, foreign.id) == ["cancelled"]


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        (Target(sender="shop@sender.example"), [0, 1]),
        (Target(sender="sender.example"), [0, 1]),
        (Target(sender="crm"), [2]),
        (Target(client="crm"), [2]),
        (Target(template="news"), [1, 2]),
        (Target(client="shop", template="news"), [1]),
        (Target(since=NOW + timedelta(minutes=1)), [1, 2]),
    ],
)
def test_filter_means_what_meets_all_of_it(database: Database, target: Target, meant: Sequence[int]) -> None:
    ids = [
        put(database, 0),
        put(database, 1, template="news", at=timedelta(minutes=1)),
        put(database, 2, template="news", at=timedelta(minutes=2), client="crm", reverse_path="crm@other.example"),
    ]
    assert not target.means_nothing
    take_back(database, target)
    assert [states(database, id) == ["cancelled"] for id in ids] == [n in meant for n in range(3)]


def test_own_mail_is_meant_only_where_it_is_named(database: Database) -> None:
    id = put(database, 1, client="mailguard")
    assert take_back(database, Target(since=NOW)) is None
    assert take_back(database, Target(client="mailguard")) is not None
    assert states(database, id) == ["cancelled"]


def add_broadcast(database: Database, id: str) -> None:
    row = {column.name: "" for column in BROADCAST.columns if column.name not in {"signed_at", "recalled_at"}}
    fixed = {"id": id, "at": NOW, "expires_at": NOW, "salt": b"", "texts_digest": b"", "audience": b"", "rows": 1, "members": 1}
    with database.write() as connection:
        connection.execute(BROADCAST.insert().values({**row, **fixed}))


def test_broadcast_means_its_mail_also_what_is_still_to_come(database: Database) -> None:
    add_broadcast(database, "01B")
    ids = [put(database, n) for n in range(3)]
    with database.write() as connection:
        connection.execute(update(MESSAGE).where(MESSAGE.c.id.in_(ids[:2])).values(broadcast="01B"))
    begun = take_back(database, Target(broadcasts=("01B", "01C")))
    assert begun is not None
    assert begun.unknown == ("01C",)
    assert states(database, *ids) == ["cancelled", "cancelled", "queued"]
    again = take_back(database, Target(names=(ids[0],)))
    assert again == Begun(begun.ids, is_new=False, unknown=())
    with database.read() as connection:
        assert connection.execute(BROADCAST.select()).one().recalled_at == NOW


def test_same_again_is_the_same_recall_and_more_is_a_new_one_that_knows_it(database: Database) -> None:
    first, second = put(database, 1), put(database, 2)
    begun = take_back(database, Target(names=(first,)))
    assert begun is not None
    assert take_back(database, Target(names=(first,))) == Begun(begun.ids, is_new=False, unknown=())
    more = take_back(database, Target(names=(first, second, "nobody")))
    assert more is not None
    assert (more.ids[1:], more.is_new, more.unknown) == (begun.ids, True, ("nobody",))


def test_ids_grow_though_a_clock_is_behind(database: Database) -> None:
    first, second = put(database, 1), put(database, 2)
    take_back(database, Target(names=(first,)))
    with database.read() as connection:
        before = newest_recall(connection)
    take_back(database, Target(names=(second,)), Order(NOW - timedelta(hours=1), "eve", ""))
    with database.read() as connection:
        assert newest_recall(connection) > before


def test_nothing_is_recalled_where_there_is_no_such_mail(database: Database) -> None:
    assert Target().means_nothing
    assert take_back(database, Target(names=("01J",), broadcasts=("01B",))) is None
    with database.read() as connection:
        assert newest_recall(connection) == ""


def test_cancelled_mail_is_not_counted_in_the_end(database: Database) -> None:
    id = put(database, 1, "ann@people.example", "bob@people.example")
    begun = take_back(database, Target(names=(id,)))
    assert begun is not None
    with database.write() as connection:
        for piece in recalls.counted(connection, begun.ids):
            recalls.uncount(connection, piece)
        assert recalls.counted(connection, begun.ids) == []
        assert not any(row.is_counted for row in connection.execute(RECIPIENT.select()))


def test_mail_that_says_the_same_as_a_cancelled_one_is_no_repeat(database: Database) -> None:
    one = message("text", "4711", message_id="1@shop.example")
    with database.write() as connection:
        (first,) = take(connection, mail(one), owner="")
        begun = recalls.begin(connection, Target(names=(first.id,)), BY_BOB)
        assert begun is not None
        recalls.cancel(connection, begun.ids)
        (second,) = take(connection, mail(replace(one, message_id="2@shop.example", digest=b"2" * 32)), owner="")
    assert second.states == (State.QUEUED,)


def test_what_came_after_its_recall_is_not_released(database: Database) -> None:
    id = put(database, 1)
    take_back(database, Target(names=(id,)))
    assert put(database, 1, "late@people.example") == id
    assert states(database, id) == ["cancelled", "rejected"]
    with database.write() as connection:
        released = holds.release(connection, Filter(ids=(id,)), Act(NOW, "bob", ""), expires_at=NOW)
    assert (released.recipients, released.left) == (0, (id,))


@pytest.mark.parametrize(("state", "act"), [("failed", holds.retry), ("dropped", holds.release), ("rejected", holds.release)])
def test_what_had_ended_before_its_recall_is_not_let_out_and_nobody_is_told_that_it_was(
    database: Database, state: str, act: Callable[..., Changed]
) -> None:
    id = put(database, 1)
    change(database, id, state=state)
    take_back(database, Target(names=(id,)))
    with database.write() as connection:
        done = act(connection, Filter(ids=(id,)), Act(NOW, "bob", ""), expires_at=NOW + timedelta(days=1))
    assert (done.recipients, done.left) == (0, (id,))
    assert states(database, id) == [state]


def test_what_came_of_it_is_kept_and_goes_with_the_ledger(database: Database) -> None:
    begun = take_back(database, Target(names=(put(database, 1),)))
    assert begun is not None
    with database.write() as connection:
        recalls.finish(connection, begun.id, cancelled=1, apology="", report="{}")
        row = connection.execute(RECALL.select()).one()
        assert (row.at, row.actor, row.reason, row.cancelled, row.apology) == (NOW, "bob", "the wrong list", 1, None)
        recalls.purge(connection, NOW)
        assert _rows(connection.execute(RECALLED.select())) == 2
        recalls.purge(connection, NOW + timedelta(seconds=1))
        assert _rows(connection.execute(RECALLED.select())) == 0


def _rows(found: object) -> int:
    return len(list(found))  # type: ignore[call-overload]


def test_target_says_itself_in_words() -> None:
    since = datetime.fromisoformat("2026-11-16T09:00:00+00:00")
    target = Target(names=("01J",), broadcasts=("01B",), client="shop", since=since)
    assert target.words == ("01J", "broadcast 01B", "client shop", "since 2026-11-16T09:00:00+00:00")


def test_class_of_a_recalled_mail_does_not_matter(database: Database) -> None:
    id = put(database, 1, mail_class=MailClass.CRITICAL)
    take_back(database, Target(names=(id,)))
    put(database, 1, "late@people.example", mail_class=MailClass.CRITICAL)
    assert states(database, id) == ["cancelled", "rejected"]
