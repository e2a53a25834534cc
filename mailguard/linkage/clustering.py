"""The persons of a whole table: the partition of `identity.cluster`, at the speed of arrays. Decides nothing of its own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mailguard.identity.cluster import ABSENT, Pair, partition

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Verdicts = Collection[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Partition:
    """For each record the oldest of its person, and as in `identity.cluster.Clusters` what only a clerk can settle."""

    person: Ints
    bridges: tuple[tuple[int, int], ...]
    conflicts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Scored:
    """The pairs that speak for one person, each once, `left` the older."""

    left: Ints
    right: Ints
    weights: Floats

    def take(self, which: Bools) -> _Scored:
        return _Scored(self.left[which], self.right[which], self.weights[which])


def persons(
    count: int,
    left: npt.NDArray[np.integer],
    right: npt.NDArray[np.integer],
    weights: Floats,
    *,
    threshold: float,
    same: Verdicts = (),
    different: Verdicts = (),
) -> Partition:
    """The persons among the records 0 to `count` - 1: what `identity.cluster.partition` says of the same pairs and verdicts.

    A million records with three million pairs take seconds: a component whose every pair is scored is one person, and so is
    one of three records with strong enough links; only the others are looked at one by one.
    """
    scored = _scored(count, left, right, weights)
    component = _components(count, scored.take(scored.weights >= threshold), same)
    is_plain = _plain(component, scored, [*same, *different])
    person = np.where(is_plain[component], _oldest(component)[component], np.arange(count))
    open_pairs = scored.take(~is_plain[component[scored.left]] & ~is_plain[component[scored.right]])
    clusters = partition(
        np.flatnonzero(~is_plain[component]).tolist(),
        map(Pair, open_pairs.left.tolist(), open_pairs.right.tolist(), open_pairs.weights.tolist()),
        same=same,
        different=different,
        threshold=threshold,
    )
    person[list(clusters.person_of)] = list(clusters.person_of.values())
    return Partition(person, clusters.bridges, clusters.conflicts)


def _scored(count: int, left: npt.NDArray[np.integer], right: npt.NDArray[np.integer], weights: Floats) -> _Scored:
    speaks = weights >= 0
    one, other, weight = left[speaks].astype(np.int64), right[speaks].astype(np.int64), weights[speaks]
    pair = np.minimum(one, other) * count + np.maximum(one, other)
    order = np.lexsort((-weight, pair))
    pair = pair[order]
    is_first = np.ones(len(pair), dtype=bool)
    is_first[1:] = pair[1:] != pair[:-1]
    return _Scored(pair[is_first] // count, pair[is_first] % count, weight[order][is_first])


def _components(count: int, links: _Scored, same: Verdicts) -> Ints:
    """The number of each record's component; records hang together by links and by the verdict `same`."""
    ends = np.array(list(same), dtype=np.int64).reshape(-1, 2)
    rows, columns = np.append(links.left, ends[:, 0]), np.append(links.right, ends[:, 1])
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(count, count))
    component: Ints = connected_components(graph, directed=False)[1].astype(np.int64)
    return component


def _oldest(component: Ints) -> Ints:
    """The smallest member of each component."""
    oldest = np.empty(component.max(initial=-1) + 1, dtype=np.int64)
    # Where an index comes again the last assignment holds, so here that of the smallest record.
    oldest[component[::-1]] = np.arange(len(component))[::-1]
    return oldest


def _plain(component: Ints, scored: _Scored, verdicts: Verdicts) -> Bools:
    """Which components are one person whatever the order of joining: no two of their groups have an average below 0."""
    size = np.bincount(component)
    within = component[scored.left] == component[scored.right]
    home = component[scored.left[within]]
    pairs = np.bincount(home, minlength=len(size))
    weakest = np.full(len(size), np.inf)
    np.minimum.at(weakest, home, scored.weights[within])
    is_complete = pairs == size * (size - 1) // 2
    # Two links of three records: the stronger joins two of them, and the weaker must outweigh the absent pair beside it.
    is_joined_by_two = (size == 3) & (pairs == 2) & (weakest >= -ABSENT)
    plain: Bools = is_complete | is_joined_by_two
    plain[component[np.array(list(verdicts), dtype=np.int64).ravel()]] = False
    return plain
