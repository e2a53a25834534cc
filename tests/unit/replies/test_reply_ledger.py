from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from mailguard.policy.reply import Kind
from mailguard.replies.incoming import Incoming, Taken, Unreadable
from mailguard.replies.reply_ledger import ReplyLedger
from mailguard.replies.source import Batch
from mailguard.store.database import Database
from mailguard.store.reply_cursors import Cursor
from mailguard.store.set_aside import all_set_aside
from tests.unit.replies.source_places import NOW, clock


class Ingest:
    """Takes all mails but those that hold a word; what is raised then is said by the word."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def read(self, mails: Sequence[Incoming]) -> Sequence[Incoming]:
        return mails

    def take(self, _: Connection, mails: Sequence[Any], *, now: datetime) -> list[Taken]:
        assert now == NOW
        for mail in mails:
            if b"poison" in mail.octets:
                raise RecursionError
            if b"disk" in mail.octets:
                raise OSError("the disk is full")
        self.taken += [mail.octets for mail in mails]
        return [Taken(f"id of {mail.name}", Kind.HUMAN, is_new=True) for mail in mails]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{tmp_path}/ledger.db")
    yield database
    database.close()


def mail(octets: bytes) -> Incoming:
    return Incoming(octets, "imap:a", NOW, name=octets.decode())


def batch(*octets: bytes, **more: Any) -> Batch:
    return Batch("imap:a", "INBOX", [mail(one) for one in octets], cursor=Cursor("1", "9"), **more)


def test_mails_cursor_and_what_is_unreadable_are_one_transaction(database: Database) -> None:
    counted: list[tuple[str, int]] = []
    ledger = ReplyLedger(database, Ingest(), clock=clock, counted=lambda source, taken: counted.append((source, len(taken))))
    taken = ledger.take(batch(b"one", unreadable=[Unreadable("imap:a", "UID 3", "too large")]))
    assert [(one.id, one.error) for one in taken] == [("id of one", ""), ("", "too large")]
    assert ledger.cursor("imap:a", "INBOX") == Cursor("1", "9")
    assert ledger.cursor("imap:a", "Other") is None
    assert counted == [("imap:a", 2)]
    with database.read() as connection:
        assert [one.name for one in all_set_aside(connection)] == ["UID 3"]


def test_poisonous_mail_is_put_aside_and_the_others_are_taken(database: Database) -> None:
    ingest = Ingest()
    ledger = ReplyLedger(database, ingest, clock=clock)
    taken = ledger.take(batch(b"one", b"poison", b"two"))
    assert ingest.taken == [b"one", b"two"]
    assert [one.error for one in taken] == ["", "could not be taken: RecursionError", ""]
    assert ledger.cursor("imap:a", "INBOX") == Cursor("1", "9")


@pytest.mark.parametrize("octets", [[b"one", b"disk"], [b"poison", b"disk"]])
def test_failure_that_is_not_the_mails_is_raised_and_the_cursor_stays(database: Database, octets: list[bytes]) -> None:
    ledger = ReplyLedger(database, Ingest(), clock=clock)
    with pytest.raises(OSError, match="full"):
        ledger.take(batch(*octets))
    assert ledger.cursor("imap:a", "INBOX") is None
