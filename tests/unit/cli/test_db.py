"""mailguard.cli.db: the versions of the database, both ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailguard.store.database import Database
from mailguard.store.version import HEAD
from mailguard.store.workers import Worker, heartbeat
from tests.unit.cli.conftest import Mailguard


@pytest.fixture
def file(mailguard: Mailguard, here: Path) -> Path:
    """The database that `init` made."""
    mailguard("init")
    return here / "mailguard.db"


def test_status_of_a_database_of_this_version_is_0(mailguard: Mailguard, file: Path) -> None:
    ran = mailguard("db", "status")
    assert ran.status == 0
    assert f"version {HEAD}, this program needs {HEAD}" in ran.out
    document = mailguard("db", "status", "--json").document
    assert (document["version"], document["needed"], document["pending"]) == (HEAD, HEAD, [])
    assert str(file) in document["database"]


def test_database_goes_back_and_comes_forward_again(mailguard: Mailguard, file: Path) -> None:
    refused = mailguard("db", "downgrade", "base")
    assert refused.status == 2
    assert "add --yes" in refused.err
    refused = mailguard("db", "downgrade", "0001")
    assert refused.status == 2
    assert "removes all customer records" in refused.err
    assert mailguard("db", "downgrade", "0001", "--yes").status == 0
    assert mailguard("db", "downgrade", "base", "--yes").status == 0
    behind = mailguard("db", "status")
    assert behind.status == 1
    assert "run: mailguard db upgrade" in behind.out
    assert mailguard("db", "upgrade").status == 0
    assert mailguard("db", "status").status == 0


def test_no_way_back_while_a_worker_lives(mailguard: Mailguard, file: Path) -> None:
    database = Database.open(f"sqlite:///{file}")
    now = datetime.now(UTC)
    with database.write() as connection:
        heartbeat(connection, worker=Worker.of_this_process(now), lease_until=now + timedelta(minutes=1))
    database.close()
    ran = mailguard("db", "downgrade", "base", "--yes")
    assert ran.status == 2
    assert "mailguard is running" in ran.err


def test_version_that_is_not_behind_is_refused(mailguard: Mailguard, file: Path) -> None:
    ran = mailguard("db", "downgrade", "9999")
    assert ran.status == 2
    assert "possible: " in ran.err


def test_upgrade_makes_a_database_that_is_not_there(mailguard: Mailguard, here: Path) -> None:
    assert mailguard("db", "status").status == 2
    assert mailguard("db", "upgrade", "--json").document["version"] == HEAD


def test_backup_is_a_database_of_its_own(mailguard: Mailguard, file: Path, here: Path) -> None:
    ran = mailguard("db", "backup", "copy.db", "--json")
    assert ran.document == {"file": "copy.db", "size": (here / "copy.db").stat().st_size}
    (here / "copy.toml").write_text("[database]\nurl = 'sqlite:///copy.db'\n")
    assert mailguard("db", "status", "-c", "copy.toml").status == 0
    assert "wrote other.db" in mailguard("db", "backup", "other.db").out


@pytest.mark.parametrize(("target", "said"), [("mailguard.db", "exists"), ("none/copy.db", "cannot be written")])
def test_backup_says_where_it_cannot_be_written(mailguard: Mailguard, file: Path, target: str, said: str) -> None:
    ran = mailguard("db", "backup", target)
    assert ran.status == 2
    assert said in ran.err
