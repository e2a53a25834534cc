"""mailguard.linkage.splink_engine: linking through Splink gives what the default engine gives."""

from __future__ import annotations

import numpy as np
import pytest

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.linkage import splink_engine
from mailguard.linkage.batch import Linked, link_frame
from mailguard.linkage.blocking import candidate_pairs
from mailguard.linkage.frame import Frame
from mailguard.linkage.splink_duckdb import opened_on_duckdb
from mailguard.linkage.splink_engine import capped_keys, score_with_splink
from mailguard.linkage.splink_levels import levels_in_sql
from tests.population import Heard, people

FRAME = Frame.of_standards([standard for _, standard in people(400)])


def scored(least: float, heard: Heard | None = None) -> Linked:
    tell = (heard or Heard()).part
    return score_with_splink(FRAME, DEFAULTS, least=least, opened=opened_on_duckdb, comparisons=levels_in_sql(), tell=tell)


def test_keys_in_common_are_the_candidate_pairs() -> None:
    owners, keys = capped_keys(FRAME)
    assert owners.tolist() == sorted(owners.tolist())
    held: dict[int, list[int]] = {}
    for owner, key in zip(owners.tolist(), keys.tolist(), strict=True):
        held.setdefault(key, []).append(owner)
    pairs = {(a, b) for those in held.values() for a in those for b in those if a < b}
    left, right = candidate_pairs(FRAME)
    assert pairs == set(zip(left.tolist(), right.tolist(), strict=True))


@pytest.mark.parametrize("least", [-1e9, 0.0])
def test_pairs_weights_and_levels_are_those_of_the_default_engine(least: float) -> None:
    found, expected = scored(least), link_frame(FRAME, DEFAULTS, least=least)
    assert (found.left.tolist(), found.right.tolist()) == (expected.left.tolist(), expected.right.tolist())
    assert np.array_equal(found.levels, expected.levels)
    assert np.allclose(found.weights, expected.weights, rtol=0, atol=1e-9)
    assert found.candidate_pairs == expected.candidate_pairs


def test_a_large_table_is_compared_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, heard = scored(0.0), Heard()
    monkeypatch.setattr(splink_engine, "RECORDS_AT_ONCE", 150)
    parts = scored(0.0, heard)
    assert heard.parts == [1 / 3, 2 / 3, 1.0]
    assert (parts.left.tolist(), parts.right.tolist()) == (whole.left.tolist(), whole.right.tolist())
    assert parts.candidate_pairs == whole.candidate_pairs
