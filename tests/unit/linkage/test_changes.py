"""mailguard.linkage.changes: what a linkage would change."""

from __future__ import annotations

from typing import Any

import numpy as np

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.linkage.changes import Regrouping, changes_of, concerned
from mailguard.linkage.frame import Frame
from mailguard.linkage.outcome import Outcome
from mailguard.linkage.table import Table

MATCH = 6.6


def pairs(weights: dict[tuple[int, int], float]) -> tuple[Any, Any, Any]:
    ends = np.array(sorted(weights), dtype=np.int64).reshape(-1, 2)
    return ends[:, 0], ends[:, 1], np.array([weights[pair] for pair in sorted(weights)])


def before(persons: list[int], weights: dict[tuple[int, int], float]) -> Table:
    numbers = np.arange(1, len(persons) + 1, dtype=np.int64)
    held = np.array(persons, dtype=np.int64)
    return Table(numbers, held, Frame.of_standards([]), *pairs(weights), (), (), frozenset(), 1, DEFAULTS)


def after(persons: list[int], weights: dict[tuple[int, int], float]) -> Outcome:
    return Outcome(*pairs(weights), np.empty((len(weights), 9), dtype=np.int8), (), None, np.array(persons, dtype=np.int64))


def test_nothing_changes() -> None:
    table, outcome = before([1, 1, 3], {(1, 2): 9.0}), after([1, 1, 3], {(1, 2): 8.0})
    changes = changes_of(table, outcome, match_bits=MATCH)
    assert changes.is_none
    assert changes.merges == changes.splits == ()
    assert concerned(table, outcome) == []


def test_persons_are_joined_and_split() -> None:
    table = before([1, 2, 3, 4, 4, 6], {(4, 5): 9.0, (1, 2): 3.0})
    outcome = after([1, 1, 1, 4, 5, 6], {(1, 2): 9.0, (2, 3): 9.0, (4, 5): 6.5})
    changes = changes_of(table, outcome, match_bits=MATCH)
    assert (changes.links_added, changes.links_removed) == (2, 1)
    assert (changes.persons_merged, changes.persons_split, changes.records_moved) == (2, 1, 3)
    assert changes.merges == (Regrouping((1, 2, 3), (1, 2, 3), (1,)),)
    assert changes.splits == (Regrouping((4, 5), (4,), (4, 5)),)
    assert not changes.is_none
    assert concerned(table, outcome) == [1, 2, 3, 4]


def test_a_record_that_goes_over_to_another_person_is_both() -> None:
    changes = changes_of(before([1, 1, 3], {(1, 2): 9.0}), after([1, 2, 2], {(2, 3): 9.0}), match_bits=MATCH)
    assert changes.merges == (Regrouping((2, 3), (1, 3), (2,)),)
    assert changes.splits == (Regrouping((1, 2), (1,), (1, 2)),)


def test_largest_examples_come_first() -> None:
    table = before([1, 2, 3, 4, 5], {})
    outcome = after([1, 1, 3, 3, 3], {(1, 2): 9.0, (3, 4): 9.0, (4, 5): 9.0})
    assert [len(one.records) for one in changes_of(table, outcome, match_bits=MATCH).merges] == [3, 2]
