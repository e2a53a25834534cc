"""Many pairs at once get the levels that each gets alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.identity.levels import COMPARISONS, compare
from mailguard.identity.standard import Standard
from mailguard.linkage import comparing
from mailguard.linkage.comparing import Comparer, levels
from mailguard.linkage.frame import Frame
from tests.unit.linkage.people import nameless, standards


def assert_as_alone(people: list[Standard]) -> None:
    left, right = (ends.astype(np.int32) for ends in np.triu_indices(len(people), 1))
    found = levels(Frame.of_standards(people), left, right)
    for a, b, row in zip(left, right, found.tolist(), strict=True):
        assert tuple(row) == compare(people[a], people[b]), (people[a], people[b])


@given(st.lists(standards(), max_size=9))
@settings(max_examples=120, deadline=None)
def test_levels_are_those_of_each_pair_alone(people: list[Standard]) -> None:
    assert_as_alone(people)


@given(st.lists(standards(), max_size=5), st.lists(standards().map(nameless), max_size=4))
@settings(max_examples=50, deadline=None)
def test_records_without_names_are_compared_by_what_their_mailboxes_spell(
    people: list[Standard], others: list[Standard]
) -> None:
    assert_as_alone(people + others)


names = st.text(alphabet="abr", max_size=5)


@given(st.lists(st.builds(Standard, given=names, surname=names, street=names, city=names), max_size=9))
@settings(max_examples=50, deadline=None)
def test_any_letters_are_compared_alike(people: list[Standard]) -> None:
    assert_as_alone(people)


def test_no_pairs_have_no_levels() -> None:
    none = np.empty(0, dtype=np.int32)
    assert levels(Frame.of_standards([Standard()]), none, none).shape == (0, len(COMPARISONS))


def test_pairs_are_compared_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "CHUNK", 2)
    people = [Standard(given=name) for name in ("ada", "bob", "robert", "ada")]
    left, right = (ends.astype(np.int32) for ends in np.triu_indices(4, 1))
    assert Comparer(Frame.of_standards(people)).levels(left, right)[:, 0].tolist() == [7, 7, 0, 1, 7, 7]
