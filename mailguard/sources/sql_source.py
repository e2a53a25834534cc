"""Rows out of a table of another database, read only and a thousand at a time. Its password is never shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import URL, Connection, CursorResult, Engine, NullPool, create_engine, literal_column, make_url, select, table
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from mailguard.errors import MailguardError, UsageError
from mailguard.sources.source_row import Flaw, Row
from mailguard.sources.source_text import KEEP_PLACE, UNDECODABLE

_AT_ONCE: Final = 1000
"""Rows in the memory at a time."""

_DRIVERS: Final = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
"""The driver that comes with mailguard, where the URL names none."""


@dataclass(frozen=True, slots=True)
class SqlSource:
    """The answer to one query."""

    url: URL
    query: str
    columns: tuple[str, ...]
    _engine: Engine = field(repr=False)

    @classmethod
    def open(cls, url: str, *, table_name: str = "", query: str = "") -> Self:
        """Return a whole table (`schema.table`, or `table`) or a query of the database at `url` as a source.

        Raises UsageError where it cannot be reached or asked.
        """
        if bool(table_name) == bool(query):
            raise UsageError("say what to read: --table NAME or --query 'SELECT …', one of the two")
        parsed = _parsed(url)
        engine = _engine(parsed)
        asked = query or _whole(table_name, engine)
        with _plainly(parsed, UsageError), _asking(engine, asked) as answer:
            columns = tuple(str(name).strip() for name in answer.keys())  # noqa: SIM118 - a result is no mapping
        repeated = next((name for place, name in enumerate(columns) if name in columns[:place]), "")
        if repeated:
            raise UsageError(f"the query gives several columns {repeated!r}; name them with AS")
        return cls(parsed, asked, columns, engine)

    def __str__(self) -> str:
        """Return where the rows come from, for a person."""
        return f"{self.url.render_as_string(hide_password=True)}, {len(self.columns)} columns"

    @property
    def expected(self) -> int:
        """0: nobody knows how many rows there will be."""
        return 0

    def rows(self) -> Iterator[Row | Flaw]:
        """The rows in the order of the query. Raises MailguardError where the other database fails on the way."""
        with _plainly(self.url, MailguardError), _asking(self._engine, self.query) as answer:
            for line, values in enumerate(answer, 1):
                texts = [_text(value) for value in values]
                if any(UNDECODABLE in text for text in texts):
                    yield Flaw(line, "a value is neither text nor readable as UTF-8")
                else:
                    yield Row(line, texts)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise UsageError("--from-sql takes a URL such as postgresql://USER:PASSWORD@HOST/NAME or sqlite:///FILE") from error
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise UsageError(f"there is no database at {parsed.database}")
    return parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))


def _engine(url: URL) -> Engine:
    try:
        engine = create_engine(url, poolclass=NullPool)
    except NoSuchModuleError as error:
        raise UsageError(
            f"databases of the kind {url.drivername} are not known; is their SQLAlchemy dialect installed?"
        ) from error
    except ModuleNotFoundError as error:
        raise UsageError(f"{url.drivername} needs its driver: pip install {error.name}") from error
    except SQLAlchemyError as error:
        raise UsageError(_hidden(url, f"--from-sql: {error}")) from error
    return engine


def _whole(name: str, engine: Engine) -> str:
    """The query for a whole table, its name quoted as that database does it."""
    schema, _, plain = name.rpartition(".")
    return str(select(literal_column("*")).select_from(table(plain, schema=schema or None)).compile(engine))


@contextmanager
def _asking(engine: Engine, query: str) -> Iterator[CursorResult[Any]]:
    """Give the answer to `query`, which comes piece by piece, in a transaction that changes nothing."""
    options = {"stream_results": True, "yield_per": _AT_ONCE, "max_row_buffer": _AT_ONCE, "no_parameters": True}
    with engine.connect() as connection:
        _forbid_writing(connection)
        answer = connection.execution_options(**options).exec_driver_sql(query)
        if not answer.returns_rows:
            raise UsageError("--query must be a SELECT: this one gives no rows")
        yield answer
        answer.close()


def _forbid_writing(connection: Connection) -> None:
    match connection.dialect.name:
        case "sqlite":
            connection.exec_driver_sql("PRAGMA query_only=ON")
        case "postgresql":
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        case "mysql" | "mariadb":
            connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        case _:  # what it is asked is rolled back all the same
            return


@contextmanager
def _plainly(url: URL, kind: type[MailguardError]) -> Iterator[None]:
    """Raise what the other database says as an error of ours, in one line and without the password."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(error.orig if isinstance(error, DBAPIError) else error).strip().partition("\n")[0]
        raise kind(_hidden(url, f"the database {url.render_as_string(hide_password=True)} says: {reason}")) from error


def _hidden(url: URL, text: str) -> str:
    return text.replace(str(url.password), "***") if url.password else text


def _text(value: Any) -> str:
    """A value as text: nothing is "", a date ISO 8601, a whole number has no decimals."""
    match value:
        case None:
            text = ""
        case str():
            text = value
        case bool():
            text = "true" if value else "false"
        case float() if value.is_integer():
            text = str(int(value))
        case datetime():
            text = (value.date() if value.time() == time() else value).isoformat()
        case bytes() | memoryview():
            text = bytes(value).decode("utf-8", KEEP_PLACE)
        case _:  # a date's own text is ISO 8601
            text = str(value)
    return text
