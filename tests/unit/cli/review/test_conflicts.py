from __future__ import annotations

from mailguard.cli.review.conflicts import conflicts_of, contradiction
from mailguard.store.partition import Regrouped


def test_each_contradiction_is_named_by_its_question() -> None:
    assert conflicts_of(Regrouped(changed={}, bridges=(), conflicts=((12, 40), (3, 4)))) == ("12-40", "3-4")


def test_a_contradiction_is_said_in_one_line() -> None:
    said = contradiction("12-40")
    assert said.startswith("12-40 ")
    assert "\n" not in said
