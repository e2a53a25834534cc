"""mailguard.templates.checking_shape: what a template takes its names for."""

from __future__ import annotations

import pytest

from mailguard.templates.checking_shape import Shape, shapes_of
from mailguard.templates.environment import environment


def shapes(*sources: str) -> dict[str, Shape]:
    return shapes_of(environment(escapes=False), sources)


def test_names_from_outside_are_found_in_all_sources() -> None:
    assert list(shapes("{{ b }}", "{{ a }}{{ range(3) }}")) == ["a", "b"]


@pytest.mark.parametrize(
    "source",
    ["{% set x = 1 %}{{ x }}", "{% for x in [1] %}{{ x }}{% endfor %}", "{% for i in [1] %}{% set x = i %}{% endfor %}{{ x }}"],
)
def test_names_of_its_own_are_not_wanted(source: str) -> None:
    assert "x" not in shapes(source)


@pytest.mark.parametrize("source", ["{% set x = x or 1 %}{{ x }}", "{% set y = x %}{{ y }}{{ x }}"])
def test_name_that_is_only_changed_is_wanted(source: str) -> None:
    assert "x" in shapes(source)


@pytest.mark.parametrize(
    "source",
    ["{{ x + y * 2 }}{{ y - x }}", "{{ x|round }}", "{{ 2 * x }}", "{{ -x }}", "{% if x > 3 %}{% endif %}", "{{ x is even }}"],
)
def test_numbers(source: str) -> None:
    assert shapes(source)["x"].is_number


@pytest.mark.parametrize(
    "source",
    [
        "{{ '%.2f EUR' | format(x) }}",
        "{{ '%s: 5 %% of %05d' | format(y, x) }}",
        "{{ '%(sum)8.2f' | format(sum=x) }}",
        "{{ '%d' % x }}",
        "{{ '%s %d' % (y, x) }}",
    ],
)
def test_what_a_format_takes_for_a_number_is_one(source: str) -> None:
    found = shapes(source)
    assert found["x"].is_number
    assert "y" not in found or not found["y"].is_number


@pytest.mark.parametrize(
    "source", ["{{ '%s' | format(x) }}", "{{ '%s' % x }}", "{{ '%d' | format }}{{ x }}", "{{ x | format(y) }}"]
)
def test_other_formats_say_nothing_of_numbers(source: str) -> None:
    assert not shapes(source)["x"].is_number


def test_objects_lists_and_what_is_in_them() -> None:
    found = shapes(
        "{{ a.b['c'] }}{{ l[0].t }}{{ l|first }}{% for i in l %}{{ i.price }}{{ i.title.upper() }}{{ i['n'] }}{% endfor %}"
        "{% for k, v in m.items() %}{{ k }}{% endfor %}{{ prices|sum }}{{ rows|sum(attribute='total') }}{{ tags|join(', ') }}"
    )
    assert found["a"].attributes["b"].attributes.keys() == {"c"}
    assert found["l"].items().attributes.keys() == {"t", "price", "title", "n"}
    assert found["l"].is_asked
    assert found["m"].attributes
    assert found["prices"].items().is_number
    assert found["rows"].items().attributes["total"].is_number
    assert found["tags"].item is not None


def test_what_decides() -> None:
    found = shapes(
        "{% if a and not b.c or d|length %}{% endif %}{{ 1 if e else 2 }}{% if f is none %}{% endif %}{% if g[0] %}{% endif %}"
    )
    assert found["a"].is_asked
    assert found["b"].attributes["c"].is_asked
    assert all(found[name].is_asked for name in "def")


def test_what_is_compared() -> None:
    found = shapes("{% if a == 'x' or a in ('y', 'z') %}{% endif %}{% if 'w' in b %}{% endif %}{% if 3 <= c < 5 %}{% endif %}")
    assert list(found["a"].said) == ["x", "y", "z"]
    assert list(found["b"].items().said) == ["w"]
    assert list(found["c"].said) == [3, 5]


def test_what_may_be_missing_and_times() -> None:
    found = shapes("{% if a is defined %}{% endif %}{{ b|default('x') }}{{ c|date }}")
    assert found["a"].may_be_missing
    assert found["b"].may_be_missing
    assert found["c"].is_time


def test_given_name_stands_for_what_it_was_given() -> None:
    found = shapes(
        "{% set l = last_reply_language or 'en' %}{% if l == 'de' %}{% endif %}{% set k = 1 %}{% set n = 'x'.upper() %}"
    )
    assert list(found["last_reply_language"].said) == ["de"]


def test_what_names_nothing_from_outside_is_passed_over() -> None:
    source = (
        "{% for i in range(3) %}{% endfor %}{% for k, v in {'a': 1}.items() %}{% endfor %}{{ [1]|first }}{{ (1)|round }}"
        "{{ 'a'.b }}{{ 'a'[0] }}{{ 1 is even }}{{ f(1).x }}{{ f(1)['x'] }}{% for a, b in pairs %}{% endfor %}{{ 'x' in 'xyz' }}"
        "{% if 1 == 1 %}{% endif %}{% if f(1) %}{% endif %}{% if 'a'.b %}{% endif %}{{ 1 + 2 }}{% filter upper %}x{% endfilter %}"
        "{{ name.x + 1 }}{{ l|map(attribute='t')|sum(start=1) }}"
    )
    assert list(shapes(source)) == ["f", "l", "name", "pairs"]
