import pytest

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.levels import COMPARISONS, Spec
from mailguard.identity.parameters import CLASSES


@pytest.mark.parametrize("spec", COMPARISONS, ids=lambda spec: spec.field)
def test_levels_of_each_group_are_all_that_can_happen(spec: Spec) -> None:
    rows = DEFAULTS.levels[spec.field]
    assert len(rows) == len(CLASSES)
    for row in rows:
        assert len(row) == len(spec.levels)
        assert min(row) > 0
        ends = [sum(spec.groups[: at + 1]) for at in range(len(spec.groups))]
        for start, stop in zip([0, *ends], ends, strict=False):
            assert sum(row[start:stop]) == pytest.approx(1, abs=1e-6)


def test_no_name_is_taken_to_be_common() -> None:
    assert not any(frequencies.share for frequencies in DEFAULTS.frequencies.values())
