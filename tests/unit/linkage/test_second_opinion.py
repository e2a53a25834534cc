"""mailguard.linkage.second_opinion: a regression on clerks' answers alone."""

from __future__ import annotations

import numpy as np
import pytest

from mailguard.identity.standard import Standard
from mailguard.linkage.comparing import Comparer
from mailguard.linkage.frame import Bools, Codes, Frame
from mailguard.linkage.second_opinion import ENOUGH, second_opinion


def answers(count: int, *, wrong: int = 0) -> tuple[Comparer, Codes, Codes, Bools]:
    """Pairs of equal given names and dates that are the same, and others; the first `wrong` were called the other."""
    is_same = np.arange(count) % 2 == 0
    ada, carl = Standard(given="ada", born="1815-12-10"), Standard(given="carl", born="1791-12-26")
    frame = Frame.of_standards(one for same in is_same for one in (ada, ada if same else carl))
    left = np.arange(0, 2 * count, 2, dtype=np.int32)
    said = is_same.copy()
    said[:wrong] = ~said[:wrong]
    return Comparer(frame), left, left + np.int32(1), said


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
    comparer, left, right, _ = answers(ENOUGH)
    assert second_opinion(comparer, left, right, np.ones(ENOUGH, dtype=bool)) is None
