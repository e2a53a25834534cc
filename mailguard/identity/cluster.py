"""Which records are one person: a pure function of the scored pairs and the clerks' verdicts. Scores nothing itself.

Links (pairs at the threshold or above) propose, the average over all pairs of two groups disposes: connected components
alone chain strangers together through one wrong link. What clerks said stands above any score, "never the same" above all.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

ABSENT: Final = -2.0
"""Bits that a pair counts in an average which nobody scored, or scored below even odds.

Measured: of 0 to -6, what lies between -1 and -2 gives the best persons (B-cubed F1) on tables of 10,000, 100,000 and 1,000,000
records. Nearer to 0 chains grow together; further away persons come apart whose records say little.
"""

STRONGEST: Final = 10.0
"""Bits up to which a pair counts in full: a single link, however strong, does not outvote many absent pairs."""

BEYOND: Final = 1 / 16
"""What a bit above that counts: of two strong links the stronger still comes first."""

UNITS_A_BIT: Final = 1 << 16
"""Weights are added up as whole numbers of this part of a bit: sums that do not depend on the order of the pairs."""


class Pair(NamedTuple):
    """Two records and their match weight, in bits (log2 odds of their being one person)."""

    a: int
    b: int
    weight: float


@dataclass(frozen=True, slots=True)
class Clusters:
    """The persons, each named by its oldest (smallest) record, and what only a clerk can settle.

    `bridges`: of any two persons that a link would join but their other records speak against, the strongest link.
    `conflicts`: verdicts `same` that cannot hold beside a verdict `different`.
    """

    person_of: dict[int, int]
    bridges: tuple[tuple[int, int], ...]
    conflicts: tuple[tuple[int, int], ...]


def partition(
    records: Iterable[int],
    pairs: Iterable[Pair],
    *,
    same: Iterable[tuple[int, int]] = (),
    different: Iterable[tuple[int, int]] = (),
    threshold: float,
) -> Clusters:
    """The persons among `records`; the same for any order of the arguments.

    `pairs` at `threshold` bits or above are links; `threshold` is not below 0. Average-linkage agglomeration, the best two
    groups first (Sokal and Michener 1958): two groups become one if a link joins them and their pairs' average is not
    negative. `same` joins persons whatever the scores and `different` keeps them apart, also where other records join them;
    where both cannot be, the `same` with the least weight gives way. Pairs and verdicts about other records count nothing.
    """
    known = frozenset(records)
    scored = _scored(known, pairs)
    persons = _Persons.of(known, _between(known, different))
    conflicts = _join_same(persons, _between(known, same), scored)
    links = [pair for pair, weight in scored.items() if weight >= threshold]
    _agglomerate(_Groups.of(scored, threshold), persons)
    person_of = {record: persons.oldest(record) for record in known}
    return Clusters(person_of, _bridges(links, scored, persons), conflicts)


def units(weight: float) -> int:
    """What a scored pair of `weight` bits, 0 or more, counts in an average beyond what an absent one would, in units."""
    excess = max(weight - STRONGEST, 0.0)
    return round((weight - excess * (1 - BEYOND) - ABSENT) * UNITS_A_BIT)


ABSENT_UNITS: Final = round(-ABSENT * UNITS_A_BIT)
"""The average, in units, above which two groups belong together."""


@dataclass(slots=True)
class _Persons:
    """A forest of joined records, whose roots are the oldest, and the roots that must never be joined."""

    parent: dict[int, int]
    foes: dict[int, set[int]]

    @classmethod
    def of(cls, records: Iterable[int], different: Iterable[tuple[int, int]]) -> Self:
        foes: dict[int, set[int]] = {}
        for a, b in different:
            foes.setdefault(a, set()).add(b)
            foes.setdefault(b, set()).add(a)
        return cls({record: record for record in records}, foes)

    def oldest(self, record: int) -> int:
        parent = self.parent
        while (above := parent[record]) != record:
            parent[record] = parent[above]
            record = above
        return record

    def are_foes(self, a: int, b: int) -> bool:
        return self.oldest(b) in self.foes.get(self.oldest(a), ())

    def join(self, a: int, b: int) -> None:
        younger, older = sorted((self.oldest(a), self.oldest(b)), reverse=True)
        if younger == older:
            return
        self.parent[younger] = older
        for foe in self.foes.pop(younger, ()):
            self.foes[foe].discard(younger)
            self.foes[foe].add(older)
            self.foes.setdefault(older, set()).add(foe)


@dataclass(slots=True)
class _Groups:
    """Groups of records that scores alone have joined, by their oldest record.

    `scores`: for any two groups with scored pairs between them the sum of their `units`, both ways. `linked`: the groups to
    which one has a link.
    """

    sizes: dict[int, int] = field(default_factory=dict)
    scores: dict[int, dict[int, int]] = field(default_factory=dict)
    linked: dict[int, set[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, scored: Mapping[tuple[int, int], float], threshold: float) -> Self:
        groups = cls()
        for (a, b), weight in scored.items():
            for one, other in ((a, b), (b, a)):
                groups.sizes[one] = 1
                groups.scores.setdefault(one, {})[other] = units(weight)
                linked = groups.linked.setdefault(one, set())
                if weight >= threshold:
                    linked.add(other)
        return groups

    def rivals(self, group: int) -> Iterator[tuple[float, int, int]]:
        """Whom a group may be joined with, the best the smallest: average over their pairs, negated, and the two in order."""
        scores, sizes = self.scores[group], self.sizes
        size = sizes[group]
        for other in self.linked[group]:
            score, pairs = scores[other], size * sizes[other]
            if score >= ABSENT_UNITS * pairs:
                yield (-score / pairs, group, other) if group < other else (-score / pairs, other, group)

    def is_current(self, negated: float, a: int, b: int) -> bool:
        """Whether two groups are still what they were when `rivals` told of them."""
        score = self.scores.get(a, {}).get(b)
        return score is not None and -score / (self.sizes[a] * self.sizes[b]) == negated

    def join(self, older: int, younger: int) -> None:
        self.sizes[older] += self.sizes.pop(younger)
        scores = self.scores[older]
        del scores[younger]
        for other, score in self.scores.pop(younger).items():
            if other != older:
                theirs = self.scores[other]
                del theirs[younger]
                theirs[older] = scores[other] = scores.get(other, 0) + score
        self._join_links(older, younger)

    def _join_links(self, older: int, younger: int) -> None:
        linked = self.linked.pop(younger)
        for other in linked:
            self.linked[other].discard(younger)
            self.linked[other].add(older)
        self.linked[older] |= linked
        self.linked[older].discard(older)


def _agglomerate(groups: _Groups, persons: _Persons) -> None:
    """Join the two groups of the highest average, and so on while there are any; of equal averages the oldest groups' first."""
    best = [entry for group in groups.sizes for entry in groups.rivals(group) if entry[1] == group]
    heapq.heapify(best)
    while best:
        negated, a, b = heapq.heappop(best)
        # What is told of groups that have changed since is stale: an entry of its own tells of what became of them.
        if not groups.is_current(negated, a, b) or persons.are_foes(a, b):
            continue
        persons.join(a, b)
        groups.join(a, b)
        for entry in groups.rivals(a):
            heapq.heappush(best, entry)


def _ordered(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


def _between(known: frozenset[int], verdicts: Iterable[tuple[int, int]]) -> frozenset[tuple[int, int]]:
    return frozenset(_ordered(a, b) for a, b in verdicts if a in known and b in known)


def _scored(known: frozenset[int], pairs: Iterable[Pair]) -> dict[tuple[int, int], float]:
    """The weight of each pair that speaks for one person; the highest, where a pair comes twice."""
    scored: dict[tuple[int, int], float] = {}
    for a, b, weight in pairs:
        if weight >= 0 and a in known and b in known:
            pair = _ordered(a, b)
            scored[pair] = max(weight, scored.get(pair, weight))
    return scored


def _join_same(
    persons: _Persons, same: Iterable[tuple[int, int]], scored: Mapping[tuple[int, int], float]
) -> tuple[tuple[int, int], ...]:
    """Join what clerks called the same, the highest weights first. Returns the verdicts that another one forbids."""
    conflicts = []
    for a, b in sorted(same, key=lambda pair: (-scored.get(pair, -1.0), pair)):
        if persons.are_foes(a, b):
            conflicts.append((a, b))
        else:
            persons.join(a, b)
    return tuple(sorted(conflicts))


def _bridges(
    links: Iterable[tuple[int, int]], scored: Mapping[tuple[int, int], float], persons: _Persons
) -> tuple[tuple[int, int], ...]:
    strongest: dict[tuple[int, int], tuple[int, int]] = {}
    for link in sorted(links, key=lambda pair: (-scored[pair], pair)):
        a, b = persons.oldest(link[0]), persons.oldest(link[1])
        if a != b and not persons.are_foes(a, b):
            strongest.setdefault(_ordered(a, b), link)
    return tuple(sorted(strongest.values()))
