"""The batch pairs those records that share a blocking value of identity.blocking, no others."""

from collections import defaultdict
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.identity.blocking import PASSES, blocking_values
from mailguard.identity.standard import Standard
from mailguard.linkage.blocking import MOST, MOST_OF_A_NAME, candidate_pairs, most_of, pass_entries
from mailguard.linkage.frame import NO_VALUE, Frame
from tests.unit.linkage.people import standards


def shared(people: list[Standard], name: str) -> list[list[int]]:
    """The groups of records with one value of a pass, by the rules for one record."""
    groups: dict[str, set[int]] = defaultdict(set)
    for record, person in enumerate(people):
        for index, value in blocking_values(person):
            if PASSES[index] == name:
                groups[value].add(record)
    return sorted(map(sorted, groups.values()))


@given(st.lists(standards(), max_size=8))
@settings(max_examples=80, deadline=None)
def test_passes_are_those_of_one_record(people: list[Standard]) -> None:
    frame = Frame.of_standards(people)
    for name, (keys, records) in zip(PASSES, pass_entries(frame), strict=True):
        groups: dict[int, set[int]] = defaultdict(set)
        for key, record in zip(keys.tolist(), records.tolist(), strict=True):
            if key != NO_VALUE:
                groups[key].add(record)
        assert sorted(map(sorted, groups.values())) == shared(people, name), name


@given(st.lists(standards(), max_size=8))
@settings(max_examples=50, deadline=None)
def test_pairs_are_all_that_share_a_value_each_once(people: list[Standard]) -> None:
    left, right = candidate_pairs(Frame.of_standards(people))
    expected = {pair for name in PASSES for group in shared(people, name) for pair in combinations(group, 2)}
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == sorted(expected)


def test_of_new_records_only_their_pairs_are_wanted() -> None:
    people = [Standard(mailboxes=("a@x.example",))] * 4
    left, right = candidate_pairs(Frame.of_standards(people), new=np.array([False, False, True, False]))
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 2), (1, 2), (2, 3)]


def test_a_value_that_too_many_share_pairs_nobody() -> None:
    for count, pairs in ((MOST, MOST * (MOST - 1) // 2), (MOST + 1, 0)):
        assert len(candidate_pairs(Frame.of_standards([Standard(phone="+442071838750")] * count))[0]) == pairs
    for count, pairs in ((MOST_OF_A_NAME, MOST_OF_A_NAME * (MOST_OF_A_NAME - 1) // 2), (MOST_OF_A_NAME + 1, 0)):
        assert len(candidate_pairs(Frame.of_standards([Standard(given="ada", surname="king")] * count))[0]) == pairs


def test_names_alone_are_shared_by_fewer() -> None:
    assert (most_of("sounds"), most_of("phone")) == (MOST_OF_A_NAME, MOST)
