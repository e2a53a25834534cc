"""Many pairs at once get the weight that each gets alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.model import Model
from mailguard.identity.parameters import Frequencies
from mailguard.identity.standard import Standard
from mailguard.linkage.comparing import levels as levels_of
from mailguard.linkage.frame import Frame
from mailguard.linkage.scoring import Patterns, heavy, weights
from tests.unit.linkage.people import standards

FREQUENCIES = {
    "given_name": Frequencies({"ada": 0.02, "robert": 0.01}, 0.0001, 0.004),
    "surname": Frequencies({"smith": 0.03}, 0.00001, 0.001),
}
MODEL = Model(replace(DEFAULTS, frequencies=FREQUENCIES), 5000)


@given(st.lists(standards(), min_size=2, max_size=8))
@settings(max_examples=60, deadline=None)
def test_weights_are_those_of_each_pair_alone(people: list[Standard]) -> None:
    frame = Frame.of_standards(people)
    left, right = (ends.astype(np.int32) for ends in np.triu_indices(len(people), 1))
    levels = levels_of(frame, left, right)
    found = weights(frame, left, levels=levels, model=MODEL)
    assert found == pytest.approx([MODEL.weight(people[a], people[b]) for a, b in zip(left, right, strict=True)], abs=1e-9)
    for least in (-20.0, 0.0, 7.0):
        places, bits = heavy(frame, left, levels=levels, model=MODEL, least=least)
        assert places.tolist() == np.flatnonzero(found >= least).tolist()
        assert bits == pytest.approx(found[places])


def test_equal_rows_are_one_pattern() -> None:
    rows = np.array([[0, -1, 6, 3, 7, -1, 8, 7, 3], [-1] * 9, [0, -1, 6, 3, 7, -1, 8, 7, 3]], dtype=np.int8)
    patterns = Patterns.of(rows)
    assert patterns.inverse.tolist() == [0, 1, 0]
    assert patterns.levels.tolist() == rows[:2].tolist()


def test_no_pairs_have_no_weights() -> None:
    frame = Frame.of_standards([Standard()])
    none = np.empty(0, dtype=np.int32)
    places, bits = heavy(frame, none, levels=levels_of(frame, none, none), model=MODEL, least=0.0)
    assert (len(places), len(bits)) == (0, 0)
