from __future__ import annotations

from datetime import timedelta

from mailguard.policy.reply import Kind, ReplyState
from mailguard.store.database import Database
from mailguard.store.replies import show
from mailguard.store.reply_moves import REOPENED, Act, Move, Moved, move, move_all, move_each, moves_of, reopen
from tests.builders import NOW
from tests.replies import put_reply

OPEN, ACKNOWLEDGED, RESOLVED = ReplyState
LATER = NOW + timedelta(hours=1)


def test_a_reply_is_acknowledged_then_resolved_each_with_its_time_and_actor(database: Database) -> None:
    with database.write() as connection:
        id = put_reply(connection).id
        first = move(connection, id, ACKNOWLEDGED, actor="desk", reason="ticket 7", now=NOW)
        second = move(connection, id, RESOLVED, actor="ann", reason="called back", now=LATER)
        found = show(connection, id)
        assert moves_of(connection, id) == [
            Move(NOW, "desk", "acknowledged", "ticket 7"),
            Move(LATER, "ann", "resolved", "called back"),
        ]
    assert (first, second) == (Moved(id, OPEN, ACKNOWLEDGED), Moved(id, ACKNOWLEDGED, RESOLVED))
    assert found is not None
    assert (found.state, found.acknowledged_at, found.acknowledged_by) == (RESOLVED, NOW, "desk")
    assert (found.resolved_at, found.resolved_by) == (LATER, "ann")


def test_a_move_never_goes_back_and_twice_is_once(database: Database) -> None:
    with database.write() as connection:
        id = put_reply(connection).id
        assert move(connection, id, OPEN, actor="a", reason="", now=NOW) == Moved(id, OPEN, OPEN)
        move(connection, id, RESOLVED, actor="ann", reason="", now=NOW)
        for state in ReplyState:
            moved = move(connection, id, state, actor="eve", reason="", now=LATER)
            assert moved == Moved(id, RESOLVED, RESOLVED)
            assert not moved.is_change
        found = show(connection, id)
        assert found is not None
        assert (found.resolved_at, found.resolved_by, found.acknowledged_at) == (NOW, "ann", None)
        assert len(moves_of(connection, id)) == 1


def test_a_person_takes_a_reply_back_to_open_and_the_acknowledgement_stays_known(database: Database) -> None:
    with database.write() as connection:
        id = put_reply(connection).id
        assert reopen(connection, id, act=Act(NOW, "ann")) == Moved(id, OPEN, OPEN)
        move(connection, id, ACKNOWLEDGED, actor="desk", reason="", now=NOW)
        move(connection, id, RESOLVED, actor="bob", reason="", now=NOW)
        assert reopen(connection, id, act=Act(LATER, "ann", "it was not")) == Moved(id, RESOLVED, OPEN)
        found = show(connection, id)
        assert found is not None
        assert (found.state, found.resolved_at, found.resolved_by, found.acknowledged_by) == (OPEN, None, "", "desk")
        assert moves_of(connection, id)[-1] == Move(LATER, "ann", REOPENED, "it was not")
        assert move(connection, id, RESOLVED, actor="bob", reason="", now=LATER) == Moved(id, OPEN, RESOLVED)


def test_many_are_moved_at_once_and_what_is_no_reply_is_left_out(database: Database) -> None:
    with database.write() as connection:
        ids = [put_reply(connection, f"{n}").id for n in range(3)]
        robot = put_reply(connection, "robot", kind=Kind.AUTOMATIC).id
        move(connection, ids[1], RESOLVED, actor="ann", reason="", now=NOW)
        moved = move_all(connection, [*ids, robot, "nothing", ids[0]], ACKNOWLEDGED, act=Act(NOW, "desk"))
        assert [(one.id, one.is_change) for one in moved] == [(ids[0], True), (ids[1], False), (ids[2], True)]
        assert move(connection, robot, RESOLVED, actor="ann", reason="", now=NOW) is None
        assert reopen(connection, robot, act=Act(NOW, "ann")) is None
        assert moves_of(connection, robot) == []


def test_each_goes_to_its_own_state_and_one_reply_goes_through_several_in_their_order(database: Database) -> None:
    ann, bob = Act(NOW, "ann", "called"), Act(LATER, "bob")
    with database.write() as connection:
        first, second = (put_reply(connection, f"{n}").id for n in range(2))
        moved = move_each(
            connection,
            [(first, ACKNOWLEDGED, ann), (second, RESOLVED, ann), ("nothing", RESOLVED, ann), (first, RESOLVED, bob),
             (first, ACKNOWLEDGED, bob)],
        )  # fmt: skip
        assert moved == [
            Moved(first, OPEN, ACKNOWLEDGED),
            Moved(second, OPEN, RESOLVED),
            Moved(first, ACKNOWLEDGED, RESOLVED),
            Moved(first, RESOLVED, RESOLVED),
        ]
        found = show(connection, first)
        assert found is not None
        assert (found.state, found.acknowledged_by, found.resolved_by) == (RESOLVED, "ann", "bob")
        assert moves_of(connection, first) == [Move(NOW, "ann", "acknowledged", "called"), Move(LATER, "bob", "resolved", "")]
        assert moves_of(connection, second) == [Move(NOW, "ann", "resolved", "called")]
