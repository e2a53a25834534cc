"""mailguard.web.decision_desk: what routes ask of the ledger, without HTTP."""

from __future__ import annotations

from datetime import timedelta

from mailguard.store.database import Database
from mailguard.store.overrides import Override, standing
from mailguard.web.decision_desk import DecisionDesk, OverrideWish
from mailguard.web.desk import Desk
from tests.builders import NOW, mailboxes
from tests.ledger import take
from tests.unit.web.test_decision_routes import UNKNOWN, mass


def test_group_is_meant_as_it_was_seen(desk: Desk, database: Database) -> None:
    asked = DecisionDesk(desk)
    with database.write() as connection:
        take(connection, mass(1), owner="")
    (group,) = asked.holds()
    cause = asked.hold(group.id)
    assert cause is not None
    assert asked.group(cause, None).older_than == NOW
    assert asked.group(cause, NOW - timedelta(hours=2)).older_than == NOW - timedelta(hours=2)
    assert asked.hold("G00000000") is None


def test_token_is_for_what_it_was_asked_for(desk: Desk, database: Database) -> None:
    asked = DecisionDesk(desk)
    (box,) = mailboxes("ann@people.example")
    made = asked.override(OverrideWish(mailbox=box, message="", reason="r", lasts=timedelta(hours=1)), actor="bob")
    assert made is not None
    token, id, until = made
    with database.read() as connection:
        found = standing(connection, [token], now=NOW)[token]
    assert isinstance(found, Override)
    assert (found.id, found.mailbox, found.actor, until) == (id, "ann@people.example", "bob", NOW + timedelta(hours=1))
    nowhere = OverrideWish(mailbox=None, message=UNKNOWN, reason="r", lasts=timedelta(hours=1))
    assert asked.override(nowhere, actor="bob") is None
