import pytest

from mailguard.linkage import frequencies
from mailguard.linkage.frame import Column
from mailguard.linkage.frequencies import counts_of, frequencies_of, pairs_by_chance


def test_a_column_without_values_has_no_frequencies() -> None:
    assert frequencies_of(Column.of(["", ""])) is None


def test_a_commoner_value_has_a_greater_share_and_the_rest_the_floor() -> None:
    found = frequencies_of(Column.of(["smith"] * 50 + ["king"] * 10 + ["rare", "other"]))
    assert found is not None
    assert found.of("smith") > found.of("king") > found.of("rare") == found.of("never seen") == found.floor
    assert found.of("smith") == pytest.approx(48.5 / 62)
    assert found.floor < found.mean < found.of("smith")


def test_only_the_commonest_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frequencies, "COMMONEST", 2)
    found = frequencies_of(Column.of(["a"] * 9 + ["b"] * 8 + ["c"] * 7 + ["d"] * 2 + ["e"]))
    assert found is not None
    assert sorted(found.share) == ["a", "b"]
    assert found.floor == pytest.approx((7 - 1.5) / 27, rel=0.1)


def test_pairs_by_chance_are_counted_exactly() -> None:
    column = Column.of(["ada", "ada", "ada", "x", "x", "", "bob"])
    assert counts_of(column).tolist() == [3, 2, 1]
    assert pairs_by_chance(column, shortest=2) == (3, 15)
    assert pairs_by_chance(column, shortest=1) == (4, 15)
    assert pairs_by_chance(Column.of([]), shortest=1) == (0, 0)
