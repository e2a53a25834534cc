from __future__ import annotations

import pytest

from mailguard.identity.comparison import Comparison, Explanation
from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.model import Model
from mailguard.identity.standard import Standard


def test_the_waterfall_of_two_records_adds_up_to_their_weight() -> None:
    ada = Standard(given="ada", surname="lovelace", born="1815-12-10", mailboxes=("ada@x.example",))
    explanation = Model(DEFAULTS, 1000).explain(ada, Standard(given="ada", surname="lovelace", born="1815-10-12"))
    assert isinstance(explanation, Explanation)
    steps = [comparison.weight for comparison in explanation.comparisons]
    assert explanation.prior + sum(steps) == pytest.approx(explanation.match_weight)
    assert Comparison("date_of_birth", "swapped day and month", steps[2]) in explanation.comparisons
