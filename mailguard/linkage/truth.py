"""Which records really are one person, as a file says it. Knows nothing of what a linkage made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from mailguard.errors import UsageError
from mailguard.identity.record import MAIL_SOURCE
from mailguard.sources.csv_source import CsvSource
from mailguard.sources.source_row import Flaw, Row

COLUMNS: Final = ("source", "source_key", "cluster")
NO_CLUSTER: Final = -1
"""The number of the cluster of a record of which nobody knows whose it is."""

Reference = tuple[str, str]
"""A record's source, and its key there."""


class Told(NamedTuple):
    """What one row of the file says, and where."""

    cluster: str
    line: int


@dataclass(frozen=True, slots=True)
class Truth:
    """Each record of the file with its cluster: records of one cluster are one person."""

    file: Path
    told: dict[Reference, Told]

    def clusters(self, records: Iterable[Reference]) -> npt.NDArray[np.int64]:
        """The number of each record's cluster, in the order of `records`, which are those of a whole table.

        Records that were learnt from mail may be missing in the file, and have NO_CLUSTER. Raises UsageError where the file
        lacks another record of the table, or the table one of the file.
        """
        numbers: dict[str, int] = {}
        found: list[int] = []
        missing: list[Reference] = []
        unseen = dict(self.told)
        for record in records:
            told = unseen.pop(record, None)
            if told is None and record[0] != MAIL_SOURCE:
                missing.append(record)
            found.append(NO_CLUSTER if told is None else numbers.setdefault(told.cluster, len(numbers)))
        if missing:
            raise UsageError(f"{self.file} has no cluster for {_counted(missing)}; give each record of the table a row")
        if unseen:
            first = next(iter(unseen.values()))
            raise UsageError(
                f"{self.file}, line {first.line}: the table has no {_counted(list(unseen))}; import it, or remove its row"
            )
        return np.array(found, dtype=np.int64)


def read_truth(path: Path) -> Truth:
    """The clusters that a file with the columns `source`, `source_key` and `cluster` gives.

    Raises UsageError where the file cannot be read, lacks a column, or has a row that is damaged, incomplete or there twice.
    """
    source = CsvSource.open(path)
    places = _places(source)
    told: dict[Reference, Told] = {}
    for row in source.rows():
        if isinstance(row, Flaw):
            raise UsageError(f"{path}, line {row.line}: {row.reason}")
        name, key, cluster = _values(row, places, path)
        before = told.setdefault((name, key), Told(cluster, row.line))
        if before.line != row.line:
            raise UsageError(f"{path}, line {row.line}: {name}:{key} has a row already, line {before.line}; keep one of them")
    if not told:
        raise UsageError(f"{path} has no rows; it needs one for each record")
    return Truth(path, told)


def _places(source: CsvSource) -> list[int]:
    columns = [column.casefold() for column in source.columns]
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        needed, found = ", ".join(COLUMNS), ", ".join(filter(None, source.columns))
        raise UsageError(f"{source.file} has no column {missing[0]!r}; it needs {needed}; its columns are {found}")
    return [columns.index(name) for name in COLUMNS]


def _values(row: Row, places: list[int], path: Path) -> list[str]:
    values = [row.values[place].strip() if place < len(row.values) else "" for place in places]
    empty = next((name for name, value in zip(COLUMNS, values, strict=True) if not value), None)
    if empty is not None:
        raise UsageError(f"{path}, line {row.line}: no {empty}; each row needs one")
    return values


def _counted(records: list[Reference]) -> str:
    """The first of some records, and how many there are."""
    first = f"record {':'.join(records[0])}"
    return first if len(records) == 1 else f"{first} and {len(records) - 1} more"
