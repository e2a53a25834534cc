"""All records of the database at one moment, by column, with what is known of their links. Reads; decides nothing."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from mailguard.identity.clerical import Answer
from mailguard.identity.parameters import Parameters
from mailguard.linkage.frame import FIELDS, NO_VALUE, Column, Frame
from mailguard.store import parameters, records
from mailguard.store.links import Kept, Origin, all_links
from mailguard.store.pending import Version, pending
from mailguard.store.record_row import STANDARD_COLUMNS, mailboxes_of
from mailguard.store.verdicts import Verdict, all_verdicts

Ints = npt.NDArray[np.int64]
Pair = tuple[int, int]

_PLACES: Final = {name: STANDARD_COLUMNS.index(name) for name in FIELDS}
_MAILBOXES: Final = STANDARD_COLUMNS.index("mailboxes")


@dataclass(frozen=True, slots=True)
class Table:
    """A snapshot. `records`: numbers, ascending; a place in it is a record's number in `frame`. `persons`: each one's person.

    `a`, `b`, `bits`: the kept pairs by record, ascending, with their weights; `exact`: those among them that rest on no weight.
    `pending`: the records that were not scored as they are. `version`: of the parameters, 0 where none were learnt.
    """

    records: Ints
    persons: Ints
    frame: Frame
    a: Ints
    b: Ints
    bits: npt.NDArray[np.float64]
    exact: tuple[Kept, ...]
    verdicts: tuple[Verdict, ...]
    pending: frozenset[Version]
    version: int
    parameters: Parameters

    def places(self, numbers: npt.ArrayLike) -> Ints:
        """Return where these records stand. They must be among `records`."""
        return np.searchsorted(self.records, numbers)

    def holds(self, numbers: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Return which of these records are in the table."""
        return np.isin(numbers, self.records)

    def said(self, answer: Answer) -> list[Pair]:
        """Return the pairs of places of which clerks said this."""
        pairs = np.array([one.pair for one in self.verdicts if one.answer is answer], dtype=np.int64).reshape(-1, 2)
        pairs = pairs[self.holds(pairs).all(axis=1)]
        return [(int(a), int(b)) for a, b in self.places(pairs)]


def read_table(connection: Connection) -> Table:
    """Return all records that were not forgotten, at one moment. Raises ValueError for parameters of another program."""
    version, learnt = parameters.current(connection)
    numbers, persons, frame = _records(connection)
    a, b, bits, exact = _links(connection)
    verdicts = tuple(all_verdicts(connection))
    return Table(numbers, persons, frame, a, b, bits, exact, verdicts, pending(connection), version, learnt)


class _Values:
    """A column as it grows: each distinct value is kept once."""

    def __init__(self) -> None:
        self._index = {"": NO_VALUE}
        self._codes = array("i")

    def extend(self, texts: Iterable[str]) -> None:
        index = self._index
        self._codes.extend(index.setdefault(text, len(index) - 1) for text in texts)

    def column(self) -> Column:
        values = np.array(list(self._index)[1:], dtype=object)
        return Column(np.frombuffer(self._codes, dtype=np.int32) if self._codes else np.empty(0, dtype=np.int32), values)


def _records(connection: Connection) -> tuple[Ints, Ints, Frame]:
    numbers, persons, owners = array("q"), array("q"), array("i")
    columns = {name: _Values() for name in FIELDS}
    mailboxes = _Values()
    for piece in records.columns(connection):
        number, person, *values = zip(*piece, strict=True)
        held = [mailboxes_of(text) for text in values[_MAILBOXES]]
        owners.extend(place for place, boxes in enumerate(held, start=len(numbers)) for _ in boxes)
        mailboxes.extend(box for boxes in held for box in boxes)
        numbers.extend(number)
        persons.extend(person)
        for name, column in columns.items():
            column.extend(values[_PLACES[name]])
    frame = Frame(
        len(numbers),
        **{name: column.column() for name, column in columns.items()},
        mailboxes=mailboxes.column(),
        owners=np.array(owners, dtype=np.int32),
    )
    return np.array(numbers, dtype=np.int64), np.array(persons, dtype=np.int64), frame


def _links(connection: Connection) -> tuple[Ints, Ints, npt.NDArray[np.float64], tuple[Kept, ...]]:
    a, b, bits = array("q"), array("q"), array("d")
    exact: list[Kept] = []
    for one in all_links(connection):
        a.append(one.a)
        b.append(one.b)
        bits.append(one.match_weight)
        if one.origin is Origin.EXACT:
            exact.append(one)
    return np.array(a, dtype=np.int64), np.array(b, dtype=np.int64), np.array(bits, dtype=np.float64), tuple(exact)
