from dataclasses import replace

import pytest

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.model import Model, priors, probability_of, weight_of_probability
from mailguard.identity.parameters import Frequencies
from mailguard.identity.standard import Standard

ADA = Standard(
    given="ada", surname="lovelace", born="1985-12-10", phone="+442071838750", number="12", street="mill ln", postcode="sw1y4jh",
    mailboxes=("al77@x.example",),
)  # fmt: skip
MODEL = Model(DEFAULTS, 10_000)


def probability(one: Standard, other: Standard, *, population: int = 10_000) -> float:
    return probability_of(Model(DEFAULTS, population).weight(one, other))


def test_one_person_is_one() -> None:
    assert probability(ADA, ADA) > 0.9999


def test_two_strangers_are_two() -> None:
    assert probability(ADA, Standard(given="peter", surname="king", born="1950-01-02", postcode="m11ae")) < 1e-6


def test_a_household_is_not_one_person() -> None:
    husband = replace(ADA, given="william", born="1979-07-03")
    assert probability(ADA, husband) < 0.1


def test_father_and_son_of_one_name_are_two() -> None:
    assert probability(ADA, replace(ADA, born="1957-03-21", phone="", mailboxes=())) < 0.5


def test_a_name_alone_proves_nothing_in_a_large_table() -> None:
    one, other = Standard(given="ada", surname="lovelace"), Standard(given="ada", surname="lovelace")
    assert probability(one, other, population=1_000_000) < 0.1


def test_the_same_agreement_says_less_in_a_larger_table() -> None:
    other = Standard(given="ada", surname="lovelace", postcode="sw1y4jh")
    assert probability(ADA, other, population=1000) > probability(ADA, other, population=1_000_000)


def test_a_common_name_says_less_than_a_rare_one() -> None:
    frequencies = {**DEFAULTS.frequencies, "surname": Frequencies({"lovelace": 0.01}, 0.00001, 0.001)}
    model = Model(replace(DEFAULTS, frequencies=frequencies), 10_000)
    common, rare = Standard(given="ada", surname="lovelace"), Standard(given="ada", surname="byron")
    assert model.weight(rare, rare) > model.weight(common, common) + 5
    assert model.rarity("surname", "lovelace") > 0 > model.rarity("surname", "byron")


@pytest.mark.parametrize("other", [ADA, replace(ADA, given="william"), Standard(given="lovelace", surname="ada"), Standard()])
def test_a_waterfall_adds_up(other: Standard) -> None:
    explanation = MODEL.explain(ADA, other)
    assert explanation.match_weight == MODEL.weight(ADA, other)
    assert explanation.prior + sum(step.weight for step in explanation.comparisons) == pytest.approx(explanation.match_weight)
    assert explanation.probability == probability_of(explanation.match_weight)


def test_a_waterfall_tells_the_levels_in_words_and_nothing_of_what_is_missing() -> None:
    steps = MODEL.explain(ADA, Standard(given="a", born="1985-10-12")).comparisons
    assert [(step.field, step.level) for step in steps] == [
        ("given_name", "initial"),
        ("date_of_birth", "swapped day and month"),
    ]


def test_priors_are_those_of_all_pairs() -> None:
    assert sum(priors(DEFAULTS, 10_000)) == pytest.approx(1)
    assert priors(DEFAULTS, 2) == priors(DEFAULTS, 20)
    assert priors(DEFAULTS, 1_000_001)[0] == pytest.approx(DEFAULTS.partners / 1_000_000)


def test_weights_and_probabilities_are_two_words_for_one_thing() -> None:
    assert probability_of(0) == 0.5
    assert probability_of(-5000) == 0
    assert probability_of(5000) == 1
    assert weight_of_probability(probability_of(7.5)) == pytest.approx(7.5)
