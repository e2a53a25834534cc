import numpy as np
import pytest

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.model import Model
from mailguard.identity.standard import Standard
from mailguard.identity.standardise import standardise
from mailguard.linkage.batch import LEAST, link_frame
from mailguard.linkage.frame import Frame
from tests.benchmarks.people import Population


def test_one_person_is_linked_and_a_stranger_is_not() -> None:
    ada = Standard(given="ada", surname="lovelace", born="1985-12-10", mailboxes=("ada@x.example",))
    frame = Frame.of_standards([ada, Standard(given="peter", surname="king"), ada])
    linked = link_frame(frame, DEFAULTS)
    assert (linked.left.tolist(), linked.right.tolist(), linked.candidate_pairs) == ([0], [2], 1)
    assert linked.weights.tolist() == pytest.approx([Model(DEFAULTS, 3).weight(ada, ada)])


def test_a_table_is_linked_by_what_it_teaches() -> None:
    made = list(Population(5).records(3000))
    frame = Frame.of_standards(standardise(record, region="gb") for record, _ in made)
    linked = link_frame(frame)
    person = np.array([number for _, number in made])
    is_link = linked.weights >= 0
    right = person[linked.left] == person[linked.right]
    precision = right[is_link].mean()
    recall = right[is_link].sum() / sum(count * (count - 1) // 2 for count in np.bincount(person))
    assert 2 * precision * recall / (precision + recall) > 0.95
    assert linked.weights.min() >= LEAST
    assert len(linked.levels) == len(linked.weights) <= linked.candidate_pairs


def test_a_part_of_a_table_is_weighed_as_the_whole() -> None:
    ada = Standard(given="ada", surname="lovelace", born="1985-12-10")
    frame = Frame.of_standards([ada, ada, ada])
    linked = link_frame(frame, DEFAULTS, new=np.array([False, False, True]), population=1_000_000)
    assert list(zip(linked.left.tolist(), linked.right.tolist(), strict=True)) == [(0, 2), (1, 2)]
    assert linked.weights.tolist() == pytest.approx([Model(DEFAULTS, 1_000_000).weight(ada, ada)] * 2)


def test_pairs_of_no_weight_are_not_kept() -> None:
    husband, wife = (
        Standard(given=name, surname="king", postcode="20121", born=born)
        for name, born in (("peter", "1980-01-02"), ("ada", "1985-12-10"))
    )
    linked = link_frame(Frame.of_standards([husband, wife]), DEFAULTS, least=0.0)
    assert (linked.candidate_pairs, len(linked.left)) == (1, 0)
