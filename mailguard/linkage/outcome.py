"""What linking a table comes to: the pairs to keep and the persons, as arrays, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from mailguard.identity.clerical import Answer
from mailguard.identity.model import probability_of, weight_of_probability
from mailguard.identity.resolve import Thresholds
from mailguard.linkage.batch import Linked
from mailguard.linkage.clustering import persons
from mailguard.linkage.frame import Levels
from mailguard.linkage.table import Ints, Table
from mailguard.store.links import Kept, Origin

Bits = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The pairs worth keeping by record (a < b, ascending), and each record's person, in the order of the table.

    `scope`: the records that were scored anew, None for all; pairs of two others stay as they are and are not in `a` and `b`.
    `exact`: those of the pairs that rest on no weight, and stay as they were.
    """

    a: Ints
    b: Ints
    bits: Bits
    levels: Levels
    exact: tuple[Kept, ...]
    scope: Ints | None
    persons: Ints

    def kept(self, now: datetime) -> Iterator[Kept]:
        """Yield the pairs in order, as they are written down."""
        exact = {one.pair: one for one in self.exact}
        rows = zip(self.a.tolist(), self.b.tolist(), self.bits.tolist(), self.levels.tolist(), strict=True)
        for a, b, bits, levels in rows:
            yield exact.get((a, b)) or Kept(a, b, probability_of(bits), bits, tuple(levels), Origin.BATCH, now)


def outcome_of(table: Table, linked: Linked, thresholds: Thresholds, *, scope: Ints | None = None) -> Outcome:
    """Return what these scored pairs, and what clerks said, make of the records of a table.

    `linked` are all pairs worth keeping, or with `scope` those with one of these records; then the others are the table's.
    """
    worth = linked.weights >= weight_of_probability(thresholds.possible)
    a, b = table.records[linked.left[worth]], table.records[linked.right[worth]]
    stays = np.zeros(len(table.a), dtype=bool) if scope is None else ~(np.isin(table.a, scope) | np.isin(table.b, scope))
    exact = tuple(one for one in table.exact if scope is None or np.isin(one.pair, scope).any())
    a, b, bits, levels = _with_exact(table, exact, (a, b, linked.weights[worth], linked.levels[worth]))
    partition = persons(
        len(table.records),
        table.places(np.append(a, table.a[stays])),
        table.places(np.append(b, table.b[stays])),
        np.append(bits, table.bits[stays]),
        threshold=weight_of_probability(thresholds.match),
        same=table.said(Answer.SAME),
        different=table.said(Answer.DIFFERENT),
    )
    return Outcome(a, b, bits, levels, exact, scope, table.records[partition.person])


def _with_exact(
    table: Table, exact: tuple[Kept, ...], pairs: tuple[Ints, Ints, Bits, Levels]
) -> tuple[Ints, Ints, Bits, Levels]:
    """Return the pairs with those that rest on no weight, which replace what was scored of the same records."""
    if not exact:
        return pairs
    a, b, bits, levels = pairs
    added = np.array([one.pair for one in exact], dtype=np.int64)
    top = int(table.records[-1]) + 1
    other = ~np.isin(a * top + b, added[:, 0] * top + added[:, 1])
    a, b = np.append(a[other], added[:, 0]), np.append(b[other], added[:, 1])
    bits = np.append(bits[other], [one.match_weight for one in exact])
    levels = np.concatenate([levels[other], np.array([one.levels for one in exact], dtype=np.int8)])
    order = np.lexsort((b, a))
    return a[order], b[order], bits[order], levels[order]
