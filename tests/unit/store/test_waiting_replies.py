"""mailguard.store.waiting_replies: who has just answered gets no mail that was written before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from mailguard.mail.control import MailClass
from mailguard.mail.message import Message
from mailguard.policy.facts import State
from mailguard.policy.finding import Action, Code
from mailguard.policy.hold_times import HoldTimes
from mailguard.policy.limits import Limits, Mode
from mailguard.policy.reply import Reply
from mailguard.policy.template_rule import TemplateRule
from mailguard.store import holds, ledger, replies
from mailguard.store.database import Database
from mailguard.store.document import MessageDocument
from mailguard.store.filter import Filter
from mailguard.store.tables import RECIPIENT
from mailguard.store.waiting_replies import MOST_LOOKED_AT, Stopped, Terms, stop_overlooked, stop_waiting
from mailguard.store.workers import PAUSED
from tests.builders import NOW, crowd, message
from tests.ledger import mail, take
from tests.unit.store.written import BEGAN, wrote

ANN = "ann@people.example"
HOLD = NOW + timedelta(days=5)


def terms(**limits: Any) -> Terms:
    templates = (TemplateRule(name="nps-*", is_survey=True),)
    return Terms(limits=Limits(**limits), now=NOW, hold_times=HoldTimes(), templates=templates)


def sent(database: Database, one: Message, to: str = ANN, *, owner: str = "", state: State = State.QUEUED, **kind: Any) -> str:
    """The id of a mail that waits in this state."""
    with database.write() as connection:
        (entry,) = take(connection, mail(one, to, at=timedelta(hours=-1), **kind), owner=owner)
        if state is not State.QUEUED:
            connection.execute(update(RECIPIENT).where(RECIPIENT.c.message == entry.id).values(state=state))
    return entry.id


def reminder(**changes: Any) -> Message:
    """A mail that goes on in the conversation as if nothing had been said."""
    return message("please", in_reply_to=(BEGAN,), **changes)


def reply(database: Database, id: str) -> Reply:
    with database.read() as connection:
        found = replies.show(connection, id)
    assert found is not None
    return found.as_seen_by_rules


def answered(database: Database, *anchors: str, of: Sequence[str] = ("a",), by: Terms | None = None) -> list[Stopped]:
    """What is stopped when Ann has written."""
    new = [reply(database, wrote(database, name, anchor=ANN)) for name in of]
    with database.write() as connection:
        return stop_waiting(connection, anchors or (ANN,), new, by or terms())


def overlooked(database: Database, *ids: str, by: Terms | None = None, owner: str = "") -> list[Stopped]:
    with database.write() as connection:
        return stop_overlooked(connection, [(id, 0) for id in ids], by or terms(), owner=owner)


def document(database: Database, id: str) -> MessageDocument:
    with database.read() as connection:
        found = ledger.why(connection, id)
    assert found is not None
    return found


@pytest.mark.parametrize("state", [State.QUEUED, State.DEFERRED])
def test_mail_that_waits_is_held(database: Database, state: State) -> None:
    id = sent(database, reminder(), state=state)
    assert [(one.message, one.n, one.finding.code) for one in answered(database)] == [(id, 0, Code.OPEN_REPLY)]
    shown = document(database, id)
    (recipient,) = shown.recipients
    assert (recipient.state, recipient.expires_at) == (State.HELD, HOLD)
    assert [finding.code for finding in recipient.findings] == [Code.OPEN_REPLY]
    assert [(event.verb, event.actor) for event in shown.events or ()] == [("stopped", "mailguard")]


def test_held_mail_is_told_of_the_reply_and_keeps_its_time(database: Database) -> None:
    id = sent(database, reminder(visible=crowd(11)))
    before = document(database, id).recipients[0]
    assert len(answered(database)) == 1
    after = document(database, id).recipients[0]
    assert (after.state, after.expires_at) == (State.HELD, before.expires_at)
    assert [finding.code for finding in after.findings] == [Code.MASS_CC, Code.OPEN_REPLY]


@pytest.mark.parametrize(
    ("state", "owner"),
    [(State.QUEUED, "worker"), (State.DELIVERED, ""), (State.FAILED, ""), (State.DROPPED, ""), (State.EXPIRED, "")],
)
def test_what_is_under_way_or_has_ended_is_left_alone(database: Database, state: State, owner: str) -> None:
    id = sent(database, reminder(), state=state, owner=owner)
    assert answered(database) == []
    assert document(database, id).recipients[0].state is state


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (message("Your card is on its way."), {}),
        (reminder(), {"mail_class": MailClass.CRITICAL}),
        (message("thanks", in_reply_to=("a@people.example",)), {"asks": ("income",)}),
    ],
)
def test_everyday_mail_goes_out_all_the_same(database: Database, one: Message, kind: dict[str, Any]) -> None:
    sent(database, one, **kind)
    assert answered(database) == []


@pytest.mark.parametrize(
    "kind",
    [{"asks": ("income", "phone")}, {"mail_class": MailClass.BULK}, {"template": "nps-1"}],
    ids=lambda kind: next(iter(kind)),
)
def test_what_asks_or_advertises_or_wants_a_score_is_stopped(database: Database, kind: dict[str, Any]) -> None:
    sent(database, message("another matter"), **kind)
    assert len(answered(database)) == 1


@pytest.mark.parametrize(
    "limits",
    [
        {"mode": Mode.SHADOW},
        {"own_domains": frozenset({"people.example"})},
        {"actions": {(MailClass.SERVICE, Code.OPEN_REPLY): Action.DELIVER}},
    ],
    ids=lambda limits: next(iter(limits)),
)
def test_what_the_operator_lets_out_goes_out(database: Database, limits: dict[str, Any]) -> None:
    id = sent(database, reminder(), state=State.DEFERRED)
    assert answered(database, by=terms(**limits)) == []
    assert overlooked(database, id, by=terms(**limits)) == []


def test_where_mail_would_be_rejected_it_is_held(database: Database) -> None:
    id = sent(database, reminder())
    answered(database, by=terms(actions={(MailClass.SERVICE, Code.OPEN_REPLY): Action.REJECT}))
    assert document(database, id).recipients[0].state is State.HELD


def test_all_anchors_of_the_person_are_looked_at_and_no_others(database: Database) -> None:
    second = sent(database, reminder(), "ann@other.example")
    sent(database, reminder(), "bob@people.example")
    assert [one.message for one in answered(database, ANN, "ann@other.example")] == [second]


def test_nothing_new_stops_nothing(database: Database) -> None:
    sent(database, reminder())
    assert answered(database, of=()) == []
    assert overlooked(database) == []


def test_a_colleague_who_answered_another_of_her_mails_is_not_stopped(database: Database) -> None:
    wrote(database, "before", anchor=ANN)
    sent(database, message("thanks", in_reply_to=("before@people.example", BEGAN)))
    assert answered(database) == []


def test_what_was_under_way_is_asked_about_when_it_is_nobodys_again(database: Database) -> None:
    id = sent(database, reminder(), owner="worker")
    assert answered(database) == []
    with database.write() as connection:
        connection.execute(update(RECIPIENT).values(state=State.DEFERRED, owner=""))
    other = sent(database, message("another matter"), "bob@people.example", state=State.DEFERRED)
    assert [one.message for one in overlooked(database, id, other)] == [id]
    assert overlooked(database, id, other) == []


def test_what_a_worker_has_leased_is_asked_about_by_that_worker_alone(database: Database) -> None:
    id = sent(database, reminder(), owner="gone")
    assert answered(database) == []
    with database.write() as connection:
        connection.execute(update(RECIPIENT).values(owner="heir"))
    assert overlooked(database, id) == []
    assert overlooked(database, id, owner="another") == []
    assert [one.message for one in overlooked(database, id, owner="heir")] == [id]
    with database.read() as connection:
        row = connection.execute(select(RECIPIENT)).one()
    assert (row.state, row.owner, row.due_at, row.expires_at) == (State.HELD, "", None, HOLD)


def test_what_a_clerk_has_tried_again_is_not_stopped_for_what_was_there_then(database: Database) -> None:
    id = sent(database, reminder(), state=State.DEFERRED)
    wrote(database, "before", anchor=ANN, at=NOW - timedelta(seconds=1))
    with database.write() as connection:
        holds.retry(connection, Filter(ids=(id,)), holds.Act(NOW, "clerk", ""), expires_at=HOLD)
    assert overlooked(database, id) == []


_MORE = """INSERT INTO recipient ({columns}) WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {most})
SELECT {values} FROM recipient CROSS JOIN c"""


@pytest.mark.parametrize(("most", "stopped"), [(MOST_LOOKED_AT - 1, 1), (MOST_LOOKED_AT, 0)])
def test_so_many_mails_of_one_mailbox_are_looked_at_and_no_more(database: Database, most: int, stopped: int) -> None:
    sent(database, reminder())
    names = RECIPIENT.columns.keys()
    changed = {"n": "i", "at": "at + i", "state": "'delivered'"}
    values = ", ".join(changed.get(name, name) for name in names)
    with database.write() as connection:
        connection.exec_driver_sql(_MORE.format(columns=", ".join(names), values=values, most=most))
    assert len(answered(database)) == stopped


def test_deferred_mail_to_who_is_owed_nothing_waits_on(database: Database) -> None:
    id = sent(database, reminder(), state=State.DEFERRED)
    assert overlooked(database, id) == []
    wrote(database, "a", anchor="bob@people.example")
    assert overlooked(database, id) == []


def test_what_a_clerk_has_released_is_stopped_only_for_what_came_later(database: Database) -> None:
    id = sent(database, reminder())
    answered(database)
    with database.write() as connection:
        act = holds.Act(NOW, "clerk", "")
        holds.release(connection, Filter(ids=(id,)), act, expires_at=HOLD)
        connection.execute(update(RECIPIENT).values(state=State.DEFERRED, owner=""))
    assert overlooked(database, id) == []
    wrote(database, "older", anchor=ANN, at=NOW - timedelta(seconds=1))
    assert overlooked(database, id) == []
    newer = wrote(database, "newer", anchor=ANN, at=NOW + timedelta(seconds=1))
    assert [one.finding.refs[0] for one in overlooked(database, id)] == [newer]


def test_paused_mail_is_stopped_by_an_answer_too(database: Database) -> None:
    id = sent(database, reminder(), owner=PAUSED)
    assert [one.message for one in answered(database)] == [id]
    assert document(database, id).recipients[0].state is State.HELD
    assert document(database, id).recipients[0].paused is None
