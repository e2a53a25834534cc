import numpy as np

from mailguard.identity.standard import Standard
from mailguard.linkage.comparing_names import NameComparer, with_empty
from mailguard.linkage.frame import NO_VALUE, Column, Frame


def test_swapped_names_are_said_once() -> None:
    people = [Standard(given="ada", surname="king"), Standard(given="king", surname="ada"), Standard(surname="ada")]
    left, right = np.array([0, 0], dtype=np.int32), np.array([1, 2], dtype=np.int32)
    given, surname = NameComparer(Frame.of_standards(people)).levels(left, right)
    assert (given.tolist(), surname.tolist()) == ([3, -1], [-1, 3])


def test_swapped_with_a_short_form_is_swapped() -> None:
    people = [Standard(given="alan", surname="lee"), Standard(given="lee", surname="al")]
    for a, b in ((0, 1), (1, 0)):
        given, _ = NameComparer(Frame.of_standards(people)).levels(np.array([a], dtype=np.int32), np.array([b], dtype=np.int32))
        assert given.tolist() == [3]


def test_no_value_points_to_an_empty_text() -> None:
    assert with_empty(Column.of(["a"]))[NO_VALUE] == ""
