"""mailguard.templates.checking_branches: which branches there are, which of them a rendering enters, and what they write."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import Template, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from mailguard.templates.checking_branches import Instrument, Probe, blank_branches, is_mark, without_marks
from mailguard.templates.environment import environment


def rendered(source: str, overridden: dict[int, bool] | None = None, **values: Any) -> tuple[str, Instrument, Probe]:
    sandbox = SandboxedEnvironment()
    probe = sandbox.__dict__["probe"] = Probe(overridden=overridden or {})
    instrument = Instrument()
    tree = instrument.mark(sandbox, source, "text")
    made = Template.from_code(sandbox, sandbox.compile(tree, "text", "text"), sandbox.make_globals(None))
    return made.render(values), instrument, probe


ALL = """{% if a %}A{% elif b %}B{% else %}C{% endif %}
{% for i in items if i %}{{ i }}{% else %}none{% endfor %}{{ 'x' if a else 'y' }}"""


def test_each_branch_has_its_line_and_tag() -> None:
    _, instrument, _ = rendered(ALL, items=[])
    assert [(one.line, one.tag) for one in instrument.branches] == [
        (1, "{% if a %}"),
        (1, "{% elif b %}"),
        (1, "{% else %}"),
        (2, "{% for i in items if i %}"),
        (2, "{% else %}"),
        (2, "{% for i in items if i %}{{ i }}{% else %}none{% endfor %}{{ 'x' if a else 'y' }} (if)"),
        (2, "{% for i in items if i %}{{ i }}{% else %}none{% endfor %}{{ 'x' if a else 'y' }} (else)"),
    ]


@pytest.mark.parametrize(
    ("values", "entered", "text"),
    [
        ({"a": 1, "items": [1, 2]}, {0, 3, 5}, "A\n12x"),
        ({"b": 1, "items": [0]}, {1, 4, 6}, "B\nnoney"),
        ({"items": []}, {2, 4, 6}, "C\nnoney"),
    ],
)
def test_rendering_tells_what_it_enters_and_writes_what_the_template_writes(
    values: dict[str, Any], entered: set[int], text: str
) -> None:
    found, _, probe = rendered(ALL, **values)
    assert probe.entered == entered
    assert without_marks(found) == text == SandboxedEnvironment().from_string(ALL).render(values)


@pytest.mark.parametrize("number", range(7))
def test_branch_is_forced_whatever_the_values(number: int) -> None:
    _, instrument, _ = rendered(ALL, items=[])
    for values in ({"a": 1, "items": [1]}, {"items": [1]}):
        _, _, probe = rendered(ALL, dict(instrument.branches[number].forcing), **values)
        assert number in probe.entered


def test_inner_branch_is_forced_with_those_around_it() -> None:
    source = "{% if a %}{% if b %}{% else %}{% for x in y %}{{ 1 if c else 2 }}{% endfor %}{% endif %}{% endif %}"
    _, instrument, _ = rendered(source, y=[1])
    _, _, probe = rendered(source, dict(instrument.branches[-1].forcing), y=[1], c=True)
    assert probe.entered == {0, 2, 3, 5}


def test_what_is_captured_is_not_marked() -> None:
    source = "{% set s %}{% if a %}{% endif %}{% endset %}{% macro m() %}{% if a %}x{% endif %}{% endmacro %}{{ s|length }}{{ m()|length }}"
    found, instrument, probe = rendered(source, a=1)
    assert found == "01"
    assert probe.entered == {0, 1}
    assert not any(one.writes for one in instrument.branches)


def test_raw_and_comments_have_no_branches() -> None:
    _, instrument, _ = rendered("{% raw %}{% if a %}{% endraw %}{# {% if b %} #}{% if c %}c{% endif %}")
    assert [one.tag for one in instrument.branches] == ["{% if c %}"]


def test_branch_without_anything_is_bare() -> None:
    source = (
        "{% if a %} {% endif %}{% if a %}{% set x = 1 %}{% endif %}{% if a %}{{ a }}{% endif %}{% if a %}{% else %}{% endif %}"
    )
    _, instrument, _ = rendered(source)
    assert [one.is_bare for one in instrument.branches] == [True, False, False, True, True]


def test_one_that_writes_nothing_is_blank() -> None:
    found, _, _ = rendered("{% if a %}{{ empty }} {% endif %}{% for i in [1, 2] %}{{ i if i > 1 }}{% endfor %}", a=1, empty="")
    assert blank_branches(found, is_html=False) == ({1}, {0})


@pytest.mark.parametrize(
    ("html", "is_blank"),
    [
        ("<p> </p>", True),
        ("<p>&nbsp;</p>", True),
        ("<tr>", False),
        ("<p><img src='x'></p>", False),
        ("<hr>", False),
        ("<p>a</p>", False),
        (" ", True),
        ("hot", False),
    ],
)
def test_elements_around_nothing_are_nothing(html: str, *, is_blank: bool) -> None:
    found, _, _ = rendered("{% if true %}{{ html }}{% endif %}", html=html)
    assert bool(blank_branches(found, is_html=True)[1]) is is_blank


def test_marks_that_do_not_close_are_passed_over() -> None:
    assert blank_branches("\ue0001\ue002text", is_html=False) == (set(), set())
    assert blank_branches("\ue0011\ue002text", is_html=False) == (set(), set())


def test_mark_is_told_from_text() -> None:
    assert is_mark("\ue0001\ue002")
    assert not is_mark("\ue000")
    assert not is_mark("")


def test_mistake_in_a_template_is_a_syntax_error() -> None:
    with pytest.raises(TemplateSyntaxError):
        Instrument().mark(environment(escapes=False), "{% if %}", "text")
