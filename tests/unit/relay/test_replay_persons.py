"""mailguard.relay.replay_persons: whose recorded mail was, and where the rest of their mail stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from mailguard.identity.person import Resolution
from mailguard.relay.replay_mail import Transaction, transactions
from mailguard.relay.replay_persons import persons_then, records_of
from mailguard.store.database import Database
from mailguard.store.recorded import extent, recorded
from tests.builders import NOW, known, message
from tests.ledger import mail, open_ledger, take
from tests.records import arrive, customer, join

ANN, ANNS = "ann@people.example", "lee@work.example"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(open_ledger(f"sqlite:///{tmp_path}/ledger.db")) as opened:
        yield opened


def then(database: Database, *resolutions: Resolution) -> list[tuple[Resolution, ...]]:
    """Mail to these is written down, and read again."""
    boxes = [one.mailbox.wire for one in resolutions]
    with database.write() as connection:
        take(connection, mail(message("m"), *boxes, persons=resolutions))
    with database.read() as connection:
        of = extent(connection, NOW)
    found: list[Transaction] = [one for page in recorded(database, of) for each in page for one in transactions(each)]
    with database.read() as connection:
        return persons_then(connection, found)


def test_nobody_on_file_is_the_mailbox(database: Database) -> None:
    found = then(database, known(ANN, ANN))[0][0]
    assert (found.person, found.anchors, found.record) == (ANN, (ANN,), None)
    assert records_of([found]) == set()


def test_a_person_has_all_their_mailboxes(database: Database) -> None:
    with database.write() as connection:
        join(connection, *arrive(connection, customer(1, "ann", "lee", ANN), customer(2, "ann", "lee", ANNS)))
    found = then(database, known(ANNS, "P1", ANN))[0][0]
    assert (found.person, set(found.anchors), found.anchors[0]) == ("P1", {ANN, ANNS, "R1", "R2"}, ANNS)
    assert records_of([found]) == {1}


def test_who_was_joined_to_another_since_has_the_mail_of_both(database: Database) -> None:
    with database.write() as connection:
        join(connection, *arrive(connection, customer(1, "ann", "lee", ANN), customer(2, "ann", "lee", ANNS)))
    found = then(database, known(ANNS, "P2"))[0][0]
    assert (found.person, set(found.anchors)) == ("P2", {ANN, ANNS, "R1", "R2"})


def test_who_was_forgotten_is_the_mailbox_again(database: Database) -> None:
    found = then(database, known(ANN, "P9"))[0][0]
    assert (found.person, found.anchors, found.record) == ("P9", (ANN,), None)


def test_a_shared_mailbox_is_nobody_s_anchor(database: Database) -> None:
    with database.write() as connection:
        arrive(connection, customer(1, "ann", "lee", ANN), customer(2, "bob", "ray", ANN))
    found = then(database, replace(known(ANN, "P1"), anchor="R1", anchors=("R1",)))[0][0]
    assert found.anchors == ("R1",)
