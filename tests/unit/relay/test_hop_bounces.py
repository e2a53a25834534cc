"""mailguard.relay.hop_bounces: a mailbox that the next hop does not know has bounced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailguard.policy.facts import State
from mailguard.policy.limits import Limits
from mailguard.policy.parcel import Attempt, Outcome
from mailguard.relay.hop_bounces import record_unknown
from mailguard.store.bounces import Bounce, bounces_of
from mailguard.store.database import Database
from tests.builders import NOW, message
from tests.ledger import mail, open_ledger, take

LIMITS = Limits(own_domains=frozenset({"corp.example"}))
BOXES = ("Ann@People.example", "bob@people.example", "me@corp.example")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    yield opened
    opened.close()


def test_only_what_the_hop_does_not_know_outside_own_domains_has_bounced(database: Database) -> None:
    attempts = (Attempt(NOW, "mx:25", "451 later"), Attempt(NOW, "mx:25", "550 5.1.1 no such user"))
    with database.write() as connection:
        (entry,) = take(connection, mail(message(), *BOXES))
        outcomes = [
            Outcome(entry.id, n, State.FAILED, attempts, None, is_unknown=is_unknown)
            for n, is_unknown in enumerate((True, False, True))
        ]
        record_unknown(connection, outcomes, limits=LIMITS, now=NOW)
        record_unknown(connection, outcomes[1:2], limits=LIMITS, now=NOW)
        canonical = ["Ann@people.example", "ann@people.example", *BOXES]
        assert bounces_of(connection, canonical) == [
            Bounce("ann@people.example", NOW, is_hard=True, status="5.1.1", message=entry.id, n=0)
        ]
