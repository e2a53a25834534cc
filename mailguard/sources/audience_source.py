"""Where an audience comes from, by what a person writes: a CSV file, JSON lines, or a query in another database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mailguard.errors import UsageError
from mailguard.sources.csv_source import CsvSource
from mailguard.sources.json_lines_source import JsonLinesSource
from mailguard.sources.mailbox_cell import holds_mailbox
from mailguard.sources.source_row import Flaw, Row, Source
from mailguard.sources.sql_source import SqlSource

JSON_LINES: Final = frozenset({".jsonl", ".ndjson", ".jsonlines", ".json"})
"""The endings of files that hold one JSON object a line."""

EMAIL: Final = "email"


@dataclass(frozen=True, slots=True)
class HeadlessSource:
    """A file whose first line is a row already, as a list of bare addresses is; its columns get names."""

    source: CsvSource
    columns: tuple[str, ...]

    def __str__(self) -> str:
        """Return what it was found to be, for a person."""
        return f"{self.source}, without a line of column names"

    @property
    def expected(self) -> int:
        """About how many rows it has."""
        return self.source.expected + 1

    def rows(self) -> Iterator[Row | Flaw]:
        """The rows in order. Raises UsageError where the file cannot be read."""
        yield Row(self.source.head, list(self.source.columns))
        yield from self.source.rows()


def open_audience(to: str, *, table: str = "", query: str = "", encoding: str = "", delimiter: str = "") -> Source:
    """Return the source that `to` names: a file, or the URL of a database with `table` or `query`. Raises UsageError."""
    if "://" in to:
        return SqlSource.open(to, table_name=table, query=query)
    if table or query:
        raise UsageError("--table and --query go with a database: --to postgresql://USER:PASSWORD@HOST/NAME or sqlite:///FILE")
    file = Path(to)
    if file.suffix.lower() in JSON_LINES or _begins_with_object(file):
        return JsonLinesSource.open(file)
    found = CsvSource.open(file, encoding=encoding, delimiter=delimiter)
    addresses = [at for at, name in enumerate(found.columns) if holds_mailbox(name)]
    return HeadlessSource(found, _named(found.columns, addresses[0])) if addresses else found


def _begins_with_object(file: Path) -> bool:
    try:
        with file.open("rb") as octets:
            return octets.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    except OSError:  # whoever opens it will say so
        return False


def _named(columns: tuple[str, ...], address: int) -> tuple[str, ...]:
    return tuple(EMAIL if at == address else f"column_{at + 1}" for at in range(len(columns)))
