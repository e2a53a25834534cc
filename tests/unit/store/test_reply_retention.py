from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from mailguard.policy.reply import Kind, ReplyState, Tie
from mailguard.store.bounces import Bounce, bounces_of, record
from mailguard.store.database import Database
from mailguard.store.replies import Filter, content_of, count, find, put, show
from mailguard.store.reply_lookup import by_message_id, newest
from mailguard.store.reply_moves import move, moves_of
from mailguard.store.reply_retention import PurgedReplies, erase_replies, purge_replies
from mailguard.store.set_aside import SetAside, all_set_aside, put_aside
from mailguard.store.tables import REPLY, REPLY_EVENT
from mailguard.store.told import all_told, take_once, tell
from tests.builders import NOW
from tests.replies import new_reply, put_reply

DAY = timedelta(days=1)
ANN = "ann@people.example"


def purge(
    database: Database, *, content: timedelta = -99 * DAY, ledger: timedelta = -99 * DAY, limit: int = 100
) -> PurgedReplies:
    with database.write() as connection:
        return purge_replies(connection, content=NOW + content, ledger=NOW + ledger, limit=limit)


def words(database: Database, *ids: str) -> list[bool]:
    """Of each reply whether its words are kept; both forms, or neither."""
    with database.read() as connection:
        kept = [(content_of(connection, id), show(connection, id)) for id in ids]
    assert all((content is None) is (found is None or found.text is None) for content, found in kept)
    return [content is not None for content, _ in kept]


def test_words_go_when_they_are_old_and_nobody_is_owed_an_answer(database: Database) -> None:
    with database.write() as connection:
        owed = put_reply(connection, "owed").id
        forged = put_reply(connection, "forged", tie=Tie.SENDER).id
        robot = put_reply(connection, "robot", kind=Kind.AUTOMATIC).id
        young = put_reply(connection, "young", kind=Kind.AUTOMATIC, at=2 * DAY).id
        done = put_reply(connection, "done").id
        just_done = put_reply(connection, "just done").id
        move(connection, done, ReplyState.RESOLVED, actor="ann", reason="", now=NOW)
        move(connection, just_done, ReplyState.RESOLVED, actor="ann", reason="", now=NOW + DAY)
    assert purge(database, content=DAY) == PurgedReplies(2, 0)
    assert words(database, owed, forged, robot, young, done, just_done) == [True, True, False, True, False, True]
    assert purge(database, content=DAY) == PurgedReplies(0, 0)


def test_rows_go_with_all_that_is_theirs_but_what_is_owed_to_a_person_stays(database: Database) -> None:
    with database.write() as connection:
        owed = put_reply(connection, "owed").id
        put_reply(connection, "forged", tie=Tie.SENDER)
        put_reply(connection, "robot", kind=Kind.AUTOMATIC)
        done = put_reply(connection, "done").id
        move(connection, done, ReplyState.RESOLVED, actor="ann", reason="", now=NOW)
        young = put_reply(connection, "young", kind=Kind.AUTOMATIC, at=2 * DAY).id
    assert purge(database, ledger=DAY) == PurgedReplies(0, 3)
    with database.read() as connection:
        assert [one.id for one in find(connection, Filter())] == [young, owed]
        assert moves_of(connection, done) == []
    assert words(database, owed, young, done) == [True, True, False]


def test_a_purge_is_bounded(database: Database) -> None:
    with database.write() as connection:
        put(connection, [new_reply(f"{n}", kind=Kind.AUTOMATIC) for n in range(5)])
    assert purge(database, content=DAY, limit=2) == PurgedReplies(2, 0)
    assert purge(database, content=DAY) == PurgedReplies(3, 0)
    assert purge(database, ledger=DAY, limit=2) == PurgedReplies(0, 2)
    assert purge(database, ledger=DAY) == PurgedReplies(0, 3)


def test_what_is_owed_does_not_hide_what_can_go_behind_it(database: Database) -> None:
    with database.write() as connection:
        put(connection, [new_reply(f"{n}") for n in range(600)])
        put_reply(connection, "robot", kind=Kind.AUTOMATIC)
    assert purge(database, content=DAY).contents == 1


def test_what_was_told_put_aside_bounced_or_taken_goes_in_its_time(database: Database) -> None:
    with database.write() as connection:
        tell(connection, "R1", {"income": None}, source="crm", at=NOW)
        record(connection, [Bounce(ANN, NOW, True, "5.1.1", "a", 0)])
        put_aside(connection, [SetAside(NOW, "lmtp", "", "too deep", b"x")])
        take_once(connection, "e1", at=NOW)
    for kept in (True, False):
        purge(database, content=timedelta() if kept else DAY, ledger=timedelta() if kept else DAY)
        with database.write() as connection:
            assert bool(all_told(connection, ["R1"])) is kept
            assert bool(bounces_of(connection, [ANN])) is kept
            assert bool(all_set_aside(connection)) is kept
            assert take_once(connection, "e1", at=NOW) is not kept


@pytest.mark.parametrize("named", ["anchors", "mailboxes"])
def test_what_an_erased_person_wrote_is_gone_and_does_not_come_back(database: Database, named: str) -> None:
    with database.write() as connection:
        one = put_reply(connection, "one", score=3, template="card", brand="shop", due_at=NOW, written_at=NOW, returns_at=NOW)
        other = put_reply(connection, "other", anchor="bob@people.example", mailbox="bob@people.example")
        move(connection, one.id, ReplyState.RESOLVED, actor="ann", reason="called Ann Lee", now=NOW)
        tell(connection, ANN, {"income": "48050"}, source="crm", at=NOW)
        record(connection, [Bounce(ANN, NOW, True, "5.1.1", "a", 0)])
    with database.write() as connection:
        boxes = {"anchors": [ANN], "mailboxes": []} if named == "anchors" else {"anchors": [], "mailboxes": [ANN]}
        assert erase_replies(connection, **boxes) == 1
        assert all_told(connection, [ANN]) == []
        assert bool(bounces_of(connection, [ANN])) is (named == "anchors")
        assert content_of(connection, one.id) is None
        assert newest(connection, [ANN]) == {}
        assert by_message_id(connection, ["one@people.example"]) == {}
        assert connection.execute(select(func.count()).select_from(REPLY_EVENT)).scalar_one() == 0
        row = connection.execute(select(REPLY).where(REPLY.c.id == one.id)).one()
        assert [place.is_new for place in put(connection, [new_reply("one")])] == [False]
        assert show(connection, other.id) == other
        assert count(connection, Filter(anchors=[ANN])) == 0
    kept = {name: value for name, value in row._mapping.items() if value not in (None, "", b"")}
    assert kept.keys() == {"seq", "id", "key", "received_at", "kind", "tie", "is_tied", "size"}
    assert (row.tie, row.is_tied) == ("none", False)


def test_erasing_nobody_erases_nothing(database: Database) -> None:
    with database.write() as connection:
        put_reply(connection)
        assert erase_replies(connection, anchors=["R9"], mailboxes=["eve@people.example"]) == 0
        assert erase_replies(connection, anchors=[], mailboxes=[]) == 0
