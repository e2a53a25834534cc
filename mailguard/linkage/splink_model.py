"""Our model as Splink's settings, and its score as SQL. Splink knows two classes of pairs, we five.

So Splink blocks and compares, with m the probabilities of one person and u those of strangers, which is what its charts then
show; the match weight is made of the levels that it found by the expression below, the same sum as in `identity.model`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from mailguard.identity.levels import COMPARISONS, MISSING
from mailguard.identity.model import BY_CHANCE, priors
from mailguard.identity.parameters import CLASSES, Parameters
from mailguard.linkage.splink_columns import GIVEN_BITS, ID, KEYS, SURNAME_BITS
from mailguard.linkage.splink_levels import Levels

if TYPE_CHECKING:
    from splink import SettingsCreator
    from splink.comparison_level_library import CustomLevel
    from splink.comparison_library import CustomComparison
    from splink.internals.comparison_level_creator import ComparisonLevelCreator

_BITS: Final = {"given_name": GIVEN_BITS, "surname": SURNAME_BITS}


def splink_settings(comparisons: Sequence[Levels], parameters: Parameters, population: int) -> SettingsCreator:
    """Return what Splink needs to block and compare as we do. `comparisons`: the levels of each of COMPARISONS."""
    from splink import SettingsCreator  # noqa: PLC0415 - an extra
    from splink.blocking_rule_library import CustomRule  # noqa: PLC0415 - the same

    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name=ID,
        comparisons=[_comparison(levels, parameters) for levels in comparisons],
        blocking_rules_to_generate_predictions=[CustomRule(f"l.{KEYS} = r.{KEYS}", arrays_to_explode=[KEYS])],
        probability_two_random_records_match=priors(parameters, population)[0],
        retain_matching_columns=True,  # or Splink drops the levels
        additional_columns_to_retain=list(_BITS.values()),
    )


def score_sql(comparisons: Sequence[Levels], parameters: Parameters, population: int, *, least: float) -> str:
    """Return the SQL that makes of Splink's prediction (`{this}`) two records, the match weight if `least` bits, each gamma."""
    gammas = ", ".join(gamma_columns())
    likelihoods = ", ".join(
        f"{_likelihood(comparisons, parameters, place, prior)} as {name}"
        for place, (name, prior) in enumerate(zip(CLASSES, priors(parameters, population), strict=True))
    )
    same, *others = CLASSES
    top = f"greatest({', '.join(others)})"
    rest = " + ".join(f"power({_number(2)}, {name} - {top})" for name in others)
    weighed = f"{same} - {top} - log2({rest})"
    likely = f"select {ID}_l, {ID}_r, {gammas}, {likelihoods} from {{this}}"  # noqa: S608 - names and numbers of ours
    scored = f"select {ID}_l, {ID}_r, {weighed} as weight, {gammas} from ({likely}) as likely"  # noqa: S608
    return f"select * from ({scored}) as scored where weight >= {_number(least)}"  # noqa: S608


def levels_of_gammas(comparisons: Sequence[Levels], gammas: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int8]:
    """Return our levels (pairs by comparisons) of Splink's gammas, one array a comparison."""
    levels = np.empty((len(gammas[0]), len(COMPARISONS)), dtype=np.int8)
    for place, (one, gamma) in enumerate(zip(comparisons, gammas, strict=True)):
        known = np.array([*_levels_by_gamma(one), MISSING], dtype=np.int8)
        levels[:, place] = known[gamma]
    return levels


def gamma_columns() -> tuple[str, ...]:
    """Return the names of Splink's columns of levels, in the order of COMPARISONS."""
    return tuple(_gamma(spec.field) for spec in COMPARISONS)


def _comparison(levels: Levels, parameters: Parameters) -> CustomComparison:
    from splink.comparison_library import CustomComparison  # noqa: PLC0415 - an extra

    rows: Mapping[str, Sequence[float]] = dict(zip(CLASSES, parameters.levels[levels.spec.field], strict=True))
    made: list[ComparisonLevelCreator | dict[str, Any]] = [_level(levels.missing).configure(is_null_level=True)]
    for level, condition in (*levels.conditions, (levels.otherwise, "ELSE")):
        made.append(
            _level(condition, levels.spec.levels[level]).configure(
                m_probability=rows[CLASSES[0]][level], u_probability=rows[CLASSES[-1]][level]
            )
        )
    return CustomComparison(output_column_name=levels.spec.field, comparison_levels=made)


def _level(condition: str, label: str | None = None) -> CustomLevel:
    from splink.comparison_level_library import CustomLevel  # noqa: PLC0415 - an extra

    return CustomLevel(condition, label_for_charts=label)


def _gamma(field: str) -> str:
    return f"gamma_{field}"


def _levels_by_gamma(levels: Levels) -> list[int]:
    """Return our level of each of Splink's gammas, which count the conditions from the last, ELSE being 0."""
    return [levels.otherwise, *(level for level, _ in reversed(levels.conditions))]


def _likelihood(comparisons: Sequence[Levels], parameters: Parameters, place: int, prior: float) -> str:
    """Return the expression of log2 of prior times likelihood of one class."""
    terms = [_number(log2(prior))]
    for levels, by_chance in zip(comparisons, BY_CHANCE, strict=True):
        field = levels.spec.field
        row = parameters.levels[field][place]
        cases = " ".join(
            f"when {gamma} then {_number(log2(row[level]))}" for gamma, level in enumerate(_levels_by_gamma(levels))
        )
        terms.append(f"case {_gamma(field)} {cases} else {_number(0)} end")
        if by_chance[place]:
            # Two records agree on a value only at the first level; how common it is stands in either.
            agreed = len(levels.conditions)
            terms.append(f"case {_gamma(field)} when {agreed} then {_BITS[field]}_l else {_number(0)} end")
    return " + ".join(terms)


def _number(value: float) -> str:
    """Return a number as SQL reads a double: without an exponent it would be a decimal of few digits, and -inf a name."""
    return f"{max(value, -1e300):.17e}"
