"""What a linkage would change about the links and persons there are: said before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from mailguard.linkage.outcome import Bools, Outcome
from mailguard.linkage.table import Ints, Table

EXAMPLES: Final = 5
"""Merges and splits of each kind that are named."""


@dataclass(frozen=True, slots=True)
class Regrouping:
    """Records that are several persons before or after: `before` and `after` are their persons, the oldest first."""

    records: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """Links that come and go, persons that become part of another and persons that come apart, with examples.

    `records_moved`: records whose person is another one afterwards. `held`: mails that wait for a decision about one of the
    persons concerned, which are judged anew only when they are released.
    """

    links_added: int
    links_removed: int
    persons_merged: int
    persons_split: int
    records_moved: int
    merges: tuple[Regrouping, ...]
    splits: tuple[Regrouping, ...]
    held: int = 0

    @property
    def is_none(self) -> bool:
        """Whether all stays as it is."""
        return not (self.links_added or self.links_removed or self.records_moved)


def changes_of(table: Table, outcome: Outcome, *, match_bits: float) -> Changes:
    """Return what writing an outcome of all records would change."""
    top = int(table.records[-1]) + 1
    before = _links(table.a, table.b, table.bits >= match_bits, top)
    after = _links(outcome.a, outcome.b, outcome.bits >= match_bits, top)
    merged = _joining(table.persons, outcome.persons)
    split = _joining(outcome.persons, table.persons)
    return Changes(
        links_added=len(np.setdiff1d(after, before, assume_unique=True)),
        links_removed=len(np.setdiff1d(before, after, assume_unique=True)),
        persons_merged=len(np.unique(table.persons[merged])) - len(np.unique(outcome.persons[merged])),
        persons_split=len(np.unique(outcome.persons[split])) - len(np.unique(table.persons[split])),
        records_moved=int(np.count_nonzero(table.persons != outcome.persons)),
        merges=tuple(islice(_examples(table, outcome, outcome.persons, merged), EXAMPLES)),
        splits=tuple(islice(_examples(table, outcome, table.persons, split), EXAMPLES)),
    )


def concerned(table: Table, outcome: Outcome) -> list[int]:
    """Return the persons, as they are now, that would be others."""
    moved = table.persons != outcome.persons
    touched = np.isin(table.persons, table.persons[moved]) | np.isin(outcome.persons, outcome.persons[moved])
    return [int(person) for person in np.unique(table.persons[touched])]


def _links(a: Ints, b: Ints, is_link: Bools, top: int) -> Ints:
    return a[is_link] * top + b[is_link]


def _joining(finer: Ints, coarser: Ints) -> Bools:
    """Return which records are in a person of `coarser` that has records of several persons of `finer`."""
    order = np.lexsort((finer, coarser))
    pairs = np.column_stack((coarser[order], finer[order]))
    distinct = pairs[np.append(True, (pairs[1:] != pairs[:-1]).any(axis=1))] if len(pairs) else pairs
    persons, parts = np.unique(distinct[:, 0], return_counts=True)
    return np.isin(coarser, persons[parts > 1])


def _examples(table: Table, outcome: Outcome, whole: Ints, among: Bools) -> Iterator[Regrouping]:
    """Yield the records of each person of `whole` among these, the largest first."""
    persons, sizes = np.unique(whole[among], return_counts=True)
    for person in persons[np.argsort(-sizes, kind="stable")]:
        members = np.flatnonzero(whole == person)
        yield Regrouping(
            tuple(table.records[members].tolist()),
            tuple(np.unique(table.persons[members]).tolist()),
            tuple(np.unique(outcome.persons[members]).tolist()),
        )
