"""mailguard.linkage.comparison_levels: our levels through recordlinkage's comparison framework."""

from __future__ import annotations

import pandas as pd
from recordlinkage import Compare

from mailguard.identity.levels import COMPARISONS, MISSING, compare
from mailguard.identity.standard import Standard
from mailguard.linkage.comparing import Comparer
from mailguard.linkage.comparison_levels import ComparisonLevels, places_of
from mailguard.linkage.frame import Frame

PEOPLE = [
    Standard(given="robert", surname="smith", born="1985-12-10", mailboxes=("robert.smith@x.example",)),
    Standard(given="bob", surname="smiht", born="1985-10-12"),
    Standard(surname="smith", phone="+442071838750"),
    Standard(),
]


def test_the_levels_are_those_of_each_pair_alone() -> None:
    pairs = pd.MultiIndex.from_tuples([(1, 0), (0, 2), (2, 3)])
    found = Compare([ComparisonLevels(Comparer(Frame.of_standards(PEOPLE)))]).compute(pairs, places_of(pairs))
    assert found.columns.tolist() == [spec.field for spec in COMPARISONS]
    assert found.index.equals(pairs)
    assert [tuple(row) for row in found.to_numpy().tolist()] == [compare(PEOPLE[a], PEOPLE[b]) for a, b in pairs]
    assert set(found.loc[(2, 3)]) == {MISSING}
