"""Clustering: links propose, averages dispose, verdicts stand above both, and no order of anything matters."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.identity.cluster import ABSENT, BEYOND, STRONGEST, Clusters, Pair, partition

Verdict = tuple[int, int]


def persons(clusters: Clusters) -> list[list[int]]:
    members: dict[int, list[int]] = {}
    for record, person in sorted(clusters.person_of.items()):
        members.setdefault(person, []).append(record)
    return sorted(members.values())


def solid(records: Iterable[int], weight: float = 12.0) -> list[Pair]:
    return [Pair(a, b, weight) for a, b in combinations(records, 2)]


def test_a_record_without_pairs_is_its_own_person() -> None:
    clusters = partition([3, 7], [], threshold=0)
    assert clusters == Clusters({3: 3, 7: 7}, (), ())


def test_a_person_is_named_by_its_oldest_record() -> None:
    assert partition([9, 4, 6], solid([9, 6, 4]), threshold=0).person_of == {4: 4, 6: 4, 9: 4}


@pytest.mark.parametrize(("weight", "joined"), [(6.9, False), (7.0, True), (7.1, True)])
def test_a_pair_is_a_link_from_the_threshold_on(weight: float, joined: bool) -> None:  # noqa: FBT001
    assert (partition([1, 2], [Pair(1, 2, weight)], threshold=7.0).person_of[2] == 1) is joined


def test_a_pair_below_the_threshold_speaks_for_a_group_that_a_link_proposes() -> None:
    pairs = [Pair(1, 2, 9.0), Pair(2, 3, 7.0), Pair(1, 3, 1.0)]
    assert persons(partition([1, 2, 3], pairs, threshold=7.0)) == [[1, 2, 3]]


def test_pairs_below_the_threshold_alone_join_nobody() -> None:
    # 1 and 2 are in one component only through 3, which goes with those after it.
    pairs = [*solid(range(3, 9)), Pair(1, 3, 7.0), Pair(2, 3, 7.0), Pair(1, 2, 6.9)]
    assert persons(partition(range(1, 9), pairs, threshold=7.0)) == [[1], [2], [3, 4, 5, 6, 7, 8]]


def test_a_chain_does_not_make_one_person() -> None:
    pairs = [Pair(n, n + 1, 5.0) for n in range(20)]
    assert max(map(len, persons(partition(range(21), pairs, threshold=0)))) <= 4


def test_two_records_of_a_person_may_lack_a_pair() -> None:
    assert persons(partition([1, 2, 3], [Pair(1, 2, 8.0), Pair(2, 3, -ABSENT)], threshold=0)) == [[1, 2, 3]]


def test_a_weak_link_to_a_group_is_a_question() -> None:
    clusters = partition([1, 2, 3], [Pair(1, 2, 8.0), Pair(2, 3, -ABSENT - 0.1)], threshold=0)
    assert persons(clusters) == [[1, 2], [3]]
    assert clusters.bridges == ((2, 3),)


def test_a_bridge_between_solid_groups_is_a_question_and_no_merge() -> None:
    clusters = partition(range(8), [*solid([0, 1, 2, 3]), *solid([4, 5, 6, 7]), Pair(3, 4, 11.9)], threshold=7.0)
    assert persons(clusters) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert clusters.bridges == ((3, 4),)


def test_of_several_links_between_two_persons_the_strongest_is_asked() -> None:
    groups = [*solid([0, 1, 2, 3]), *solid([4, 5, 6, 7])]
    assert partition(range(8), [*groups, Pair(0, 4, 7.5), Pair(1, 5, 8.0)], threshold=7.0).bridges == ((1, 5),)
    assert partition(range(8), [*groups, Pair(1, 5, 8.0), Pair(4, 0, 8.0)], threshold=7.0).bridges == ((0, 4),)


def test_same_joins_what_no_score_joins() -> None:
    clusters = partition([1, 2], [], same=[(2, 1)], threshold=0)
    assert clusters == Clusters({1: 1, 2: 1}, (), ())


def test_same_across_a_bridge_joins_both_persons_whole() -> None:
    left, right = range(6), range(6, 12)
    pairs = [*solid(left), *solid(right), Pair(5, 6, 12.0)]
    clusters = partition(range(12), pairs, same=[(5, 6)], threshold=7.0)
    assert persons(clusters) == [list(range(12))]
    assert clusters.bridges == ()


def test_a_record_that_a_clerk_joined_does_not_weigh_on_the_scores_of_the_others() -> None:
    same = [(1, other) for other in range(10, 20)]
    assert partition([1, 2, *range(10, 20)], [Pair(1, 2, 7.0)], same=same, threshold=7.0).person_of[2] == 1


def test_different_stands_against_any_score() -> None:
    clusters = partition([1, 2], [Pair(1, 2, 60.0)], different=[(2, 1)], threshold=7.0)
    assert clusters == Clusters({1: 1, 2: 2}, (), ())


def test_different_stands_where_others_would_join_them() -> None:
    # 3 looks more like 1; 2 is never 1, so not 3 either.
    pairs = [Pair(1, 3, 12.0), Pair(2, 3, 9.0), Pair(1, 2, 9.0)]
    assert persons(partition([1, 2, 3], pairs, different=[(1, 2)], threshold=7.0)) == [[1, 3], [2]]


def test_different_reaches_over_same() -> None:
    clusters = partition([1, 2, 3], [Pair(1, 3, 12.0)], same=[(1, 2)], different=[(2, 3)], threshold=7.0)
    assert persons(clusters) == [[1, 2], [3]]
    assert clusters.bridges == ()
    assert clusters.conflicts == ()


def test_different_moves_with_whom_a_younger_record_is_joined() -> None:
    # 5 is never 4; joined with 2 first, it takes that along.
    pairs = [Pair(2, 5, 12.0), Pair(2, 4, 11.0), Pair(4, 1, 9.0)]
    clusters = partition([1, 2, 4, 5], pairs, different=[(4, 5)], threshold=7.0)
    assert persons(clusters) == [[1, 4], [2, 5]]


def test_of_contradicting_verdicts_never_the_same_wins_and_the_weaker_same_is_told() -> None:
    verdicts: dict[str, list[Verdict]] = {"same": [(1, 2), (2, 3)], "different": [(1, 3)]}
    plain = partition([1, 2, 3], [], **verdicts, threshold=7.0)
    assert persons(plain) == [[1, 2], [3]]
    assert plain.conflicts == ((2, 3),)
    weighed = partition([1, 2, 3], [Pair(2, 3, 0.5)], **verdicts, threshold=7.0)
    assert persons(weighed) == [[1], [2, 3]]
    assert weighed.conflicts == ((1, 2),)


def test_both_verdicts_on_one_pair_are_a_conflict() -> None:
    clusters = partition([1, 2], [], same=[(1, 2)], different=[(2, 1)], threshold=0)
    assert clusters == Clusters({1: 1, 2: 2}, (), ((1, 2),))


def test_the_same_verdict_twice_is_one() -> None:
    clusters = partition([1, 2, 3], [], same=[(1, 2), (2, 1), (1, 2)], different=[(2, 3), (3, 2)], threshold=0)
    assert persons(clusters) == [[1, 2], [3]]


def test_the_higher_weight_counts_where_a_pair_comes_twice() -> None:
    assert persons(partition([1, 2], [Pair(1, 2, 8.0), Pair(2, 1, 1.0)], threshold=7.0)) == [[1, 2]]


def test_pairs_and_verdicts_about_other_records_count_nothing() -> None:
    clusters = partition([1, 2], [Pair(1, 3, 9.0), Pair(3, 2, 9.0)], same=[(1, 3), (3, 2)], different=[(1, 3)], threshold=0)
    assert clusters == Clusters({1: 1, 2: 2}, (), ())


def test_below_even_odds_is_as_if_never_scored() -> None:
    chain = [Pair(1, 2, 8.0), Pair(2, 3, 3.0)]
    assert partition([1, 2, 3], [*chain, Pair(1, 3, -50.0)], threshold=0) == partition([1, 2, 3], chain, threshold=0)


class BruteForce:
    """The same, looking at every two groups in each round."""

    def __init__(self, records: list[int], pairs: list[Pair], different: set[Verdict], threshold: float) -> None:
        self.records, self.different, self.threshold = records, different, threshold
        self.weight = {(min(a, b), max(a, b)): w for a, b, w in pairs if w >= 0}
        self.groups = [frozenset([record]) for record in records]
        self.person = {record: frozenset([record]) for record in records}

    def solve(self, same: set[Verdict]) -> Clusters:
        conflicts = {pair for pair in sorted(same, key=lambda pair: (-self.weight.get(pair, -1), pair)) if not self.glue(*pair)}
        while choices := sorted(filter(None, (self.choice(x, y) for x, y in combinations(self.groups, 2)))):
            _, a, b = choices[0]
            x, y = (next(group for group in self.groups if end in group) for end in (a, b))
            self.groups = [group for group in self.groups if group not in (x, y)] + [x | y]
            assert self.glue(a, b)
        oldest = {record: min(person) for record, person in self.person.items()}
        return Clusters(oldest, tuple(sorted(self.bridges())), tuple(sorted(conflicts)))

    def glue(self, a: int, b: int) -> bool:
        if self.is_forbidden(a, b):
            return False
        person = self.person[a] | self.person[b]
        self.person.update(dict.fromkeys(person, person))
        return True

    def is_forbidden(self, a: int, b: int) -> bool:
        return any((min(x, y), max(x, y)) in self.different for x, y in product(self.person[a], self.person[b]))

    def choice(self, x: frozenset[int], y: frozenset[int]) -> tuple[float, int, int] | None:
        a, b = sorted((min(x), min(y)))
        found = [self.weight.get((min(pair), max(pair))) for pair in product(x, y)]
        counted = [ABSENT if w is None else min(w, STRONGEST) + max(w - STRONGEST, 0) * BEYOND for w in found]
        if sum(counted) < 0 or self.is_forbidden(a, b) or not any(w is not None and w >= self.threshold for w in found):
            return None
        return -sum(counted) / len(counted), a, b

    def bridges(self) -> Iterable[Verdict]:
        strongest: dict[frozenset[int], Verdict] = {}
        for (a, b), w in sorted(self.weight.items(), key=lambda item: (-item[1], item[0])):
            if w >= self.threshold and self.person[a] != self.person[b] and not self.is_forbidden(a, b):
                strongest.setdefault(self.person[a] | self.person[b], (a, b))
        return strongest.values()


RECORDS = list(range(8))
ENDS = st.tuples(st.sampled_from(RECORDS), st.sampled_from(RECORDS)).filter(lambda ends: ends[0] < ends[1])
WEIGHTS = st.integers(-8, 60).map(lambda quarters: quarters / 4)
"""In quarters of a bit: many ties, and sums without a rounding."""
PAIRS = st.dictionaries(ENDS, WEIGHTS, max_size=28).map(lambda found: [Pair(a, b, w) for (a, b), w in found.items()])
VERDICTS = st.dictionaries(ENDS, st.booleans(), max_size=6)
THRESHOLDS = st.sampled_from([0.0, 5.0])


@given(PAIRS, VERDICTS, THRESHOLDS)
def test_it_is_what_brute_force_finds(pairs: list[Pair], verdicts: dict[Verdict, bool], threshold: float) -> None:
    same = {pair for pair, is_same in verdicts.items() if is_same}
    different = verdicts.keys() - same
    found = partition(RECORDS, pairs, same=same, different=different, threshold=threshold)
    assert found == BruteForce(RECORDS, pairs, set(different), threshold).solve(same)


@given(st.data(), PAIRS, VERDICTS, THRESHOLDS)
def test_no_order_matters(data: st.DataObject, pairs: list[Pair], verdicts: dict[Verdict, bool], threshold: float) -> None:
    same = [pair for pair, is_same in verdicts.items() if is_same]
    different = [pair for pair, is_same in verdicts.items() if not is_same]
    found = partition(RECORDS, pairs, same=same, different=different, threshold=threshold)
    shuffled = [Pair(b, a, w) for a, b, w in data.draw(st.permutations(pairs))]
    again = partition(
        data.draw(st.permutations(RECORDS)),
        shuffled,
        same=[(b, a) for a, b in data.draw(st.permutations(same))],
        different=data.draw(st.permutations(different)),
        threshold=threshold,
    )
    assert again == found


@given(st.dictionaries(ENDS, st.floats(-5, 40), max_size=28), st.randoms(use_true_random=False))
def test_sums_do_not_depend_on_the_order_either(weights: dict[Verdict, float], random: object) -> None:
    pairs = [Pair(a, b, w) for (a, b), w in weights.items()]
    assert partition(RECORDS, pairs, threshold=0) == partition(RECORDS, sorted(pairs, key=lambda p: p.weight), threshold=0)


@given(PAIRS, VERDICTS, THRESHOLDS)
def test_verdicts_hold(pairs: list[Pair], verdicts: dict[Verdict, bool], threshold: float) -> None:
    same = [pair for pair, is_same in verdicts.items() if is_same]
    different = [pair for pair, is_same in verdicts.items() if not is_same]
    found = partition(RECORDS, pairs, same=same, different=different, threshold=threshold)
    assert all(found.person_of[a] != found.person_of[b] for a, b in different)
    assert all(found.person_of[a] == found.person_of[b] or (a, b) in found.conflicts for a, b in same)
    assert bool(found.conflicts) <= bool(different)


@given(PAIRS, VERDICTS, THRESHOLDS)
def test_a_component_is_its_own_world(pairs: list[Pair], verdicts: dict[Verdict, bool], threshold: float) -> None:
    """What is decided about records does not depend on records that no link and no `same` connects with them."""
    same = [pair for pair, is_same in verdicts.items() if is_same]
    different = [pair for pair, is_same in verdicts.items() if not is_same]
    reached = {0}
    edges = [*same, *((a, b) for a, b, w in pairs if w >= threshold)]
    for _ in RECORDS:
        reached |= {end for edge in edges for end in edge if set(edge) & reached}
    whole = partition(RECORDS, pairs, same=same, different=different, threshold=threshold)
    part = partition(reached, pairs, same=same, different=different, threshold=threshold)
    assert part.person_of == {record: whole.person_of[record] for record in reached}
    assert set(part.bridges) == {pair for pair in whole.bridges if set(pair) <= reached}
    assert set(part.conflicts) == {pair for pair in whole.conflicts if set(pair) <= reached}
