"""Twelve months, seven days, in the forms that text is folded to."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from mailguard.mail.calendar_words import MONTHS, WEEKDAYS


def test_every_month_has_names() -> None:
    assert set().union(*MONTHS.values()) == set(range(1, 13))


def test_names_are_folded() -> None:
    for name in (*MONTHS, *WEEKDAYS):
        assert name == normalize("NFKC", name.casefold())


@pytest.mark.parametrize(("name", "numbers"), [("november", {11}), ("märz", {3}), ("листопада", {11}), ("listopad", {10, 11})])
def test_a_name_may_mean_two_months(name: str, numbers: set[int]) -> None:
    assert MONTHS[name] == numbers
