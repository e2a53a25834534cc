"""mailguard.store.recorded_standing: what stood before a time, in another ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from mailguard.policy.facts import State
from mailguard.policy.parcel import Attempt, Outcome
from mailguard.store import queue
from mailguard.store.bounces import Bounce, record, standing
from mailguard.store.candidates import known
from mailguard.store.database import Database
from mailguard.store.recorded_standing import put_audiences, put_deliveries, put_persons, put_wordings
from mailguard.store.tables import AUDIENCE, WORDING
from tests.builders import NOW, crowd, message
from tests.ledger import OWNER, mail, open_ledger, take
from tests.records import arrive, customer, join

DAY = timedelta(days=1)
ANN = "ann@people.example"


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Database]:
    with closing(open_ledger(f"sqlite:///{tmp_path}/scratch.db")) as opened:
        yield opened


def test_an_audience_was_written_to_when_it_was_and_not_later(database: Database, scratch: Database) -> None:
    seen, other = crowd(7), crowd(6, "other.example")
    with database.write() as connection:
        take(
            connection, mail(message("a", visible=seen), ANN), mail(message("o", visible=other, message_id="o@x.example"), ANN)
        )
        take(connection, mail(message("b", visible=seen, message_id="2@x.example"), ANN, at=2 * DAY))
        take(connection, mail(message("c", visible=crowd(8), message_id="3@x.example"), ANN, at=3 * DAY))
    with scratch.write() as connection:
        put_audiences(database, connection, NOW + DAY)
        found = connection.execute(AUDIENCE.select()).all()
    assert [(row.last_written_at, row.stale_id) for row in found] == [(NOW, ""), (NOW, "")]


def test_an_audience_that_was_stale_only_later_is_not_stale(database: Database, scratch: Database) -> None:
    with database.write() as connection:
        take(connection, mail(message("a", visible=crowd(7)), ANN))
        late = mail(message("b", visible=crowd(7), message_id="2@x.example", is_reply=True), ANN, at=200 * DAY)
        take(connection, late)
    with database.read() as connection:
        assert connection.execute(AUDIENCE.select()).one().stale_id == late.id
    with scratch.write() as connection:
        put_audiences(database, connection, NOW + 100 * DAY)
        assert connection.execute(AUDIENCE.select()).one().stale_id == ""
        put_audiences(database, connection, NOW + 300 * DAY)
        assert connection.execute(AUDIENCE.select()).one().stale_id == ""  # as of when it was written to: not newer
    with database.read() as source, scratch.write() as connection:
        put_wordings(source, connection, {late.message.fingerprint.text, b"x" * 16}, NOW + DAY)
        assert connection.execute(WORDING.select()).all() == []
        put_wordings(source, connection, {late.message.fingerprint.text}, NOW + 201 * DAY)


def test_a_text_is_known_since_it_was_first_seen(database: Database, scratch: Database) -> None:
    sent = mail(message("a"), ANN)
    with database.write() as connection:
        take(connection, sent)
        connection.execute(WORDING.update().values(released_at=NOW + 2 * DAY))
    texts = {sent.message.fingerprint.text}
    with database.read() as source, scratch.write() as connection:
        put_wordings(source, connection, texts, NOW)
        assert connection.execute(WORDING.select()).all() == []
        put_wordings(source, connection, texts, NOW + DAY)
        found = connection.execute(WORDING.select()).one()
        assert (found.first_seen, found.released_at) == (NOW, None)
        connection.execute(WORDING.delete())
        put_wordings(source, connection, texts, NOW + 3 * DAY)
        assert connection.execute(WORDING.select()).one().released_at == NOW + 2 * DAY


def test_a_delivery_after_a_bounce_says_that_the_mailbox_is_well(database: Database, scratch: Database) -> None:
    bounce = Bounce(ANN, NOW - DAY, is_hard=True, status="5.1.1", message="other", n=0)
    sent = mail(message("a"), ANN)
    with database.write() as connection:
        take(connection, sent)
        queue.finish(connection, [Outcome(sent.id, 0, State.DELIVERED, (Attempt(NOW, "h", "250"),), None)], owner=OWNER)
        record(connection, [bounce])
    with scratch.write() as connection:
        record(connection, [bounce])
        assert standing(connection, [ANN], NOW + DAY) == {ANN}
        put_deliveries(database, connection, NOW)
        assert standing(connection, [ANN], NOW + DAY) == {ANN}
        put_deliveries(database, connection, NOW + DAY)
        assert standing(connection, [ANN], NOW + DAY) == frozenset()


def test_what_is_on_file_for_a_person_is_there_once(database: Database, scratch: Database) -> None:
    with database.write() as connection:
        join(connection, *arrive(connection, customer(1, phone="+442079460000"), customer(2, city="York"), customer(3)))
    with database.read() as source, scratch.write() as connection:
        for _ in range(2):
            put_persons(source, connection, {1, 99})
        assert known(connection, [1])[1]["phone"] == ("crm:1",)
        assert known(connection, [1])[1]["city"] == ("crm:2",)
