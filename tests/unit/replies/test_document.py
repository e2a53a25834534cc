from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailguard.policy.reply import Kind, Tie
from mailguard.replies.document import ReplyDocument, reply_documents
from mailguard.store.database import Database
from mailguard.store.replies import Filter, NewReply, find, put
from tests.unit.replies.source_places import NOW


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{tmp_path}/ledger.db")
    yield database
    database.close()


def document(database: Database, **values: Any) -> ReplyDocument:
    given = {"kind": Kind.HUMAN, "tie": Tie.THREAD, "size": 1, "received_at": NOW, **values}
    with database.write() as connection:
        put(connection, [NewReply(id="01A", key=b"k" * 16, source="lmtp", **given)])
        return reply_documents(connection, find(connection, Filter()), now=NOW)[0]


def test_person_is_the_anchors_or_the_mailbox(database: Database) -> None:
    assert document(database, anchor="R17", mailbox="ada@mail.example").person == "P17"


def test_mailbox_stands_where_no_record_is(database: Database) -> None:
    assert document(database, mailbox="ada@mail.example").person == "ada@mail.example"


@pytest.mark.parametrize(("late", "is_overdue"), [(-1, False), (0, False), (1, True)])
def test_reply_is_overdue_after_its_due_time(database: Database, late: int, *, is_overdue: bool) -> None:
    assert document(database, due_at=NOW - timedelta(seconds=late)).is_overdue is is_overdue


def test_what_nobody_owes_an_answer_has_no_state(database: Database) -> None:
    assert document(database, kind=Kind.BOUNCE, due_at=NOW - timedelta(days=1)).state == ""
