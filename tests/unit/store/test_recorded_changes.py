"""mailguard.store.recorded_changes: what was written when, written again in that order into another ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from mailguard.policy.facts import State, Suppression
from mailguard.policy.history import COUNTED
from mailguard.policy.reply import ReplyState
from mailguard.store.bounces import Bounce, record, standing
from mailguard.store.database import Database
from mailguard.store.recorded import Turn, extent, recorded
from mailguard.store.recorded_changes import PIECE, changes, turned
from mailguard.store.replies import show
from mailguard.store.reply_lookup import newest, open_replies
from mailguard.store.reply_moves import Act, move, reopen
from mailguard.store.suppressions import Suppressed, said_against, suppress
from mailguard.store.tables import AUDIENCE, RECIPIENT, WORDING
from mailguard.store.told import all_told, tell
from tests.builders import NOW, crowd, message
from tests.ledger import mail, open_ledger, take
from tests.replies import put_reply

HOUR = timedelta(hours=1)
ANN = "ann@people.example"


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Database]:
    with closing(open_ledger(f"sqlite:///{tmp_path}/scratch.db")) as opened:
        yield opened


def pass_until(database: Database, connection: Connection, at: datetime) -> None:
    for change in changes(database):
        if change.at > at:
            return
        change.apply(connection)


def test_a_reply_is_open_until_it_was_moved_and_open_again_when_somebody_said_so(database: Database, scratch: Database) -> None:
    with database.write() as connection:
        put_reply(connection, "other", anchor="eve@people.example")
        reply = put_reply(connection, score=9)
        move(connection, reply.id, ReplyState.RESOLVED, actor="shop", reason="", now=NOW + HOUR)
        reopen(connection, reply.id, act=Act(NOW + 2 * HOUR, "clerk"))
    with scratch.write() as connection:
        for after, state in ((timedelta(), "open"), (HOUR * 1.5, "resolved"), (HOUR * 3, "open")):
            connection.exec_driver_sql("DELETE FROM reply")
            pass_until(database, connection, NOW + after)
            found = show(connection, reply.id)
            assert found is not None
            assert (found.state, found.seq, found.text, found.score) == (state, reply.seq, None, 9)
        assert newest(connection, [ANN])[ANN].seq == reply.seq
        assert open_replies(connection, [ANN], NOW - HOUR)[ANN][0].thread == frozenset(reply.thread)


def test_nothing_is_known_before_it_was_said(database: Database, scratch: Database) -> None:
    bob = "bob@people.example"
    with database.write() as connection:
        suppress(connection, Suppressed(ANN, Suppression.COMPLAINED, NOW + HOUR, "clerk", "private"))
        tell(connection, ANN, {"income": "1"}, source="ivr", at=NOW + HOUR)
        record(connection, [Bounce(bob, NOW + HOUR, is_hard=True, status="5.1.1", message="m", n=0)])
        put_reply(connection, at=HOUR)
    with scratch.write() as connection:
        pass_until(database, connection, NOW)
        assert (said_against(connection, [ANN]), all_told(connection, [ANN])) == ({}, [])
        assert standing(connection, [bob], NOW + HOUR) == frozenset()
        assert newest(connection, [ANN]) == {}
        pass_until(database, connection, NOW + HOUR)
        assert said_against(connection, [ANN]) == {ANN: {Suppression.COMPLAINED}}
        assert [(one.field, one.value, one.source) for one in all_told(connection, [ANN])] == [("income", None, "ivr")]
        assert standing(connection, [bob], NOW + HOUR) == {bob}
        assert newest(connection, [ANN]).keys() == {ANN}


def test_more_than_a_piece_is_read_in_order(database: Database) -> None:
    boxes = [f"p{n}@people.example" for n in range(PIECE + 3)]
    with database.write() as connection:
        suppress(connection, *(Suppressed(box, Suppression.ERASED, NOW, "clerk", "") for box in boxes))
        put_reply(connection, "first", at=-HOUR)
        put_reply(connection, "last", at=HOUR)
    times = [change.at for change in changes(database)]
    assert times == [NOW - HOUR, *(NOW for _ in boxes), NOW + HOUR]


def test_a_turn_is_written_and_a_release_approves_of_the_text(database: Database, scratch: Database) -> None:
    held = mail(message("h", visible=crowd(11)), ANN)
    with database.write() as connection:
        take(connection, held)
    with database.read() as connection:
        of = extent(connection, NOW)
    one = next(recorded(database, of))[0]
    with scratch.write() as connection:
        take(connection, held)
        for turn in (Turn(NOW + HOUR, State.DROPPED), Turn(NOW + 2 * HOUR, State.QUEUED, is_release=True)):
            turned(one, one.recipients[0], turn, is_counted=turn.state in COUNTED).apply(connection)
            row = connection.execute(RECIPIENT.select()).one()
            assert (row.state, row.is_counted) == (turn.state, turn.state is State.QUEUED)
        assert connection.execute(WORDING.select()).one().released_at == NOW + 2 * HOUR
        assert connection.execute(AUDIENCE.select()).one().last_written_at == NOW + 2 * HOUR
