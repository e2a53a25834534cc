"""mailguard.cli.whose_mail: a person, a record or a mailbox, and all that mail to them stands under."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailguard.cli.customer_name import NobodyError
from mailguard.cli.whose_mail import anchors_named, person_shown
from mailguard.errors import UsageError
from mailguard.store.database import Database
from tests.customers import ANN, JANE, customer, put
from tests.ledger import open_ledger


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Jane on two records, of which the younger was a person of its own, and a mailbox that she shares with her sister."""
    opened = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    with opened.write() as connection:
        put(
            connection,
            JANE,
            customer(source="web", source_key="9", emails=("jane@y.example", "home@y.example")),
            ANN,
            customer(source_key="7", full_name="Sue Doe", emails=("home@y.example",)),
        )
        connection.exec_driver_sql("UPDATE record SET person = 1 WHERE id = 2")
    yield opened
    opened.close()


@pytest.mark.parametrize("name", ["P1", "P2", "crm:4711", "web:9", "J.Doe@X.example", " jane@y.example "])
def test_every_name_of_a_person_means_all_of_its_own_anchors(database: Database, name: str) -> None:
    with database.read() as connection:
        assert set(anchors_named(connection, name)) == {"j.doe@x.example", "jane@y.example", "R1", "R2"}


def test_what_was_named_stands_first(database: Database) -> None:
    with database.read() as connection:
        assert anchors_named(connection, "jane@y.example")[0] == "jane@y.example"
        assert anchors_named(connection, "P2")[0] == "R1"


@pytest.mark.parametrize("mailbox", ["home@y.example", "Nobody@y.example"])
def test_a_mailbox_that_is_nobodys_alone_means_itself(database: Database, mailbox: str) -> None:
    with database.read() as connection:
        assert anchors_named(connection, mailbox) == (mailbox.lower(),)


def test_nobody_is_said_to_be_nobody(database: Database) -> None:
    with database.read() as connection:
        for name in ("P99", "crm:none"):
            with pytest.raises(NobodyError):
                anchors_named(connection, name)
        with pytest.raises(UsageError):
            anchors_named(connection, "jane")


def test_an_anchor_is_shown_as_whom_it_means_now(database: Database) -> None:
    with database.read() as connection:
        assert [person_shown(connection, anchor) for anchor in ("R2", "R3", "R99", "a@y.example")] == [
            "P1",
            "P3",
            "P99",
            "a@y.example",
        ]
