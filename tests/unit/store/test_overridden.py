"""mailguard.store.overridden: tokens are used up with the mail that they let out, and the ledger says whose they were."""

from __future__ import annotations

from datetime import timedelta

from mailguard.store import ledger
from mailguard.store.database import Database
from mailguard.store.overridden import Overridden, Refused, record_overrides
from mailguard.store.overrides import NewOverride, Override, make, standing
from tests.builders import NOW, message
from tests.ledger import mail, take


def test_it_is_written_who_let_it_out_and_why_another_token_did_not(database: Database) -> None:
    one = mail(message(), "ann@people.example", "bob@people.example")
    new = NewOverride(actor="ruth", reason="asked by phone", expires_at=NOW + timedelta(hours=1))
    with database.write() as connection:
        take(connection, one)
        token, id = make(connection, new, now=NOW)
        override = standing(connection, [token], now=NOW)[token]
        assert isinstance(override, Override)
        refused = Refused(one.id, 1, "the override has expired\0")
        record_overrides(connection, [Overridden(one.id, 0, override)], [refused], now=NOW)
        found = standing(connection, [token], now=NOW)[token]
        assert isinstance(found, Override)
        assert found.used_by == one.id
        document = ledger.why(connection, one.id)
    assert document is not None
    assert [(event.n, event.actor, event.verb, event.reason) for event in document.events or ()] == [
        (0, "ruth", "overridden", f"asked by phone (override {id})"),
        (1, "mailguard", "override_refused", "the override has expired\N{REPLACEMENT CHARACTER}"),
    ]
