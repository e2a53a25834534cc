"""mailguard.linkage.engine: what compares a whole table, by name. Spark is tried in the integration tests."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from mailguard.errors import MailguardError
from mailguard.identity.default_parameters import DEFAULTS
from mailguard.linkage import learning
from mailguard.linkage.engine import score_table
from mailguard.linkage.engine_name import Engine
from mailguard.linkage.frame import Frame
from tests.population import Heard, people

FRAME = Frame.of_standards([standard for _, standard in people(200)])


@pytest.fixture(autouse=True)
def _learn_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "RANDOM_PAIRS", 20_000)


@pytest.mark.parametrize("parameters", [DEFAULTS, None])
def test_engines_of_this_machine_agree(parameters: None) -> None:
    ours, theirs = (
        score_table(FRAME, parameters, engine, least=-5.0, listener=Heard()) for engine in (Engine.RECORDLINKAGE, Engine.DUCKDB)
    )
    assert ours.parameters == theirs.parameters
    assert (ours.parameters == DEFAULTS) is (parameters is not None)
    assert (ours.left.tolist(), ours.right.tolist()) == (theirs.left.tolist(), theirs.right.tolist())
    assert np.array_equal(ours.levels, theirs.levels)
    assert np.allclose(ours.weights, theirs.weights, rtol=0, atol=1e-9)
    assert ours.candidate_pairs == theirs.candidate_pairs


def test_what_is_done_is_said() -> None:
    heard = Heard()
    score_table(FRAME, None, Engine.DUCKDB, least=0.0, listener=heard)
    assert heard.stages == ["learning without labels", "comparing records on duckdb"]
    assert heard.parts == [1.0]


@pytest.mark.parametrize(("engine", "module"), [(Engine.DUCKDB, "splink"), (Engine.SPARK, "pyspark")])
def test_an_engine_that_is_not_installed_says_how_to_install_it(
    engine: Engine, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MailguardError, match=rf"pip install 'mailguard\[{engine}\]'"):
        score_table(FRAME, DEFAULTS, engine, least=0.0, listener=Heard())
