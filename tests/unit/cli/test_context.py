"""mailguard.cli.context: the context of an address, for programs and for people."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailguard.store.database import Database
from tests.customers import JANE, put
from tests.unit.cli.conftest import Mailguard
from tests.unit.store.written import wrote

JANES = "j.doe@x.example"


@pytest.fixture
def ledger(here: Path) -> Database:
    """The ledger of the current folder, with one customer."""
    database = Database.open(f"sqlite:///{here}/mailguard.db")
    with database.write() as connection:
        put(connection, JANE)
    return database


def test_document_is_the_contracts(mailguard: Mailguard, ledger: Database) -> None:
    ran = mailguard(
        "context", JANES, "--template", "card", "--class", "bulk", "--asks", "income, phone", "--asks", "city", "--json"
    )
    assert (ran.status, ran.document["known_customer"], ran.document["would"]) == (0, True, "hold")
    assert [one["code"] for one in ran.document["findings"]] == ["known_data"]


def test_person_reads_who_it_is_and_what_is_owed(mailguard: Mailguard, ledger: Database, here: Path) -> None:
    wrote(ledger, "r1", anchor=JANES, language="it", at=datetime.now(UTC))
    out = mailguard("context", JANES, "--template", "card").out
    assert out.startswith(f"{JANES}: P1, p 0.999\n")
    assert "reply-aware: yes, open; 1 not resolved, the last reply 2" in out
    assert "sent: 0 mails; card: not lately\n" in out
    assert "on file: " in out
    assert "income" in out
    assert "41250" not in out
    assert "would: " in out


def test_whom_nobody_knows_is_said_to_be_unknown(mailguard: Mailguard, here: Path) -> None:
    ran = mailguard("context", "q@new.example")
    assert ran.status == 0
    assert "nobody that is known for certain" in ran.out
    assert "reply-aware: no, has not answered" in ran.out


def test_what_is_no_mailbox_is_refused(mailguard: Mailguard, here: Path) -> None:
    ran = mailguard("context", "ada")
    assert (ran.status, ran.out) == (2, "")
    assert "'ada' is no mailbox; write NAME@DOMAIN" in ran.err
