from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from mailguard.errors import UsageError
from mailguard.store.database import Database
from mailguard.store.engine import create_private, engines_for, read_widely


@pytest.mark.parametrize("url", ["", "ledger.db", "mysql://host/db", "sqlite://", "sqlite:///:memory:"])
def test_what_is_no_database_for_mail_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(UsageError, match="sqlite:///FILE"):
        engines_for(url)


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgres"])
def test_every_name_of_postgresql_means_the_one_driver(scheme: str) -> None:
    engines = engines_for(f"{scheme}://ann:secret@db.example/mail")
    assert engines.writer.dialect.driver == "psycopg"
    assert engines.file is None
    assert "secret" not in str(engines.writer.url)


def test_a_missing_driver_is_said_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r"pip install 'mailguard\[postgres\]'"):
        engines_for("postgresql://db.example/mail")


def test_a_commit_is_on_disk_and_readers_do_not_wait(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/ledger.db")
    with database.write() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        with database.read() as reader:
            assert reader.exec_driver_sql("SELECT count(*) FROM message").scalar_one() == 0
    database.close()


def test_a_postgresql_commit_is_on_disk_whatever_the_server_says(database: Database) -> None:
    if database.file is not None:
        return
    with database.write() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
        assert connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar_one() == "1min"


def test_what_the_url_says_goes_before_our_own_settings() -> None:
    engines = engines_for("postgresql://db.example/mail?connect_timeout=99")
    _, ours = engines.writer.dialect.create_connect_args(engines.writer.url)
    assert ours["connect_timeout"] == "99"


def test_mail_is_readable_by_nobody_else(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/ledger.db")
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO notice (cause, at) VALUES ('x', 1)")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    database.close()
    assert set(modes) == {"ledger.db", "ledger.db-lock", "ledger.db-shm", "ledger.db-wal"}
    assert set(modes.values()) == {0o600}


def test_a_file_that_is_there_keeps_its_contents_and_mode(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"mail")
    file.chmod(0o640)
    create_private(file)
    assert file.read_bytes() == b"mail"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_connection_that_reads_widely_reads_the_same(database: Database) -> None:
    with database.read() as connection:
        read_widely(connection)
        assert connection.exec_driver_sql("SELECT count(*) FROM message").scalar_one() == 0
