"""SQL of the hot path: written out once, run as it stands on both engines, past SQLAlchemy's compiler and result objects.

A statement through SQLAlchemy costs 70 µs, through `exec_driver_sql` 22, through the driver's cursor 3; a batch of one mail
has a dozen. Errors are the driver's own; `database` knows them. What is not hot is written with SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain, count
from typing import Any, Final

from sqlalchemy import Connection

SCANNED: Final = 20_000
"""Rows of one piece of a reading of all."""

MOST_KEYS: Final = 512
"""Keys of one look-up at a time."""

_SCANS = count()


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


class Statement:
    """SQL with `?` for each parameter; it holds no other `?` and no `%`."""

    def __init__(self, sql: str) -> None:
        self.sqlite = sql
        self._postgres = sql.replace("?", "%s")

    def fetch(self, connection: Connection, *parameters: Any) -> list[Any]:
        """All rows, as tuples."""
        cursor = connection.connection.cursor()
        cursor.execute(self.sqlite if _is_sqlite(connection) else self._postgres, parameters)
        return list(cursor.fetchall())

    def run(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> int:
        """Once for each of `rows`; nothing for none. Returns the number of rows that were written.

        SQLite steps one prepared statement (measured at half the time of one INSERT of many rows), psycopg sends a pipeline.
        """
        if not rows:
            return 0
        cursor = connection.connection.cursor()
        cursor.executemany(self.sqlite if _is_sqlite(connection) else self._postgres, rows)
        return cursor.rowcount


def insert(table: str, columns: Sequence[str], *, conflict: str = "") -> Statement:
    """An INSERT of whole rows, `columns` in order; `conflict` is what follows, such as "ON CONFLICT DO NOTHING"."""
    places = ", ".join("?" for _ in columns)
    return Statement(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) {conflict}")  # noqa: S608 - constants


class Load:
    """Many new rows of whole columns, the quickest way the engine has: COPY on PostgreSQL, which has no ON CONFLICT."""

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        self._insert = insert(table, columns)
        self._copy = f"COPY {table} ({', '.join(columns)}) FROM STDIN"

    def run(self, connection: Connection, rows: Iterable[Sequence[Any]]) -> None:
        """Write `rows`; on SQLite quickest in the order of the primary key."""
        cursor: Any = connection.connection.cursor()
        if _is_sqlite(connection):
            cursor.executemany(self._insert.sqlite, rows)
            return
        with cursor.copy(self._copy) as copy:
            for row in rows:
                copy.write_row(row)


def scan(connection: Connection, sql: str, *, rows: int = SCANNED) -> Iterator[list[Any]]:
    """All rows of a query without parameters, as tuples, `rows` at a time: never more of them in memory."""
    # A cursor of PostgreSQL's own, which wants a name: psycopg's would fetch all rows before the first.
    options = {} if _is_sqlite(connection) else {"name": f"scan_{next(_SCANS)}"}
    cursor: Any = connection.connection.cursor(**options)
    with closing(cursor):
        cursor.execute(sql)
        while piece := cursor.fetchmany(rows):
            yield piece


class Lookup:
    """One query about many keys, in one go: the SQL reads a table `k` of them, whose columns have PostgreSQL's types `columns`.

    `postgres` replaces `sql` where the engines differ (SQLite has no LATERAL). Parameters after the keys stand as `?`.
    """

    def __init__(self, columns: Mapping[str, str], sql: str, *, postgres: str = "") -> None:
        self._width = len(columns)
        self._sql = sql
        self._row = f"({', '.join('?' for _ in columns)})"
        self._names = ", ".join(columns)
        arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
        self._postgres = f"WITH k ({self._names}) AS (SELECT * FROM unnest({arrays})) " + (postgres or sql).replace("?", "%s")  # noqa: S608
        self._sqlite: dict[int, str] = {}

    def fetch(self, connection: Connection, keys: Collection[tuple[Any, ...]], *parameters: Any) -> list[Any]:
        """The rows for all `keys`, as tuples; none for no keys, without a query."""
        found: list[Any] = []
        remaining = list(keys)
        cursor = connection.connection.cursor() if remaining else None
        while remaining and cursor is not None:
            chunk, remaining = remaining[:MOST_KEYS], remaining[MOST_KEYS:]
            if _is_sqlite(connection):
                places = 1 << (len(chunk) - 1).bit_length()
                flat = chain(chain.from_iterable(chunk), (None for _ in range(self._width * (places - len(chunk)))), parameters)
                cursor.execute(self._sqlite_for(places), tuple(flat))
            else:
                cursor.execute(self._postgres, (*(list(column) for column in zip(*chunk, strict=True)), *parameters))
            found += cursor.fetchall()
        return found

    def _sqlite_for(self, places: int) -> str:
        """The SQL for that many keys, a power of two (a key of NULLs finds nothing): few texts, which SQLite has prepared."""
        sql = self._sqlite.get(places)
        if sql is None:
            rows = ", ".join(self._row for _ in range(places))
            sql = self._sqlite[places] = f"WITH k ({self._names}) AS (VALUES {rows}) {self._sql}"
        return sql
