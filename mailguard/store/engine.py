"""From a database's URL to engines for its one writer and its many readers. Knows no tables.

What is set here and why: FULL, because a 250 promises that the mail is on disk; WAL, so that readers never wait; a cache that
holds the inner pages of the indexes of a million messages; a checkpoint each 16 MB, measured as cheaper than each 4.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from mailguard.errors import UsageError

_WRITER_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "cache_size=-65536",
    "wal_autocheckpoint=4000",
    "journal_size_limit=67108864",
    "temp_store=MEMORY",
)
_READER_PRAGMAS = ("query_only=ON", "cache_size=-16384", "temp_store=MEMORY")

_MAPPED = 536_870_912
"""Octets of the file that a connection maps which reads all over it; measured: half the time of a look-up, and of no memory
that is not shared with others."""

_BUSY_TIMEOUT = 10.0
"""Seconds to wait for a program that is not mailguard, such as an open `sqlite3` shell."""

_POSTGRES_ARGUMENTS = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A server that is gone without a word is noticed within ten seconds (libpq's names; seconds, the last in milliseconds)."""

_POSTGRES_SESSION = ("SET synchronous_commit TO on", "SET idle_in_transaction_session_timeout TO '60s'")
"""A commit that returns is on disk, whatever the server's default. And a writer whose host is gone leaves the line: no batch is
idle for that long."""

_WRITER_LOCK = 0x6D61696C
"""PostgreSQL's advisory lock under which all writers of one database stand in line: "mail"."""


@dataclass(frozen=True, slots=True)
class Engines:
    """`file` is the SQLite file, None for PostgreSQL."""

    writer: Engine
    reader: Engine
    file: Path | None

    def dispose(self) -> None:
        """Close what is open."""
        self.writer.dispose()
        self.reader.dispose()


def engines_for(url: str) -> Engines:
    """Engines for `url`: `sqlite:///file` or `postgresql://…`. Nothing is connected yet. Raises UsageError for others."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UsageError(f"{url!r} is no database URL; use sqlite:///FILE or postgresql://USER@HOST/NAME") from error
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(parsed)
        case "postgresql" | "postgres":
            return _postgres(parsed)
        case other:
            raise UsageError(f"databases of the kind {other} are not known; use sqlite:///FILE or postgresql://USER@HOST/NAME")


def _sqlite(url: URL) -> Engines:
    if not url.database or url.database == ":memory:":
        raise UsageError("a database in memory would lose mail; use sqlite:///FILE")
    file = Path(url.database)
    arguments: dict[str, Any] = {"isolation_level": None, "check_same_thread": False, "timeout": _BUSY_TIMEOUT}
    plain = URL.create("sqlite+pysqlite", database=str(file))
    writer = create_engine(plain, poolclass=NullPool, hide_parameters=True, connect_args=arguments | {"cached_statements": 256})
    reader = create_engine(plain, hide_parameters=True, connect_args=arguments, pool_size=4, max_overflow=16)
    # pysqlite's own transactions begin too late to be safe (two readers that both mean to write).
    event.listen(writer, "begin", _begin_immediate)
    event.listen(reader, "begin", _begin)
    event.listen(writer, "connect", _set_writer_pragmas)
    event.listen(reader, "connect", _set_reader_pragmas)
    return Engines(writer, reader, file)


def _postgres(url: URL) -> Engines:
    url = url.set(drivername="postgresql+psycopg")
    arguments: dict[str, Any] = {name: value for name, value in _POSTGRES_ARGUMENTS.items() if name not in url.query}
    try:
        writer = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=arguments)
    except ModuleNotFoundError as error:
        raise UsageError("PostgreSQL needs its driver: pip install 'mailguard[postgres]'") from error
    reader = create_engine(
        url,
        hide_parameters=True,
        connect_args=arguments,
        isolation_level="REPEATABLE READ",
        pool_pre_ping=True,
        pool_size=4,
        max_overflow=16,
        execution_options={"postgresql_readonly": True},
    )
    event.listen(writer, "begin", _stand_in_line)
    event.listen(writer, "connect", _set_session)
    return Engines(writer, reader, None)


def create_private(file: Path) -> None:
    """Make sure that `file` is there, and readable by nobody else: it will hold mail. SQLite gives its -wal the same mode."""
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def overwrite_what_is_deleted(connection: Connection) -> None:
    """Let what this connection deletes from now on be gone from the file, too. PostgreSQL does so when it vacuums."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


def read_widely(connection: Connection) -> None:
    """Let this connection read much, from all over the database. PostgreSQL's server looks after that itself."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA mmap_size={_MAPPED}").close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _stand_in_line(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")


def _set_writer_pragmas(connection: sqlite3.Connection, record: object) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    for pragma in _WRITER_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _set_reader_pragmas(connection: sqlite3.Connection, record: object) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    for pragma in _READER_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _set_session(connection: Any, record: object) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    for setting in _POSTGRES_SESSION:
        connection.execute(setting)
    connection.commit()
