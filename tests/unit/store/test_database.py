from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from mailguard.errors import DatabaseVersionError, StorageFullError, UsageError
from mailguard.store.database import Database
from mailguard.store.statement import Statement, insert
from mailguard.store.tables import NOTICE
from mailguard.store.version import HEAD

PUT = insert("notice", ("cause", "at"))
BROKEN = Statement("SELECT cause FROM nowhere")


class RefusedError(Exception):
    pass


def write_and_refuse(database: Database) -> None:
    with database.write() as connection:
        PUT.run(connection, [("lost", 1)])
        raise RefusedError


def write_and_break(database: Database) -> None:
    with database.write() as connection:
        PUT.run(connection, [("lost", 1)])
        BROKEN.fetch(connection)


def write_beyond_the_end(database: Database) -> None:
    with database.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        insert("content", ("message", "octets")).run(connection, [("x", bytes(1_000_000))])


def causes(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(NOTICE.c.cause).order_by(NOTICE.c.cause)).scalars())


def test_an_absent_database_is_made_and_found_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    with closing(Database.open(url)) as first, first.write() as connection:
        PUT.run(connection, [("kept", 1)])
    with closing(Database.open(url, create=False)) as second:
        assert causes(second) == ["kept"]
        assert second.file == tmp_path / "new.db"


def test_an_absent_database_is_not_made_unless_wanted(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no database"):
        Database.open(f"sqlite:///{tmp_path}/new.db", create=False)
    (tmp_path / "empty.db").touch()
    with pytest.raises(UsageError, match="mailguard db upgrade"):
        Database.open(f"sqlite:///{tmp_path}/empty.db", create=False)


def test_many_may_open_an_absent_database_at_once(tmp_path: Path) -> None:
    opened: list[Database] = []
    threads = [threading.Thread(target=lambda: opened.append(Database.open(f"sqlite:///{tmp_path}/new.db"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 8
    for database in opened:
        database.close()


@pytest.mark.parametrize(("version", "way_out"), [("0000", "mailguard db upgrade"), ("9999", f"mailguard db downgrade {HEAD}")])
def test_another_version_is_refused_with_the_way_out(database: Database, url: str, version: str, way_out: str) -> None:
    with database.write() as connection:
        (ours,) = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")
    try:
        with pytest.raises(DatabaseVersionError, match=f"version {version}.*{way_out}"):
            Database.open(url)
    finally:
        with database.write() as connection:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{ours}'")


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE theirs (a)")
    with pytest.raises(UsageError, match="not mailguard's"):
        Database.open(f"sqlite:///{tmp_path}/other.db")


def test_what_cannot_be_opened_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database at all, but long enough to look like one" * 99)
    with pytest.raises(UsageError, match=r"cannot open the database .*text\.db: file is not a database"):
        Database.open(f"sqlite:///{tmp_path}/text.db")
    with pytest.raises(UsageError, match="No such file or directory"):
        Database.open(f"sqlite:///{tmp_path}/missing/ledger.db")
    with pytest.raises(UsageError, match=r"cannot open the database postgresql\+psycopg://ann:\*\*\*@127"):
        Database.open("postgresql://ann:secret@127.0.0.1:1/mail")


def test_a_block_that_ends_is_committed_and_one_that_raises_is_not(database: Database) -> None:
    with database.write() as connection:
        PUT.run(connection, [("kept", 1)])
    with pytest.raises(RefusedError):
        write_and_refuse(database)
    assert causes(database) == ["kept"]


def test_a_failure_of_the_engine_costs_one_transaction_only(database: Database) -> None:
    with pytest.raises(Exception, match="nowhere"):
        write_and_break(database)
    with database.write() as connection:
        PUT.run(connection, [("kept", 1)])
    assert causes(database) == ["kept"]


def test_a_reader_sees_one_moment_and_writes_nothing(database: Database) -> None:
    with database.read() as reader:
        before = reader.execute(select(NOTICE)).all()
        with database.write() as connection:
            PUT.run(connection, [("new", 1)])
        assert reader.execute(select(NOTICE)).all() == before == []
    with pytest.raises(DBAPIError), database.read() as reader:
        reader.exec_driver_sql("DELETE FROM notice")
    assert causes(database) == ["new"]


def test_writers_stand_in_line_whichever_database_object_they_have(database: Database, url: str) -> None:
    other = Database.open(url)
    began, go_on, order = threading.Event(), threading.Event(), []

    def first() -> None:
        with database.write() as connection:
            began.set()
            go_on.wait()
            PUT.run(connection, [("first", 1)])
            order.append("first")

    def second(connection: Connection) -> None:
        order.append("second")
        PUT.run(connection, [(f"second after {'first' if connection.execute(select(NOTICE)).all() else 'nothing'}", 2)])

    thread = threading.Thread(target=first)
    thread.start()
    began.wait()
    threading.Timer(0.05, go_on.set).start()
    with other.write() as connection:
        second(connection)
    thread.join()
    other.close()
    assert order == ["first", "second"]
    assert causes(database) == ["first", "second after first"]


def test_threads_of_one_process_lose_no_update(database: Database) -> None:
    with database.write() as connection:
        PUT.run(connection, [("count", 0)])

    def add() -> None:
        for _ in range(25):
            with database.write() as connection:
                (count,) = Statement("SELECT at FROM notice").fetch(connection)[0]
                Statement("UPDATE notice SET at = ?").run(connection, [(count + 1,)])

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT at FROM notice").scalar_one() == 100


def test_a_full_disk_is_a_temporary_failure_and_heals(tmp_path: Path) -> None:
    with closing(Database.open(f"sqlite:///{tmp_path}/ledger.db")) as database:
        with pytest.raises(StorageFullError) as raised:
            write_beyond_the_end(database)
        assert (raised.value.code, raised.value.enhanced_status) == (452, "4.3.1")
        with database.write() as connection:
            insert("content", ("message", "octets")).run(connection, [("x", bytes(1_000_000))])


def test_a_full_postgresql_is_a_temporary_failure(database: Database) -> None:
    if database.file is not None:
        return
    raising = "DO $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$"
    with pytest.raises(StorageFullError), database.write() as connection:
        connection.exec_driver_sql(raising)
    with pytest.raises(StorageFullError), database.write() as connection:
        Statement(raising).fetch(connection)


def test_an_error_of_the_file_system_is_told_apart(database: Database) -> None:
    with pytest.raises(StorageFullError), database.write():
        raise OSError(28, "No space left on device")
    with pytest.raises(OSError, match="Input/output"), database.write():
        raise OSError(5, "Input/output error")
