"""The sandbox: what it gives, what it refuses with a sentence, and that nothing escapes from it."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError

from mailguard.templates.environment import MOST_ITEMS, MOST_WIDTH, environment, line_of

VALUES = {"name": "Jäne <b>", "order": {"items": [1, 2], "number": 7}, "at": "2026-11-17T23:12:00Z", "nothing": None}


def rendered(source: str, *, escapes: bool = False) -> str:
    return environment(escapes=escapes).from_string(source).render(VALUES)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ name }}", "Jäne <b>"),
        ("{% for item in order.items %}{{ item }},{% endfor %}", "1,2,"),
        ("{{ order['number'] }} {{ order.get('x', 3) }} {{ order | items | list | length }}", "7 3 2"),
        ("{{ name.upper() }} {{ ['a', 'b'].index('b') }}", "JÄNE <B> 1"),
        ("{% set n = namespace(x=1) %}{% for _ in range(3) %}{% set n.x = n.x * 2 %}{% endfor %}{{ n.x }}", "8"),
        ("{% for a in [1, 2] %}{{ loop.index }}{{ loop.last }} {% endfor %}", "1False 2True "),
        ("{% macro m(a) %}[{{ a }}]{% endmacro %}{{ m(1) }}{{ m.name }}", "[1]m"),
        ("{{ '%05.1f|%s' | format(2.25, 'x') }} {{ '%s-%d' % ('a', 3) }} {{ '%d' % 4 }}", "002.2|x a-3 4"),
        (
            "{{ 'a' * 3 }}{{ 2 * 3 }}{{ 2 ** 10 }}{{ 2.5 ** 2 }}{{ 7 % 4 }}{{ 3 * 'b' }}{{ [0] * 2 }}{{ 1.5 * 2 }}",
            "aaa610246.253bbb[0, 0]3.0",
        ),
        ("{{ 'a' | center(5) }}|{{ 'a\nb' | indent(2) }}|{{ 1.256 | round(2) }}", "  a  |a\n  b|1.26"),
        ("{{ [1, 2, 3] | batch(2) | map('join') | join('/') }}", "12/3"),
        ("{{ at | date }} {{ at | date('%A %H:%M', 'Europe/Berlin') }}", "2026-11-17 Wednesday 00:12"),
        ("{{ missing | default('friend') }}{{ nothing is none }}", "friendTrue"),
        ("{{ nothing or 'nobody' }} {{ nothing | default('x', true) }}", "nobody x"),
        ("line\n", "line\n"),
    ],
)
def test_what_templates_need_is_there(source: str, text: str) -> None:
    assert rendered(source) == text


def test_values_are_escaped_in_html_and_there_alone() -> None:
    assert rendered("<p>{{ name }}</p>", escapes=True) == "<p>Jäne &lt;b&gt;</p>"
    assert rendered("<p>{{ name }}</p>") == "<p>Jäne <b></p>"
    assert rendered("{{ '%s' | format(name) }}", escapes=True) == "Jäne &lt;b&gt;"


@pytest.mark.parametrize(
    "source", ["{{ missing }}", "{{ order.missing }}", "{% if missing %}{% endif %}", "{{ missing.more }}", "{{ lipsum(3) }}"]
)
def test_undefined_name_is_an_error(source: str) -> None:
    with pytest.raises(UndefinedError, match=r"missing|lipsum"):
        rendered(source)


@pytest.mark.parametrize("source", ["{{ [1] | random }}", "{% for a in [1] %}{% break %}{% endfor %}", "{{ a b }}"])
def test_what_is_not_in_the_language_is_a_syntax_error(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        rendered(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ '' | attr('__class__') }}",
        "{{ [''] | map(attribute='__class__') | map('upper') | list }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self._TemplateReference__context.environment }}",
        "{{ (range(3) | map('string')).gi_frame }}",
        "{{ '{}'.format(1) }}",
        "{{ '{a.__class__}'.format_map({'a': 1}) }}",
        "{{ 'a'.encode() }}",
        "{{ [].append(1) }}",
        "{{ order.update({}) }}",
        "{{ order.pop('items') }}",
        "{{ dict.fromkeys([1]) }}",
        "{{ (1).to_bytes(9) }}",
        "{{ (1.5).hex() }}",
    ],
)
def test_nothing_escapes(source: str) -> None:
    with pytest.raises((SecurityError, UndefinedError)):
        rendered(source)


@pytest.mark.parametrize(
    "source",
    [
        f"{{{{ range({MOST_ITEMS + 1}) }}}}",
        "{{ '%999999999s' % 'a' }}",
        "{{ '%*s' % (999999999, 'a') }}",
        "{{ '%.999999999f' % 1 }}",
        "{{ '%(a)999999999s' | format(a=1) }}",
        "{{ '%(a(b))999999999s' | format(**{'a(b)': 1}) }}",
        "{{ 'a' | center(10**9) }}",
        f"{{{{ 'a' | center({MOST_WIDTH + 1}) }}}}",
        "{{ 'a\nb' | indent(width=10**9) }}",
        "{{ [1] | batch(10**9, 'x') | list }}",
        "{{ [1] | slice(10**9) | list }}",
        "{{ 1.5 | round(10**9, 'ceil') }}",
        "{{ 'a' | wordwrap(10**9) }}",
        "{{ 'a' * 10**9 }}",
        "{{ 10**9 * 'a' }}",
        "{{ [0] * 10**9 }}",
        "{{ 9**9**9**9 ** 9 }}",
        "{{ 10**900 * 10**900 }}",
        "{{ 2 ** 5000 }}",
        "{{ at | date('%99999999d') }}",
        "{{ at | date('x' * 2000) }}",
        "{{ at | date('%d', '../../etc/passwd') }}",
        "{{ 'tomorrow' | date }}",
        "{{ nothing | date }}",
        "{{ nothing }}",
        "{{ order.get }}",
        "{{ range }}",
    ],
)
def test_what_asks_for_too_much_or_shows_what_is_no_text_is_refused(source: str) -> None:
    with pytest.raises(SecurityError):
        rendered(source)


def test_limits_themselves_are_allowed() -> None:
    assert len(rendered(f"{{{{ 'a' | center({MOST_WIDTH}) }}}}")) == MOST_WIDTH
    assert rendered(f"{{{{ range({MOST_ITEMS}) | length }}}}") == str(MOST_ITEMS)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("a\nb\n{{ missing }}", 3),
        ("\n{% macro m() %}\n{{ missing }}\n{% endmacro %}\n{{ m() }}", 3),
        ("\n{% if %}", 2),
        ("{{ 1 }}", 0),
    ],
)
def test_line_of_an_error_is_the_templates(source: str, line: int) -> None:
    sandbox = environment(escapes=False)
    caught: BaseException = ValueError()
    try:
        template = sandbox.template_class.from_code(
            sandbox, sandbox.compile(source, "part", filename="part"), sandbox.make_globals(None)
        )
        template.render()
    except (UndefinedError, TemplateSyntaxError) as error:
        caught = error
    assert line_of(caught, "part") == line


def test_environment_is_made_once() -> None:
    made: Any = environment(escapes=True)
    assert environment(escapes=True) is made
    assert environment(escapes=False) is not made
