import numpy as np
import pytest

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.model import Model, probability_of
from mailguard.identity.parameters import CLASSES
from mailguard.identity.standard import Standard
from mailguard.linkage.comparing import levels
from mailguard.linkage.evidence import Evidence
from mailguard.linkage.frame import Frame

ADA = Standard(given="ada", surname="lovelace", born="1985-12-10")
PEOPLE = [ADA, ADA, ADA, Standard(given="peter", surname="king", born="1950-01-02")]
FRAME = Frame.of_standards(PEOPLE)
LEFT, RIGHT = np.array([0, 1, 0], dtype=np.int32), np.array([1, 2, 3], dtype=np.int32)


def evidence(scale: float = 1.0) -> Evidence:
    return Evidence.of(FRAME, LEFT, levels(FRAME, LEFT, RIGHT), parameters=DEFAULTS, scale=scale)


def test_equal_pairs_are_one_pattern() -> None:
    assert sorted(evidence().count.tolist()) == [1, 2]
    assert sorted(evidence(3).count.tolist()) == [3, 6]


def test_expected_are_the_posterior_probabilities() -> None:
    found = evidence().expected(DEFAULTS, 4)
    assert found.sum() == pytest.approx(3)
    same = found[evidence().count == 2][0, 0]
    assert same == pytest.approx(2 * probability_of(Model(DEFAULTS, 4).weight(ADA, ADA)), rel=1e-6)


def test_an_answer_excludes_the_other_classes() -> None:
    expected = evidence().answered([name != "same" for name in CLASSES]).expected(DEFAULTS, 4)
    assert not expected[:, 0].any()
    assert expected.sum() == pytest.approx(3)


def test_expected_pairs_are_counted_by_class_and_level() -> None:
    both = evidence() + evidence()
    counted = both.by_level(both.expected(DEFAULTS, 4), 0)
    assert counted.shape == (len(CLASSES), 8)
    assert counted.sum(axis=0).tolist() == pytest.approx([4, 0, 0, 0, 0, 0, 0, 2])
