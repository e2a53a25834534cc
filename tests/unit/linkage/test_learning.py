import pytest

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.levels import COMPARISONS
from mailguard.identity.parameters import CLASSES, Parameters
from mailguard.identity.standard import Standard
from mailguard.identity.standardise import standardise
from mailguard.linkage.frame import Frame
from mailguard.linkage.learning import TIES, Answer, learn
from tests.benchmarks.people import Population


@pytest.fixture(scope="module")
def frame() -> Frame:
    return Frame.of_standards(standardise(record, region="gb") for record, _ in Population(11).records(1500))


@pytest.fixture(scope="module")
def learnt(frame: Frame) -> Parameters:
    return learn(frame)


def row(parameters: Parameters, field: str, name: str) -> tuple[float, ...]:
    return parameters.levels[field][CLASSES.index(name)]


def test_levels_of_each_group_are_all_that_can_happen(learnt: Parameters) -> None:
    for spec in COMPARISONS:
        for probabilities in learnt.levels[spec.field]:
            assert sum(probabilities) == pytest.approx(len(spec.groups))
            assert min(probabilities) > 0


def test_one_person_has_one_date_of_birth_and_a_household_has_not(learnt: Parameters) -> None:
    assert row(learnt, "date_of_birth", "same")[0] > 0.8
    assert row(learnt, "date_of_birth", "household")[0] < 0.001


def test_classes_that_are_alike_by_definition_are_alike(learnt: Parameters) -> None:
    for name, ties in TIES.items():
        for field, other in ties.items():
            assert row(learnt, field, name) == row(learnt, field, other)


def test_what_no_record_has_stays_as_it_was(learnt: Parameters) -> None:
    assert row(learnt, "city", "household") == pytest.approx(row(DEFAULTS, "city", "household"))


def test_the_same_table_gives_the_same_numbers(frame: Frame, learnt: Parameters) -> None:
    assert learn(frame) == learnt


def test_common_names_are_told(learnt: Parameters) -> None:
    assert learnt.frequencies["surname"].of("johnson") > learnt.frequencies["surname"].floor


@pytest.mark.parametrize("count", [0, 1, 2, 10])
def test_a_tiny_table_teaches_next_to_nothing(count: int) -> None:
    people = [standardise(record, region="gb") for record, _ in Population(3).records(10)]
    learnt = learn(Frame.of_standards(people[:count]))
    for spec in COMPARISONS:
        if spec.field != "street_address":
            assert row(learnt, spec.field, "stranger") == pytest.approx(row(DEFAULTS, spec.field, "stranger"), rel=1, abs=0.15)
        assert row(learnt, spec.field, "same") == pytest.approx(row(DEFAULTS, spec.field, "same"), abs=0.25)


def test_columns_may_be_missing() -> None:
    people = [Standard(given=name, born=f"19{nth % 90 + 10}-05-07") for nth, name in enumerate(["ada", "bob", "peter"] * 40)]
    assert row(learn(Frame.of_standards(people)), "phone", "same") == pytest.approx(row(DEFAULTS, "phone", "same"))


def test_answers_are_believed() -> None:
    twins = [Standard(given="ada", surname="king", born="1985-12-10", postcode=f"{code}") for code in range(20000, 20060)]
    frame = Frame.of_standards(twins)
    pairs = [(nth, nth + 1) for nth in range(0, 58, 2)]
    apart = learn(frame, answers=[Answer(*pair, same=False) for pair in pairs])
    joined = learn(frame, answers=[Answer(*pair, same=True) for pair in pairs])
    assert row(joined, "postcode", "same")[0] < row(apart, "postcode", "same")[0]
    assert joined.partners > apart.partners
