"""One database, opened: durable transactions for one writer at a time, consistent snapshots for any number of readers.

Writers stand in line, also those of other processes and hosts: what is gathered, decided and recorded in one transaction
cannot be overtaken by another's. Knows no table but the version's.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, Self

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from mailguard.errors import DatabaseVersionError, StorageFullError, UsageError
from mailguard.store.engine import Engines, create_private, engines_for
from mailguard.store.version import HEAD, is_empty, version_of

_SQLITE_FULL = 13
_POSTGRES_DISK_FULL = "53100"


class Database:
    """Give every process its own, and close it. Safe to use from several threads."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._turn = Lock()
        self._writer: Connection | None = None
        self._lock_file = -1

    @classmethod
    def open(cls, url: str, *, create: bool = True) -> Self:
        """The database at `url`, of this program's version; one that is not there is made, if `create`.

        Raises UsageError where it cannot be opened, and DatabaseVersionError where it is of another version.
        """
        database = cls.open_unchecked(url, create=create)
        try:
            database.check(create=create)
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def open_unchecked(cls, url: str, *, create: bool = True) -> Self:
        """The database at `url`, whatever its version; an absent file is made empty, if `create`. Raises UsageError."""
        engines = engines_for(url)
        database = cls(engines)
        try:
            database._open_files(create=create)
            with database._line():
                database._connection()
        except (OSError, sqlite3.Error, SQLAlchemyError) as error:
            database.close()
            reason = getattr(error, "orig", None) or error
            raise UsageError(f"cannot open the database {engines.writer.url}: {reason}") from error
        return database

    @property
    def url(self) -> str:
        """Where it is, without the password."""
        return str(self._engines.writer.url)

    @property
    def driver_error(self) -> type[Exception]:
        """What the driver raises: statements of the hot path go past SQLAlchemy, which would wrap it."""
        error: type[Exception] = self._engines.writer.dialect.loaded_dbapi.Error
        return error

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for PostgreSQL."""
        return self._engines.file

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, durable when the block ends, rolled back when it raises. Raises StorageFullError on a full disk."""
        with self._line(), _translated():
            try:
                connection = self._connection()
                with connection.begin():
                    yield connection
            except BaseException:
                self._forget_broken_writer()
                raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot: what was committed when its first query ran. Nothing can be written through it."""
        with self._engines.reader.connect() as connection, connection.begin():
            yield connection

    def check(self, *, create: bool = False) -> None:
        """Raise DatabaseVersionError where the version is another; make the tables of an empty database, if `create`."""
        with self.read() as connection:
            version = version_of(connection)
        if version == HEAD:
            return
        if version is not None:
            raise DatabaseVersionError(f"{self.url} is of version {version}, this program needs {HEAD}: {_way_out(version)}")
        if not create:
            raise UsageError(f"{self.url} is no mailguard database; make one with: mailguard db upgrade")
        self._create()

    def close(self) -> None:
        """Close every connection."""
        if self._writer is not None:
            with suppress(SQLAlchemyError):
                self._writer.close()
            self._writer = None
        self._engines.dispose()
        if self._lock_file >= 0:
            os.close(self._lock_file)
            self._lock_file = -1

    def _create(self) -> None:
        # Alembic takes a tenth of a second to import, and an existing database does not need it.
        from mailguard.store.migration import migrate  # noqa: PLC0415

        with self.write() as connection:
            # Another process may have been first.
            if version_of(connection) == HEAD:
                return
            if not is_empty(connection):
                raise UsageError(f"{self.url} holds tables that are not mailguard's; name another database")
            migrate(connection)

    def _open_files(self, *, create: bool) -> None:
        file = self._engines.file
        if file is None:
            return
        if not create and not file.exists():
            raise UsageError(f"there is no database at {file}")
        create_private(file)
        self._lock_file = os.open(f"{file}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextmanager
    def _line(self) -> Iterator[None]:
        """Wait for our turn among this process's threads, then among the processes on this file: in the kernel, not polling."""
        with self._turn:
            if self._lock_file < 0:
                yield
                return
            fcntl.flock(self._lock_file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._lock_file, fcntl.LOCK_UN)

    def _connection(self) -> Connection:
        if self._writer is None:
            self._writer = self._engines.writer.connect()
        return self._writer

    def _forget_broken_writer(self) -> None:
        """After any failure the next transaction gets a connection of its own: a broken one never comes back by itself."""
        connection, self._writer = self._writer, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.invalidate()
                connection.close()


def _way_out(version: str) -> str:
    """What to do about a database of another version; versions are numbers of one length."""
    if version > HEAD:
        return f"use the later mailguard that it is of, or have that one run: mailguard db downgrade {HEAD}"
    return "stop mailguard, make a backup (mailguard db backup FILE), then run: mailguard db upgrade"


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if _is_full(error.orig if isinstance(error, DBAPIError) else error):
            raise StorageFullError("the spool is full, try again later") from error
        raise


def _is_full(error: Any) -> bool:
    """Whether SQLite, PostgreSQL or the file system said that there is no room."""
    return (
        getattr(error, "sqlite_errorcode", 0) & 0xFF == _SQLITE_FULL
        or getattr(error, "sqlstate", "") == _POSTGRES_DISK_FULL
        or (isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT})
    )
