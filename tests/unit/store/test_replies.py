from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ulid import ULID

from mailguard.policy.reply import Kind, Reply, ReplyState, Tie
from mailguard.store.database import Database
from mailguard.store.replies import MOST_TEXT, Filter, content_of, count, find, put, show
from mailguard.store.reply_moves import move
from tests.builders import NOW
from tests.replies import new_reply, put_reply

HOUR = timedelta(hours=1)


def test_a_reply_is_found_as_it_was_put(database: Database) -> None:
    new = new_reply(
        written_at=NOW,
        score=2,
        answers="01JA0000000000000000000000",
        answers_n=3,
        template="card",
        facts=b"facts",
        brand="shop",
        due_at=NOW + HOUR,
        returns_at=NOW,
        detail="",
    )
    with database.write() as connection:
        (place,) = put(connection, [new])
    assert (place.id, place.is_new) == (new.id, True)
    with database.read() as connection:
        found = show(connection, new.id)
        assert content_of(connection, new.id) == new.content
    assert found is not None
    kept: tuple[str, ...] = (
        "written_at",
        "source",
        "kind",
        "tie",
        "anchor",
        "mailbox",
        "message_id",
        "subject",
        "language",
        "text",
        "score",
    )
    kept += ("answers", "answers_n", "thread", "conversation", "template", "facts", "brand", "due_at", "returns_at", "size")
    assert {name: getattr(found, name) for name in kept} == {name: getattr(new, name) for name in kept}
    assert (found.seq, found.received_at, found.state, found.is_tied) == (place.seq, NOW, ReplyState.OPEN, True)
    assert (found.acknowledged_at, found.acknowledged_by, found.resolved_at, found.resolved_by) == (None, "", None, "")


def test_copies_of_a_mail_are_one_reply_in_one_batch_and_later(database: Database) -> None:
    new = new_reply()
    copies = [replace(new, id=str(ULID()), source=source) for source in ("lmtp", "maildir", "http")]
    with database.write() as connection:
        first, second = put(connection, [new, copies[0]])
    with database.write() as connection:
        third, other = put(connection, [copies[1], new_reply("r2")])
    assert (first.is_new, second.is_new, third.is_new, other.is_new) == (True, False, False, True)
    assert {first.id, second.id, third.id} == {new.id}
    assert other.seq > first.seq
    with database.read() as connection:
        assert count(connection, Filter()) == 2


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.HUMAN])
def test_only_a_humans_reply_is_owed_an_answer(database: Database, kind: Kind) -> None:
    with database.write() as connection:
        found = put_reply(connection, kind=kind)
    assert found.state is None
    with pytest.raises(ValueError, match="nobody's to answer"):
        found.as_seen_by_rules  # noqa: B018 - it raises


def test_a_reply_is_seen_by_rules_as_it_stands(database: Database) -> None:
    with database.write() as connection:
        found = put_reply(connection, template="card", facts=b"f", score=9)
    assert found.as_seen_by_rules == Reply(
        id=found.id,
        seq=found.seq,
        at=NOW,
        state=ReplyState.OPEN,
        tie=Tie.THREAD,
        message_id="r1@people.example",
        template="card",
        facts=b"f",
        thread=frozenset({"m1@sender.example", "r1@people.example"}),
        conversation="m1@sender.example",
        score=9,
    )


def test_what_an_engine_refuses_is_replaced_and_what_is_too_long_cut(database: Database) -> None:
    with database.write() as connection:
        found = put_reply(connection, text="a\0b\udc80" + "x" * MOST_TEXT, subject="s\0\udc80", message_id="m" * 600, thread=())
    assert found.text is not None
    assert found.text.startswith("a\N{REPLACEMENT CHARACTER}b?x")
    assert len(found.text) == MOST_TEXT
    assert found.subject == "s\N{REPLACEMENT CHARACTER}?"
    assert len(found.message_id) == 500
    assert found.thread == ()


def test_filters_choose(database: Database) -> None:
    with database.write() as connection:
        one = put_reply(connection, "one", due_at=NOW + HOUR)
        two = put_reply(connection, "two", anchor="R7", brand="shop", due_at=NOW + 2 * HOUR, at=HOUR)
        three = put_reply(connection, "three", kind=Kind.BOUNCE, anchor="", mailbox="", tie=Tie.NONE, due_at=NOW)
        four = put_reply(connection, "four", anchor="x@x.example", mailbox="bob@people.example", tie=Tie.SENDER, due_at=NOW)
        move(connection, four.id, ReplyState.RESOLVED, actor="ann", reason="", now=NOW)
        chosen = {
            "all": Filter(),
            "kinds": Filter(kinds=[Kind.BOUNCE]),
            "states": Filter(states=[ReplyState.RESOLVED]),
            "anchors": Filter(anchors=["R7"]),
            "mailboxes": Filter(mailboxes=["bob@people.example"]),
            "either": Filter(anchors=["R7"], mailboxes=["bob@people.example"]),
            "message_id": Filter(message_id="two@people.example"),
            "brand": Filter(brand="shop"),
            "since": Filter(since=NOW + HOUR),
            "until": Filter(until=NOW + HOUR),
            "overdue": Filter(overdue_at=NOW + 2 * HOUR),
            "both overdue": Filter(overdue_at=NOW + 3 * HOUR),
            "tied": Filter(is_tied=True),
            "untied": Filter(is_tied=False),
        }
        found = {name: [one.id for one in find(connection, of)] for name, of in chosen.items()}
        assert {name: count(connection, of) for name, of in chosen.items()} == {n: len(ids) for n, ids in found.items()}
        assert [one.id for one in find(connection, Filter(), limit=1)] == [four.id]
    assert found == {
        "all": [four.id, three.id, two.id, one.id],
        "kinds": [three.id],
        "states": [four.id],
        "anchors": [two.id],
        "mailboxes": [four.id],
        "either": [four.id, two.id],
        "message_id": [two.id],
        "brand": [two.id],
        "since": [two.id],
        "until": [four.id, three.id, one.id],
        "overdue": [one.id],
        "both overdue": [one.id, two.id],
        "tied": [two.id, one.id],
        "untied": [four.id, three.id],
    }


def test_what_is_owed_is_found_among_very_many_by_an_index_of_its_own(tmp_path: Path) -> None:
    asked: list[str] = []
    with closing(Database.open(f"sqlite:///{tmp_path}/ledger.db")) as database, database.write() as connection:
        put_reply(connection)
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(asked.append)
        for states in ([ReplyState.OPEN], [ReplyState.OPEN, ReplyState.ACKNOWLEDGED], [ReplyState.RESOLVED]):
            find(connection, Filter(states=states))
        driver.set_trace_callback(None)
        plans = [next(iter(driver.execute(f"EXPLAIN QUERY PLAN {sql}")))[3] for sql in asked]
    assert plans == ["SCAN reply USING INDEX reply_due"] * 2 + ["SCAN reply"]


def test_all_of_a_person_is_found_by_anchors(database: Database) -> None:
    with database.write() as connection:
        one = put_reply(connection, "one", tie=Tie.SENDER)
        two = put_reply(connection, "two", anchor="R7", kind=Kind.AUTOMATIC)
        put_reply(connection, "three", anchor="R8")
        assert [found.id for found in find(connection, Filter(anchors=["R7", "ann@people.example"]))] == [two.id, one.id]


def test_what_is_not_there_is_none(database: Database) -> None:
    with database.read() as connection:
        assert show(connection, "01JA0000000000000000000000") is None
        assert content_of(connection, "01JA0000000000000000000000") is None
