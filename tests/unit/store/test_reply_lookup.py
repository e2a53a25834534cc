from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from mailguard.policy.reply import Kind, ReplyState, Tie
from mailguard.store import reply_lookup, sent
from mailguard.store.database import Database
from mailguard.store.reply_lookup import MOST_OPEN, Newest, by_message_id, is_any_owed, last_seq, newest
from mailguard.store.reply_lookup import open_replies as owed
from mailguard.store.reply_moves import move
from tests.builders import NOW
from tests.replies import put_reply

ANN, BOB = "ann@people.example", "bob@people.example"
DAY = timedelta(days=1)


def test_what_is_owed_is_the_tied_human_replies_that_nobody_resolved_within_the_window(database: Database) -> None:
    with database.write() as connection:
        put_reply(connection, "old", at=-31 * DAY)
        first = put_reply(connection, "first")
        second = put_reply(connection, "second")
        put_reply(connection, "robot", kind=Kind.AUTOMATIC)
        put_reply(connection, "forged", tie=Tie.SENDER)
        done = put_reply(connection, "done")
        move(connection, done.id, ReplyState.RESOLVED, actor="ann", reason="", now=NOW)
        move(connection, first.id, ReplyState.ACKNOWLEDGED, actor="ann", reason="", now=NOW)
        found = owed(connection, [ANN, BOB, ANN], NOW - 30 * DAY)
        assert owed(connection, [], NOW) == {}
    assert {anchor: [one.id for one in of] for anchor, of in found.items()} == {ANN: [second.id, first.id]}
    assert [one.state for one in found[ANN]] == [ReplyState.OPEN, ReplyState.ACKNOWLEDGED]
    assert found[ANN][0] == second.as_seen_by_rules


def test_what_is_owed_is_bounded_and_the_newest(database: Database) -> None:
    with database.write() as connection:
        ids = [put_reply(connection, f"{n}", at=timedelta(seconds=n)).id for n in range(MOST_OPEN + 1)]
        assert [one.id for one in owed(connection, [ANN], NOW - DAY)[ANN]] == ids[:0:-1]


def test_the_newest_counts_whatever_its_state(database: Database) -> None:
    with database.write() as connection:
        assert newest(connection, [ANN]) == {}
        put_reply(connection, "one")
        two = put_reply(connection, "two", language="de")
        put_reply(connection, "robot", kind=Kind.AUTOMATIC)
        put_reply(connection, "forged", tie=Tie.SENDER)
        move(connection, two.id, ReplyState.RESOLVED, actor="ann", reason="", now=NOW)
        assert newest(connection, [ANN, BOB]) == {ANN: Newest(two.id, two.seq, NOW, ReplyState.RESOLVED, "de")}


def test_human_replies_are_found_by_message_id_however_tied(database: Database) -> None:
    with database.write() as connection:
        one = put_reply(connection, "one", message_id="same@x", mailbox=BOB)
        two = put_reply(connection, "two", message_id="same@x", tie=Tie.SENDER)
        put_reply(connection, "robot", message_id="same@x", kind=Kind.AUTOMATIC)
        found = by_message_id(connection, ["same@x", "", "other@x"])
        cut = put_reply(connection, "long", message_id="l" * 600)
        assert [each.reply.id for each in by_message_id(connection, ["l" * 600])["l" * 600]] == [cut.id]
    assert [(each.reply.id, each.anchor, each.mailbox) for each in found["same@x"]] == [(two.id, ANN, ANN), (one.id, ANN, BOB)]
    assert found.keys() == {"same@x"}


def test_whether_anybody_is_owed_anything_and_the_last_place(database: Database) -> None:
    with database.write() as connection:
        assert (is_any_owed(connection), last_seq(connection)) == (False, 0)
        one = put_reply(connection, "one")
        robot = put_reply(connection, "robot", kind=Kind.AUTOMATIC)
        assert (is_any_owed(connection), last_seq(connection)) == (True, robot.seq)
        move(connection, one.id, ReplyState.RESOLVED, actor="ann", reason="", now=NOW)
        assert not is_any_owed(connection)


def test_nothing_that_is_asked_reads_a_whole_table(tmp_path: Path) -> None:
    asked: list[str] = []
    with closing(Database.open(f"sqlite:///{tmp_path}/ledger.db")) as database, database.write() as connection:
        put_reply(connection)
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(asked.append)
        reply_lookup.open_replies(connection, [ANN], NOW)
        reply_lookup.newest(connection, [ANN])
        reply_lookup.by_message_id(connection, ["a@x"])
        reply_lookup.is_any_owed(connection)
        sent.sent(connection, ["a@x"])
        sent.sent_by_id(connection, ["a"])
        sent.sent_to(connection, [ANN], NOW, 10)
        driver.set_trace_callback(None)
        plans = [step[3] for sql in asked for step in driver.execute(f"EXPLAIN QUERY PLAN {sql}")]
    used = {step.split("INDEX ")[1].split(" ")[0] for step in plans if "INDEX " in step and "AUTOMATIC" not in step}
    assert not [step for step in plans if step.startswith("SCAN") and step.split()[1] not in {"k", "CONSTANT", "2", "reply"}]
    assert {"reply_owed", "reply_by_anchor", "reply_by_message_id", "recipient_by_time"} <= used
