"""A table of standardised records by column: each column once as numbers (codes) and once as its distinct values.

All that the batch does with a value it does once for each distinct one. Knows nothing of probabilities or of a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from mailguard.identity.standard import Standard

Codes = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.int8]
Values = npt.NDArray[Any]

NO_VALUE: Final = -1
FIELDS: Final = ("given", "middle", "surname", "born", "phone", "number", "street", "city", "postcode")


@dataclass(frozen=True, slots=True)
class Column:
    """One field: `codes` says for each record which of the distinct `values` it has, NO_VALUE for none."""

    codes: Codes
    values: Values

    @classmethod
    def of(cls, texts: Sequence[str] | Values) -> Column:
        """Return the column of these values, "" being none."""
        codes, values = pd.factorize(np.asarray(texts, dtype=object))
        return cls._without_empty(codes.astype(np.int32), np.asarray(values, dtype=object))

    def map(self, function: Callable[[str], str]) -> Column:
        """Return the column of `function` of each value."""
        mapped = Column.of([function(value) for value in self.values])
        return Column(mapped.take(self.codes), mapped.values)

    def take(self, codes: Codes) -> Codes:
        """Return the codes of these records; NO_VALUE stays NO_VALUE."""
        return np.append(self.codes, np.int32(NO_VALUE))[codes]

    @classmethod
    def _without_empty(cls, codes: Codes, values: Values) -> Column:
        empty = np.flatnonzero(values == "")
        if not len(empty):
            return cls(codes, values)
        number = np.arange(len(values) + 1, dtype=np.int32)
        number[empty[0] + 1 :] -= 1
        number[empty[0]] = number[-1] = NO_VALUE
        return cls(number[codes], np.delete(values, empty))


@dataclass(frozen=True, slots=True)
class Frame:
    """Records by column, numbered from 0. A record may have several mailboxes: `owners` says whose each is, ascending."""

    size: int
    given: Column
    middle: Column
    surname: Column
    born: Column
    phone: Column
    number: Column
    street: Column
    city: Column
    postcode: Column
    mailboxes: Column
    owners: Codes

    @classmethod
    def of_standards(cls, standards: Iterable[Standard]) -> Frame:
        """Return the frame of these records, in their order."""
        columns: dict[str, list[str]] = {field: [] for field in FIELDS}
        held: list[str] = []
        owners: list[int] = []
        for nth, standard in enumerate(standards):
            for field, column in columns.items():
                column.append(getattr(standard, field))
            for mailbox in standard.mailboxes:
                held.append(mailbox)
                owners.append(nth)
        return cls.of_columns(columns, mailboxes=held, owners=owners)

    @classmethod
    def of_columns(
        cls, columns: Mapping[str, Sequence[str]], *, mailboxes: Sequence[str], owners: Sequence[int] | Codes
    ) -> Frame:
        """Return the frame of these columns; one may be left out. `owners`: the record of each of `mailboxes`, ascending."""
        size = max((len(texts) for texts in columns.values()), default=0)
        empty = Column(np.full(size, NO_VALUE, dtype=np.int32), np.empty(0, dtype=object))
        made = {field: Column.of(columns[field]) if field in columns else empty for field in FIELDS}
        return cls(size, **made, mailboxes=Column.of(mailboxes), owners=np.asarray(owners, dtype=np.int32))

    def standard(self, record: int) -> Standard:
        """Return one record's standard."""
        first, last = np.searchsorted(self.owners, (record, record + 1))
        held = self.mailboxes.codes[first:last]
        texts = {field: _text(getattr(self, field), record) for field in FIELDS}
        return Standard(**texts, mailboxes=tuple(self.mailboxes.values[held]))


def _text(column: Column, record: int) -> str:
    code = column.codes[record]
    return "" if code == NO_VALUE else str(column.values[code])
