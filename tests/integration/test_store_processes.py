"""Several processes on one ledger, and processes that are killed: what was acknowledged is there, once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailguard.store.database import Database
from mailguard.store.tables import CONTENT, MESSAGE, RECIPIENT
from tests.postgres_server import PostgresServer, postgres

__all__ = ["postgres"]

WRITER = "tests.integration.store_writer"
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A ledger, empty."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ledger.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield server.clean_database()


def start(url: str, kind: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", WRITER, url, kind, str(count)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def rest_of(process: subprocess.Popen[str]) -> list[str]:
    """What it said, line by line; half a line was not said."""
    said, _ = process.communicate()
    return [line.split()[0] for line in said.splitlines(keepends=True) if line.endswith("\n")]


def test_of_equal_mails_in_three_processes_exactly_one_is_sent(url: str) -> None:
    Database.open(url).close()
    processes = [start(url, "same", 20) for _ in range(3)]
    for process in processes:
        go(process)
    for process in processes:
        assert len(rest_of(process)) == 60
    with closing(Database.open(url)) as database, database.read() as connection:
        counted = connection.execute(select(RECIPIENT.c.state, func.count()).group_by(RECIPIENT.c.state))
        assert dict(counted.all()) == {"queued": 1, "rejected": 179}


def test_what_was_acknowledged_before_a_kill_is_there_and_whole(url: str) -> None:
    Database.open(url).close()
    acknowledged: list[str] = []
    for kill in range(6):
        process = start(url, "many", 10_000)
        go(process)
        assert process.stdout is not None
        acknowledged.extend(process.stdout.readline().split()[0] for _ in range(40 + 17 * kill))
        process.kill()
        acknowledged += rest_of(process)
    with closing(Database.open(url)) as database, database.read() as connection:
        messages = set(connection.execute(select(MESSAGE.c.id)).scalars())
        contents = {row.message: len(bytes(row.octets)) for row in connection.execute(select(CONTENT))}
        recipients = set(connection.execute(select(RECIPIENT.c.message)).scalars())
        if database.file is not None:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    assert set(acknowledged) <= messages
    assert messages == set(contents) == recipients
    assert set(contents.values()) == {9_000 + len(b"Received: by relay.example\r\n")}
    # At most what was committed and not yet said when the process died.
    assert len(messages) - len(set(acknowledged)) <= 6 * 3
