"""mailguard.templates.checking_sample: values made up, and rows with one thing changed at a time."""

from __future__ import annotations

from typing import Any

import pytest

from mailguard.mail.leftovers import find_leftovers
from mailguard.templates.checking_sample import MOST_ROWS, filled, sample, sample_rows
from mailguard.templates.checking_shape import Shape, shapes_of
from mailguard.templates.environment import environment


def shapes(source: str) -> dict[str, Shape]:
    return shapes_of(environment(escapes=False), [source])


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ x }}", "x 1"),
        ("{{ x.given_name }}", {"given_name": "Ada"}),
        ("{{ x|round }}", 3),
        ("{{ x|date }}", "2026-11-24T09:30:00Z"),
        ("{% if x == 'a' %}{% endif %}", "a"),
        ("{% for y in x %}{{ y }}{% endfor %}", ["x 1", "x 2"]),
        ("{% for y in x %}{{ y.price }}{% endfor %}", [{"price": 42}, {"price": 84}]),
        ("{% if 'a' in x %}{% endif %}", ["a"]),
    ],
)
def test_value_is_of_the_kind_that_is_used(source: str, value: Any) -> None:
    assert sample(shapes(source)) == {"x": value}


def test_values_are_no_leftovers() -> None:
    names = "name email url given_name surname order_id due_date amount city test_result todo link_url customer"
    values = sample(shapes("".join(f"{{{{ {name} }}}}" for name in names.split())))
    assert not [found for value in values.values() for found in find_leftovers(f"Dear {value},")]


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("{% if x %}{{ x }}{% endif %}", ["x 1", ""]),
        ("{% if x.y %}{% endif %}", [{"y": "y 1"}, {"y": ""}]),
        ("{% if x == 'a' %}{% elif x == 'b' %}{% endif %}", ["a", "b", "something else"]),
        ("{% if x > 5 %}{% endif %}", [5, 4, 6]),
        ("{% for y in x %}{% endfor %}", [["x 1", "x 2"], []]),
        ("{% if x %}{{ x|round }}{% endif %}", [3, 0]),
        ("{% if x %}{{ x|date }}{% endif %}", ["2026-11-24T09:30:00Z", None]),
        ("{{ x|default('') }}", ["x 1", "(missing)"]),
    ],
)
def test_rows_bring_branches_about(source: str, values: list[Any]) -> None:
    assert [row.get("x", "(missing)") for row in sample_rows(shapes(source))] == values


def test_rows_are_bounded() -> None:
    source = "".join(f"{{% if x{number} %}}{{% endif %}}" for number in range(2 * MOST_ROWS))
    assert len(sample_rows(shapes(source))) == MOST_ROWS


def test_row_is_filled_where_it_is_empty_or_expected_to_be() -> None:
    shaped = shapes("{{ a }}{% if b is defined %}{{ b }}{% endif %}{{ c.d }}{{ e }}{{ f }}{{ g|round }}")
    row = {"a": "", "c": {"d": None}, "f": False, "g": 0, "other": ""}
    full = filled(row, shaped)
    assert full == {"a": "a 1", "b": "b 1", "c": {"d": "d 1"}, "f": False, "g": 0, "other": ""}
