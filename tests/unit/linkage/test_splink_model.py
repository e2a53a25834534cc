"""mailguard.linkage.splink_model: our model as Splink's settings and as SQL."""

from __future__ import annotations

import numpy as np
import pytest

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.levels import COMPARISONS
from mailguard.identity.model import priors
from mailguard.linkage.splink_levels import levels_by_function, levels_in_sql
from mailguard.linkage.splink_model import gamma_columns, levels_of_gammas, score_sql, splink_settings


def test_settings_carry_the_learnt_numbers() -> None:
    made = splink_settings(levels_in_sql(), DEFAULTS, 1000).create_settings_dict("duckdb")
    assert made["probability_two_random_records_match"] == priors(DEFAULTS, 1000)[0]
    assert [one["output_column_name"] for one in made["comparisons"]] == [spec.field for spec in COMPARISONS]
    given = made["comparisons"][0]["comparison_levels"]
    assert given[0]["is_null_level"]
    same, *_, stranger = DEFAULTS.levels["given_name"]
    assert (given[1]["m_probability"], given[1]["u_probability"]) == (same[0], stranger[0])
    assert given[-1]["sql_condition"] == "ELSE"


@pytest.mark.parametrize("levels", [levels_by_function(), levels_in_sql()], ids=["function", "sql"])
def test_settings_are_made_for_either_engine(levels: tuple[object, ...]) -> None:
    for dialect in ("duckdb", "spark"):
        assert splink_settings(levels, DEFAULTS, 10).create_settings_dict(dialect)  # type: ignore[arg-type]


def test_gammas_count_from_the_last_condition() -> None:
    levels = levels_by_function()
    lengths = [len(spec.levels) for spec in COMPARISONS]
    strongest = levels_of_gammas(levels, [np.array([length - 1, 0, -1]) for length in lengths])
    assert strongest.T.tolist() == [[0, length - 1, -1] for length in lengths]


def test_conditions_in_another_order_than_levels_are_named_right() -> None:
    levels = levels_in_sql()
    born = next(at for at, spec in enumerate(COMPARISONS) if spec.field == "date_of_birth")
    gammas = [np.array([-1])] * len(levels)
    gammas[born] = np.array([len(levels[born].conditions)])
    assert levels_of_gammas(levels, gammas)[0, born] == levels[born].conditions[0][0]


def test_score_asks_for_every_level_and_has_no_decimals() -> None:
    sql = score_sql(levels_by_function(), DEFAULTS, 1000, least=float("-inf"))
    assert all(name in sql for name in gamma_columns())
    assert "inf" not in sql
    assert "where weight >= -1.0" in sql
