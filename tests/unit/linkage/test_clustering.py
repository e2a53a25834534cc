"""The persons of a table are those that `identity.cluster` finds, whatever the short-cut taken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.identity.cluster import ABSENT, Pair, partition
from mailguard.linkage.clustering import Partition, persons

Verdict = tuple[int, int]
NO_PAIRS = np.array([], dtype=np.int32)


def found(count: int, pairs: list[Pair], same: list[Verdict], different: list[Verdict], threshold: float) -> Partition:
    left, right = (np.array(ends, dtype=np.int32) for ends in ([p.a for p in pairs], [p.b for p in pairs]))
    weights = np.array([p.weight for p in pairs], dtype=np.float64)
    return persons(count, left, right, weights, threshold=threshold, same=same, different=different)


def test_records_without_pairs_are_persons_of_their_own() -> None:
    assert persons(3, NO_PAIRS, NO_PAIRS, NO_PAIRS.astype(float), threshold=0).person.tolist() == [0, 1, 2]


def test_a_table_without_records_has_no_persons() -> None:
    assert persons(0, NO_PAIRS, NO_PAIRS, NO_PAIRS.astype(float), threshold=0).person.tolist() == []


def test_a_person_is_its_oldest_record() -> None:
    assert found(4, [Pair(3, 1, 9.0), Pair(2, 3, 9.0)], [], [], 7.0).person.tolist() == [0, 1, 1, 1]


@pytest.mark.parametrize(("weight", "joined"), [(-ABSENT - 0.001, False), (-ABSENT, True), (-ABSENT + 0.001, True)])
def test_the_short_cut_for_three_ends_where_the_average_does(weight: float, joined: bool) -> None:  # noqa: FBT001
    assert (found(3, [Pair(0, 1, 5.0), Pair(1, 2, weight)], [], [], 0).person.tolist() == [0, 0, 0]) is joined


COUNT = 9
ENDS = st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)).filter(lambda ends: ends[0] != ends[1])
WEIGHTS = st.one_of(st.integers(-8, 60).map(lambda quarters: quarters / 4), st.floats(-10, 60), st.floats(1.99, 2.01))
PAIRS = st.lists(st.builds(lambda ends, weight: Pair(ends[0], ends[1], weight), ENDS, WEIGHTS), max_size=24)
VERDICTS = st.dictionaries(ENDS, st.booleans(), max_size=3)


@given(PAIRS, VERDICTS, st.sampled_from([0.0, 2.0, 5.0]))
def test_it_is_what_the_pure_function_finds(pairs: list[Pair], verdicts: dict[Verdict, bool], threshold: float) -> None:
    same = [pair for pair, is_same in verdicts.items() if is_same]
    different = [pair for pair, is_same in verdicts.items() if not is_same]
    table = found(COUNT, pairs, same, different, threshold)
    one_by_one = partition(range(COUNT), pairs, same=same, different=different, threshold=threshold)
    assert dict(enumerate(table.person.tolist())) == one_by_one.person_of
    assert table.bridges == one_by_one.bridges
    assert table.conflicts == one_by_one.conflicts
