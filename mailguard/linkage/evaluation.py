"""How right a linkage is, against a truth: its pairs at a threshold, its clusters, and what it got wrong. Links nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import combinations, islice
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from mailguard.identity.model import weight_of_probability
from mailguard.linkage.truth import NO_CLUSTER

Ints = npt.NDArray[np.int64]
Records = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

THRESHOLD: Final = 0.5
"""The probability at which figures are compared: fixed beforehand, not chosen by the result."""

CHART: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999)
BINS: Final = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)
MOST_WRONG: Final = 20
"""Wrong pairs of each kind that are named."""


class Scores(NamedTuple):
    """Shares from 0 to 1: of what was found that is right, of what is right that was found, and their harmonic mean."""

    precision: float
    recall: float
    f1: float

    @classmethod
    def of(cls, *, right: float, found: float, true: float) -> Scores:
        """The scores of so many right ones among so many found, of so many true ones. Nothing found is nothing wrong."""
        f1 = 2 * right / (found + true) if found + true else 1.0
        return cls(right / found if found else 1.0, right / true if true else 1.0, f1)


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """What taking pairs of at least this probability for links comes to."""

    threshold: float
    links: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of the pairs with a probability from `low` to below `high`: the mean probability, and the share that is right."""

    low: float
    high: float
    pairs: int
    expected: float
    right: float


@dataclass(frozen=True, slots=True)
class Wrong:
    """A pair (a < b) that was judged wrong. `weight`: its match weight, None where blocking did not propose it."""

    a: int
    b: int
    weight: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`pairs`: the scored pairs at `threshold`; `clusters`: the persons, B-cubed (Bagga and Baldwin 1998).

    `blocking_recall`: the share of the true pairs that was scored at all. `false_links`: wrong pairs that were called right,
    the most certain first. `missed`: true pairs that were scored below the threshold, the lowest first, and then those that
    blocking did not propose.
    """

    threshold: float
    pairs: Scores
    clusters: Scores
    blocking_recall: float
    true_pairs: int
    chart: tuple[AtThreshold, ...]
    reliability: tuple[Reliability, ...]
    false_links: tuple[Wrong, ...]
    missed: tuple[Wrong, ...]

    @property
    def document(self) -> dict[str, Any]:
        """The evaluation for JSON, the wrong pairs left out: records are named otherwise there."""
        pairs = zip(("precision", "recall", "f1"), self.pairs, strict=True)
        clusters = zip(("bcubed_precision", "bcubed_recall", "bcubed_f1"), self.clusters, strict=True)
        return {
            "threshold": self.threshold,
            **dict(pairs),
            **dict(clusters),
            "blocking_recall": self.blocking_recall,
            "true_pairs": self.true_pairs,
            "chart": [asdict(row) for row in self.chart],
            "reliability": [asdict(row) for row in self.reliability],
        }


@dataclass(frozen=True, slots=True)
class _Judged:
    """Scored pairs of records whose clusters are known. `is_true`: whether they are one person."""

    left: Ints
    right: Ints
    weights: Floats
    is_true: Bools
    true_pairs: int

    @classmethod
    def of(cls, truth: Ints, left: Records, right: Records, weights: Floats) -> _Judged:
        known = (truth[left] != NO_CLUSTER) & (truth[right] != NO_CLUSTER)
        one, other = left[known].astype(np.int64), right[known].astype(np.int64)
        sizes = np.bincount(truth[truth != NO_CLUSTER])
        is_true = truth[one] == truth[other]
        return cls(np.minimum(one, other), np.maximum(one, other), weights[known], is_true, int(_pairs_in(sizes)))

    def at(self, threshold: float) -> tuple[int, Scores]:
        is_link = self.weights >= weight_of_probability(threshold)
        links, right = int(np.count_nonzero(is_link)), int(np.count_nonzero(is_link & self.is_true))
        return links, Scores.of(right=right, found=links, true=self.true_pairs)


def evaluate(
    truth: Ints,
    left: Records,
    right: Records,
    weights: Floats,
    *,
    persons: Records,
    threshold: float = THRESHOLD,
    most_wrong: int = MOST_WRONG,
) -> Evaluation:
    """How right the scored pairs and the persons made of them are.

    `truth`: the number of each record's cluster; a record that has NO_CLUSTER counts nowhere. `left`, `right`: the pairs that
    were scored, each once, with `weights` in bits. `persons`: the number of each record's person. Of each kind of wrong pair,
    `most_wrong` are named.
    """
    judged = _Judged.of(truth, left, right, weights)
    known = truth != NO_CLUSTER
    is_link = judged.weights >= weight_of_probability(threshold)
    return Evaluation(
        threshold=threshold,
        pairs=judged.at(threshold)[1],
        clusters=b_cubed(persons[known], truth[known]),
        blocking_recall=Scores.of(right=int(judged.is_true.sum()), found=0, true=judged.true_pairs).recall,
        true_pairs=judged.true_pairs,
        chart=tuple(_chart(judged)),
        reliability=tuple(_reliability(judged)),
        false_links=tuple(_wrong(judged, ~judged.is_true & is_link, most=most_wrong, sign=-1)),
        missed=(
            *_wrong(judged, judged.is_true & ~is_link, most=most_wrong, sign=1),
            *islice(_unscored(truth, judged), most_wrong),
        ),
    )


def b_cubed(persons: Records, truth: Ints) -> Scores:
    """The mean over all records of how much of its person is its cluster, and of how much of its cluster is its person."""
    _, found, found_sizes = np.unique(persons, return_inverse=True, return_counts=True)
    _, true, true_sizes = np.unique(truth, return_inverse=True, return_counts=True)
    cells, sizes = np.unique(found * len(true_sizes) + true, return_counts=True)
    shared = sizes.astype(np.float64) ** 2
    records = max(len(truth), 1)
    precision = float((shared / found_sizes[cells // max(len(true_sizes), 1)]).sum()) / records
    recall = float((shared / true_sizes[cells % max(len(true_sizes), 1)]).sum()) / records
    return Scores(precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 1.0)


def _pairs_in(sizes: Ints) -> int:
    return int((sizes.astype(np.int64) * (sizes - 1) // 2).sum())


def _chart(judged: _Judged) -> Iterator[AtThreshold]:
    for threshold in CHART:
        links, scores = judged.at(threshold)
        yield AtThreshold(threshold, links, *scores)


def _reliability(judged: _Judged) -> Iterator[Reliability]:
    probability = 1 / (1 + np.exp2(-np.clip(judged.weights, -1000, 1000)))
    place = np.digitize(probability, BINS[1:-1])
    pairs = np.bincount(place, minlength=len(BINS) - 1)
    expected = np.bincount(place, probability, minlength=len(pairs))
    right = np.bincount(place, judged.is_true, minlength=len(pairs))
    for at in np.flatnonzero(pairs).tolist():
        count = int(pairs[at])
        yield Reliability(BINS[at], BINS[at + 1], count, float(expected[at] / count), float(right[at] / count))


def _wrong(judged: _Judged, which: Bools, *, most: int, sign: int) -> Iterator[Wrong]:
    """The first `most` of these pairs by `sign` times their weight."""
    wrong = np.flatnonzero(which)
    order = np.lexsort((judged.right[wrong], judged.left[wrong], sign * judged.weights[wrong]))
    for at in wrong[order[:most]].tolist():
        yield Wrong(int(judged.left[at]), int(judged.right[at]), float(judged.weights[at]))


def _unscored(truth: Ints, judged: _Judged) -> Iterator[Wrong]:
    """The true pairs that blocking did not propose. Only clusters that lack one are gone through: a few are found at once."""
    records = np.flatnonzero(truth != NO_CLUSTER)
    records = records[np.argsort(truth[records], kind="stable")]
    sizes = np.bincount(truth[records])
    ends = np.cumsum(sizes)
    one, other = judged.left[judged.is_true], judged.right[judged.is_true]
    scored = np.sort(one * len(truth) + other)
    has_all = np.bincount(truth[one], minlength=len(sizes)) >= sizes * (sizes - 1) // 2
    for cluster in np.flatnonzero(~has_all).tolist():
        members = records[ends[cluster] - sizes[cluster] : ends[cluster]].tolist()
        for a, b in combinations(members, 2):
            place = int(np.searchsorted(scored, a * len(truth) + b))
            if place == len(scored) or scored[place] != a * len(truth) + b:
                yield Wrong(a, b, None)
