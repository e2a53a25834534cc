"""How common the values of a column are, and how often two records agree on one by chance."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from mailguard.identity.parameters import Frequencies
from mailguard.linkage.frame import NO_VALUE, Column

COMMONEST: Final = 2000
"""Values whose share is told; all others get the mean of the rest, so that parameters stay small whatever the table."""


def frequencies_of(column: Column) -> Frequencies | None:
    """Return how common the values of a column are; None where it has none."""
    count = counts_of(column)
    total = int(count.sum())
    if not total:
        return None
    order = np.argsort(-count, kind="stable")
    common, rest = order[:COMMONEST], order[COMMONEST:]
    common, rest = common[count[common] > 1], np.concatenate([common[count[common] == 1], rest])
    others = _others(count)
    floor = float(_others(_usual(count[rest])) / total)
    share = {str(column.values[at]): float(others[at] / total) for at in common}
    mean = float((count[common] * others[common]).sum() / total**2) + float(count[rest].sum() / total) * floor
    return Frequencies(share, floor, mean)


def _others(count: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return how many records of other persons have a value that so many have, two of which are being compared.

    Those two do not count, and a half is what is expected of a value that nobody else has been seen with.
    """
    return np.maximum(count - 1.5, 0.5)


def _usual(count: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return how many records have the value of a random pair of records that agree on one of these values."""
    held = count.astype(np.float64)
    pairs = held * (held - 1)
    return np.asarray((held * pairs).sum() / max(float(pairs.sum()), 1.0))


def counts_of(column: Column) -> npt.NDArray[np.int64]:
    """Return how many records have each value."""
    return np.bincount(column.codes[column.codes != NO_VALUE], minlength=len(column.values))


def pairs_by_chance(column: Column, *, shortest: int) -> tuple[float, float]:
    """Return how many of all pairs of records have one value, of at least `shortest` characters, and how many have two."""
    count = counts_of(column)
    long = np.fromiter((len(value) >= shortest for value in column.values), dtype=bool, count=len(column.values))
    return _pairs(count[long]), _pairs(count.sum(keepdims=True))


def _pairs(count: npt.NDArray[np.int64]) -> float:
    held = count.astype(np.float64)
    return float((held * (held - 1)).sum() / 2)
