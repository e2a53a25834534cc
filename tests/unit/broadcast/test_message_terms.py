"""mailguard.broadcast.message_terms: how a finding is made."""

from __future__ import annotations

from mailguard.broadcast.message_terms import LONGEST_SHOWN, error, warning
from mailguard.policy.severity import Severity


def test_examples_are_counted_once_each_and_the_first_few_are_shown() -> None:
    found = error("x", "y", *(f"word {number % 7}" for number in range(20)))
    assert (found.severity, found.count, found.examples) == (Severity.ERROR, 7, tuple(f"word {number}" for number in range(5)))


def test_finding_without_examples_counts_once() -> None:
    assert (warning("x", "y").count, warning("x", "y").severity) == (1, Severity.WARNING)


def test_long_example_is_cut_and_is_one_line() -> None:
    (shown,) = error("x", "y", "a\n b" * 100).examples
    assert len(shown) == LONGEST_SHOWN
    assert "\n" not in shown
