"""mailguard.relay.recall: from the order to the report, without a relay beside it; with one, see tests/acceptance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailguard.policy.facts import State
from mailguard.policy.parcel import Attempt, Outcome
from mailguard.relay import recall as module
from mailguard.relay.recall import Terms, recall, rehearse
from mailguard.relay.recall_apology import Wording, group_of
from mailguard.relay.recall_document import RecallDocument
from mailguard.store import queue, workers
from mailguard.store.database import Database
from mailguard.store.recalls import Order, Target
from mailguard.store.tables import CONTENT, MESSAGE, RECALL, RECIPIENT
from tests.builders import NOW, message
from tests.ledger import OWNER, mail, open_ledger, take

CONTENT_OF = b"From: shop@x.example\r\nSubject: hello\r\n\r\nhello\r\n"
TERMS = Terms(hostname="relay.example", draft_expire=timedelta(days=5), wait=timedelta())
BY_BOB = Order(NOW, "bob", "oops")
TAKEN = Attempt(NOW, "mx.example:25", "250 Ok")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    yield opened
    opened.close()


def put(database: Database, *to: str, number: int = 1, delivered: int = 0, owner: str = OWNER) -> str:
    """The id of a mail of which the first `delivered` recipients got it and the others are `owner`'s."""
    one = message(f"text {number}", message_id=f"{number}@x.example", content=CONTENT_OF)
    with database.write() as connection:
        (entry,) = take(connection, mail(one, *to), owner=owner)
        outcomes = [Outcome(entry.id, n, State.DELIVERED, (TAKEN,), None) for n in range(delivered)]
        queue.finish(connection, outcomes, owner=owner)
    return entry.id


def beat(database: Database) -> None:
    """Let the owner be alive, on another host."""
    with database.write() as connection:
        until = NOW + timedelta(days=1)
        workers.heartbeat(connection, worker=workers.Worker(OWNER, "another host", 1, 1), lease_until=until)


def done(database: Database, id: str, terms: Terms = TERMS) -> RecallDocument:
    found = recall(database, Target(names=(id,)), BY_BOB, terms, clock=lambda: NOW)
    assert found is not None
    return found


def test_nothing_is_found_where_there_is_nothing(database: Database) -> None:
    assert recall(database, Target(names=("01J",)), BY_BOB, TERMS) is None
    assert rehearse(database, Target(names=("01J",)), BY_BOB) is None


def test_completely_delivered_mail_is_reported_and_apologised_for(database: Database) -> None:
    id = put(database, "ann@people.example", "bob@people.example", delivered=2)
    document = done(database, id)
    assert (document.cancelled, len(document.delivered), document.apology.messages) == (0, 2, 2)
    with database.read() as connection:
        row = connection.execute(RECALL.select()).one()
        drafts = connection.execute(MESSAGE.select().where(MESSAGE.c.template == f"apology:{document.recall}")).all()
        recipients = connection.execute(RECIPIENT.select().where(RECIPIENT.c.message.in_([one.id for one in drafts]))).all()
    assert document.apology.groups == (group_of(f"apology:{document.recall}"),)
    assert (row.id, row.apology, row.cancelled) == (document.recall, document.apology.ids[0], 0)
    assert row.report == '{"messages": 1, "recipients": 2, "delivered": 2, "uncertain": 0, "under_way": 0, "apology": 2}'
    assert {(one.client, one.action, one.reverse_path, one.answers) for one in drafts} == {
        ("mailguard", "hold", "shop@sender.example", "1@x.example")
    }
    assert {(one.state, one.owner, one.due_at, one.expires_at) for one in recipients} == {
        ("held", "", None, NOW + timedelta(days=5))
    }


def test_person_who_got_two_of_the_mails_gets_one_apology(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DRAFTS_AT_ONCE", 1)
    first = put(database, "ann@people.example", number=1, delivered=1)
    second = put(database, "ann@people.example", "bob@people.example", number=2, delivered=2)
    found = recall(database, Target(names=(first, second)), BY_BOB, TERMS, clock=lambda: NOW)
    assert found is not None
    assert (len(found.delivered), found.apology.messages) == (3, 2)


def test_nobody_is_apologised_to_where_that_is_not_wanted_or_nothing_is_kept(database: Database) -> None:
    id = put(database, "ann@people.example", delivered=1)
    assert done(database, id, replace(TERMS, wording=None)).apology.messages == 0
    with database.write() as connection:
        connection.execute(CONTENT.delete())
    assert done(database, id).apology.messages == 0
    assert done(database, id, replace(TERMS, wording=Wording("Sorry", "Sorry."))).apology.messages == 0


def test_patience_ends_and_what_is_under_way_is_counted(database: Database) -> None:
    id = put(database, "ann@people.example", "bob@people.example")
    beat(database)
    said: list[int] = []
    terms = replace(TERMS, wait=timedelta(seconds=0.15), names_spared=True)
    found = recall(database, Target(names=(id,)), BY_BOB, terms, clock=lambda: NOW, progress=said.append)
    assert found is not None
    assert (found.under_way, found.cancelled, found.not_delivered) == (2, 0, ())
    assert set(said) == {2}


def test_worker_that_dies_meanwhile_is_noticed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ADOPT", 2)
    id = put(database, "ann@people.example")
    beat(database)
    later = iter([NOW, *[NOW + timedelta(days=2)] * 9])
    terms = replace(TERMS, wait=timedelta(seconds=20))
    found = recall(database, Target(names=(id,)), BY_BOB, terms, clock=lambda: next(later))
    assert found is not None
    assert (found.under_way, found.cancelled, len(found.uncertain)) == (0, 1, 1)


def test_rehearsal_says_what_would_be_and_changes_nothing(database: Database) -> None:
    id = put(database, "ann@people.example", "bob@people.example", delivered=1, owner=OWNER)
    found = rehearse(database, Target(names=(id,)), BY_BOB)
    assert found is not None
    assert (found.recall, found.cancelled, len(found.delivered), found.apology.messages) == (None, 1, 1, 0)
    with database.read() as connection:
        assert connection.execute(RECALL.select()).all() == []
        assert [row.state for row in connection.execute(RECIPIENT.select())] == ["delivered", "queued"]
