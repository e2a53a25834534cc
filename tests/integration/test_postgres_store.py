"""PostgreSQL as it is in operation: it crashes, comes back, runs full, and serves several hosts' workers at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from mailguard.errors import StorageFullError
from mailguard.policy.parcel import Parcel
from mailguard.store.database import Database
from mailguard.store.queue import lease
from mailguard.store.statement import Statement
from mailguard.store.tables import MESSAGE
from tests.builders import NOW, message
from tests.ledger import mail, take
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.postgres


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server of one test's own, as durable as in operation."""
    folder = Path(tempfile.mkdtemp(prefix="mailguard-postgres-"))
    try:
        server = PostgresServer.make(folder)
        server.start()
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put(database: Database, number: int, *, size: int = 100, owner: str = "") -> str:
    text = message(f"{number}", f"{number}", message_id=f"{number}@x.example", content=os.urandom(size))
    one = mail(text, f"p{number}@people.example")
    with database.write() as connection:
        take(connection, one, owner=owner)
    return one.id


def ids(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(MESSAGE.c.id).order_by(MESSAGE.c.seq)).scalars())


def test_what_was_committed_before_a_crash_is_there_and_the_same_database_goes_on(server: PostgresServer) -> None:
    with closing(Database.open(server.new_database())) as database:
        before = [put(database, number) for number in range(5)]
        assert ids(database) == before
        server.kill()
        with pytest.raises(Exception, match="connection"):
            put(database, 5)
        with pytest.raises(DBAPIError):
            ids(database)
        server.start()
        after = put(database, 6)
        assert ids(database) == [*before, after]


def test_a_lost_connection_costs_one_transaction(server: PostgresServer) -> None:
    with closing(Database.open(server.new_database())) as database:
        put(database, 0)
        with pytest.raises(Exception, match="connection"), database.write() as connection:
            Statement("SELECT pg_terminate_backend(pg_backend_pid())").fetch(connection)
        assert put(database, 1) in ids(database)


def test_readers_wait_for_no_writer_and_see_one_moment(server: PostgresServer) -> None:
    with closing(Database.open(server.new_database())) as database:
        first = put(database, 0)
        with database.write() as connection:
            take(connection, mail(message("x", message_id="x@x.example"), "ann@people.example"))
            assert ids(database) == [first]


def test_workers_of_several_hosts_share_what_is_due(server: PostgresServer) -> None:
    url = server.new_database()
    with closing(Database.open(url)) as database:
        put_ids = {put(database, number) for number in range(60)}
    leased: dict[str, list[str]] = {name: [] for name in ("a", "b", "c")}

    def work(name: str) -> None:
        with closing(Database.open(url)) as database:
            while parcels := _lease(database, name):
                leased[name] += [parcel.message for parcel in parcels]

    threads = [threading.Thread(target=work, args=(name,)) for name in leased]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [id for ids in leased.values() for id in ids]
    assert sorted(taken) == sorted(put_ids)


def test_what_another_transaction_has_locked_is_passed_over(server: PostgresServer) -> None:
    url = server.new_database()
    with closing(Database.open(url)) as database:
        first, second = put(database, 0), put(database, 1)
        locker = database._engines.reader.connect().execution_options(postgresql_readonly=False)
        with locker, locker.begin():
            locker.exec_driver_sql(f"SELECT 1 FROM recipient WHERE message = '{first}' FOR UPDATE")
            assert [parcel.message for parcel in _lease(database, "a")] == [second]


def test_a_full_disk_answers_452_and_heals(server: PostgresServer) -> None:
    """A tablespace on a small file system of its own: the real thing."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    mount = server.folder / "small"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(mount)], check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        shutil.chown(mount, "postgres")
        with closing(Database.open(server.new_database())) as database:
            with database._engines.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(f"CREATE TABLESPACE small LOCATION '{mount}'")
                connection.exec_driver_sql("ALTER TABLE content SET TABLESPACE small")
            with pytest.raises(StorageFullError):
                _fill(database)
            kept = ids(database)
            subprocess.run(["mount", "-o", "remount,size=64m", str(mount)], check=True)
            healed = put(database, 1_000)
            assert ids(database) == [*kept, healed]
    finally:
        server.kill()
        subprocess.run(["umount", str(mount)], check=True)


def _fill(database: Database) -> None:
    for number in range(100):
        put(database, number, size=500_000)


def _lease(database: Database, owner: str) -> list[Parcel]:
    with database.write() as connection:
        return lease(connection, owner=owner, now=NOW + timedelta(days=1), limit=7)
