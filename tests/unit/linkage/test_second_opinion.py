"""mailguard.linkage.second_opinion: a regression on clerks' answers alone."""

from __future__ import annotations

import numpy as np
import pytest

from mailguard.linkage.frame import Bools, Levels
from mailguard.linkage.second_opinion import ENOUGH, second_opinion


def answers(count: int, *, wrong: int = 0) -> tuple[Levels, Bools]:
    """Pairs of equal given names and dates that are the same, and others; the first `wrong` were called the other."""
    is_same = np.arange(count) % 2 == 0
    levels = np.full((count, 9), -1, dtype=np.int8)
    levels[:, 0] = np.where(is_same, 0, 7)
    levels[:, 2] = np.where(is_same, 0, 6)
    said = is_same.copy()
    said[:wrong] = ~said[:wrong]
    return levels, said


def test_it_agrees_with_consistent_answers() -> None:
    opinion = second_opinion(*answers(ENOUGH))
    assert opinion is not None
    assert opinion.all()


def test_it_contradicts_slips() -> None:
    opinion = second_opinion(*answers(100, wrong=2))
    assert opinion is not None
    assert np.flatnonzero(~opinion).tolist() == [0, 1]


@pytest.mark.parametrize("count", [0, ENOUGH - 1])
def test_too_few_answers_are_no_opinion(count: int) -> None:
    assert second_opinion(*answers(count)) is None


def test_answers_of_one_kind_are_no_opinion() -> None:
    levels, _ = answers(ENOUGH)
    assert second_opinion(levels, np.ones(ENOUGH, dtype=bool)) is None
