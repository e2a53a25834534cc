"""What a source of records yields: rows of text under columns, and rows that cannot be read, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `line`: where it begins, from 1: in a file the line, in a query's answer the row. `values`: one a column."""

    line: int
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a row, in words that say what was found."""

    line: int
    reason: str


class Source(Protocol):
    """Rows under columns, read anew from the beginning by each call of `rows`."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names, stripped; "" for one without a name."""
        ...

    @property
    def expected(self) -> int:
        """About how many rows there are, 0 where nobody knows."""
        ...

    def rows(self) -> Iterator[Row | Flaw]:
        """The rows in order. Raises MailguardError where the source fails on the way."""
        ...
