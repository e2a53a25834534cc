"""mailguard.cli.review.waterfall: from the prior through each field to the match weight."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.cli.review.layout import plain, width_of
from mailguard.cli.review.waterfall import probability, strongest, summary, waterfall_lines
from mailguard.identity.comparison import Comparison, Explanation
from tests.unit.cli.review.cases import EXPLANATION


def test_each_step_has_its_bits_and_the_sum_its_probability() -> None:
    lines = [plain(line) for line in waterfall_lines(EXPLANATION, 78)]
    assert [line.split()[0] for line in lines] == ["prior", "surname", "born", "postcode", "city", "sum"]
    assert [line.split()[-1] for line in lines] == ["-19.2", "+9.1", "+18.5", "+0.0", "-4.6", "+3.8"]
    assert "probability 0.931" in lines[-1]


def test_bars_up_and_down_differ_without_colour() -> None:
    prior, surname, _, postcode, city, _ = (plain(line) for line in waterfall_lines(EXPLANATION, 78))
    assert ("▒" in prior, "█" in prior) == (True, False)
    assert ("▒" in surname, "█" in surname) == (False, True)
    assert ("▒" in city, "█" in city) == (True, False)
    assert "│" in postcode


def test_each_bar_begins_where_the_last_one_ended() -> None:
    prior, surname, born, *_ = (plain(line) for line in waterfall_lines(EXPLANATION, 120))
    assert prior.index("▒") == surname.index("█")
    assert surname.rindex("█") == born.index("█")


STEPS = st.lists(st.floats(-60, 60), max_size=12)


@given(st.floats(-40, 0), STEPS, st.integers(48, 200))
def test_waterfall_fits_any_width(prior: float, steps: list[float], width: int) -> None:
    comparisons = tuple(Comparison(f"field{place}", "some level", bits) for place, bits in enumerate(steps))
    explanation = Explanation(0.5, prior + sum(steps), prior, comparisons)
    lines = waterfall_lines(explanation, width)
    assert len(lines) == len(steps) + 2
    assert {sum(width_of(run.text) for run in line) for line in lines} == {width}


def test_score_in_a_few_words() -> None:
    assert summary(EXPLANATION) == "p 0.931, +3.8 bits"
    assert strongest(EXPLANATION, 2) == "born +18.5, surname +9.1"


@pytest.mark.parametrize(("value", "expected"), [(0.5, "0.500"), (0.9994, "0.999"), (0.9996, ">0.999"), (0.0, "0.000")])
def test_probability_is_never_rounded_up_to_certainty(value: float, expected: str) -> None:
    assert probability(value) == expected
