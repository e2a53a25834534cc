"""mailguard.linkage.splink_levels: the comparison levels as SQL say what the levels themselves say."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.levels import COMPARISONS, compare
from mailguard.linkage.frame import Frame
from mailguard.linkage.splink_duckdb import opened_on_duckdb
from mailguard.linkage.splink_engine import score_with_splink
from mailguard.linkage.splink_levels import Levels, levels_by_function, levels_in_sql
from tests.unit.linkage.pairs import standards


@pytest.mark.parametrize("levels", [levels_by_function(), levels_in_sql()], ids=["function", "sql"])
def test_every_level_has_its_condition(levels: tuple[Levels, ...]) -> None:
    assert [one.spec for one in levels] == list(COMPARISONS)
    for one in levels:
        assert {level for level, _ in one.conditions} | {one.otherwise} == set(range(len(one.spec.levels)))


def test_sql_says_what_the_levels_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """All pairs of some records: every record has the same blocking key."""
    records = list(standards(170, 7))
    frame = Frame.of_standards(records)
    everyone = np.arange(frame.size, dtype=np.int32), np.zeros(frame.size, dtype=np.int64)
    monkeypatch.setattr("mailguard.linkage.splink_engine.capped_keys", lambda _: everyone)
    found = score_with_splink(frame, DEFAULTS, least=-1e9, opened=opened_on_duckdb, comparisons=levels_in_sql())
    pairs = list(combinations(range(frame.size), 2))
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == pairs
    expected = [compare(records[a], records[b]) for a, b in pairs]
    wrong = [
        (records[a], records[b], said, true)
        for (a, b), said, true in zip(pairs, map(tuple, found.levels.tolist()), expected, strict=True)
        if said != true
    ]
    assert not wrong, wrong[0]
    seen = {(spec.field, levels[at]) for levels in expected for at, spec in enumerate(COMPARISONS)}
    every = {(spec.field, level) for spec in COMPARISONS for level in range(-1, len(spec.levels))}
    assert every - seen == set()
