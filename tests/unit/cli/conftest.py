"""Running a command in this process, and what it printed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from mailguard.cli.app import run
from tests.builders import NOW, crowd, message
from tests.ledger import mail, open_ledger, take

RECEIPT = (
    b"From: shop@shop.example\r\nTo: ada@mail.example\r\nSubject: =?utf-8?q?Your_receipt?=\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"WW91ciByZWNlaXB0IDQ3MTEK\r\n"
)


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """`serve` and `demo` set the process's log up; the next test's is its own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command came to."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The JSON documents on standard output, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


Mailguard = Callable[..., Ran]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def mailguard(here: Path, capsys: pytest.CaptureFixture[str]) -> Mailguard:
    """Runs `mailguard` with these arguments in an empty folder."""

    def run_it(*arguments: str) -> Ran:
        status = run(arguments)
        out, err = capsys.readouterr()
        return Ran(status, out, err)

    return run_it


@dataclass(frozen=True, slots=True)
class Played:
    """The ids of what the ledger holds, oldest first: each came a minute after the one before, the last some minutes ago."""

    delivered: str
    held: str
    repeated: str
    rejected: str
    replayed: str


@pytest.fixture
def played(here: Path) -> Played:
    """A ledger with one mail of each kind: delivered, held with a repeat that waits with it, rejected, and a replay."""
    begin = datetime.now(UTC) - NOW - timedelta(minutes=30)
    receipt = message("your receipt", "4711", subject="Your \x1b[2Jreceipt", content=RECEIPT, message_id="r1@shop.example")
    crowded = message("hello all", "", visible=crowd(11), subject="Hello all", message_id="c1@shop.example")
    again = message("your receipt", "4711", subject="Your receipt", message_id="r2@shop.example")
    submissions = [
        mail(receipt, "ada@mail.example", "bea@mail.example", at=begin),
        mail(crowded, "p1@people.example", at=begin + timedelta(minutes=1)),
        mail(replace(crowded, message_id="c2@shop.example", digest=b"2"), "p1@people.example", at=begin + timedelta(minutes=2)),
        mail(again, "ada@mail.example", at=begin + timedelta(minutes=3)),
        mail(receipt, "ada@mail.example", at=begin + timedelta(minutes=4)),
    ]
    database = open_ledger(f"sqlite:///{here}/mailguard.db")
    with database.write() as connection:
        entries = [take(connection, one, owner="")[0] for one in submissions]
    database.close()
    return Played(*(entry.id for entry in entries))
