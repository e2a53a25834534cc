"""mailguard.templates.checking_walk: what each case comes to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import pytest

from mailguard.templates.checking_walk import ExhaustedError, TooLongError, walk
from tests.unit.templates.checked import telling, told


def undefined(source: str) -> list[str]:
    return [text for _, _, text in told(source, rows=[{}])[1]["undefined"]]


def test_case_tells_texts_branches_and_its_name() -> None:
    opening, first, second, *_ = told("{% if reply_aware %}yes{% else %}no{% endif %}", html="<p>{{ name }}</p>")
    assert opening["made_up"] == ["name"]
    assert first["case"] == ["none, en, service", "none", "en", "service"]
    assert first["entered"] == [1]
    assert first["texts"] == {"text": "no", "html": "<p>Ada Lovelace</p>"}
    assert second["texts"] is None
    assert second["digest"] == first["digest"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ a }}{{ b }}", ["'a' is undefined", "'b' is undefined"]),
        ("{{ a.b.c }}", ["'a' is undefined"]),
        ("{% if a %}x{% endif %}{% for i in b %}{% endfor %}", ["'a' is undefined", "'b' is undefined"]),
        ("{{ a + 1 }}{{ -b }}{{ c() }}{{ d['x'] }}", [f"'{name}' is undefined" for name in "abcd"]),
        ("{{ a == 1 }}{{ 1 in b }}{{ c < 1 }}", [f"'{name}' is undefined" for name in "abc"]),
        ("{{ a|int }}{{ b|float }}{{ c|length }}{{ d|upper }}", [f"'{name}' is undefined" for name in "abcd"]),
        ("{{ {}.x }}", ["'dict object' has no attribute 'x'"]),
        ("{{ a|default('x') }}{{ b is defined }}", []),
    ],
)
def test_all_that_is_undefined_is_told_in_one_rendering(source: str, said: list[str]) -> None:
    assert undefined(source) == said


def test_undefined_names_its_line() -> None:
    assert told("x\n{{ 1 }}\n{{ a }}", rows=[{}])[1]["undefined"] == [["text", 3, "'a' is undefined"]]
    assert told("{% macro m() %}\n{{ a }}{% endmacro %}\n\n{{ m() }}", rows=[{}])[1]["undefined"][0][1] == 2


def test_what_fails_is_told_with_its_line() -> None:
    assert told("\n{{ 1 / 0 }}", rows=[{}])[1]["failed"] == [["text", 2, "ZeroDivisionError: division by zero"]]
    assert told("{{ range(100000)|length }}", rows=[{}])[1]["failed"][0][2] == "range: more than 10000 items"
    assert "no loader" not in str(told("{% include 'x' %}", rows=[{}])[1]["failed"])


def test_too_much_output_fails_and_marks_do_not_count() -> None:
    _, much = islice(telling("{% for i in range(9999) %}0123456789ab{% endfor %}", rows=[{}]), 2)
    assert much["failed"]
    marks = "{% for i in range(9999) %}{% if i %}{% endif %}{% for j in range(9) %}{% endfor %}{% endfor %}x"
    _, many = islice(telling(marks, rows=[{}]), 2)
    assert (many["failed"], many["texts"]) == ([], {"text": "x"})


def test_branch_that_no_case_enters_is_forced() -> None:
    *_, forced, done = told("{% if n > 5 %}{{ a }}{% endif %}{{ n }}", rows=[{"n": 1}])
    assert (forced["forced"], forced["entered"], done) == (0, [0], {"done": True})
    assert forced["undefined"] == [["text", 1, "'a' is undefined"]]


def test_forced_branch_has_values_for_what_may_be_empty() -> None:
    *_, forced, _ = told("{% if a is defined %}{{ a }}{% endif %}{% if b %}{{ b.c }}{% endif %}", rows=[{"b": None}])
    assert forced["undefined"] == []
    assert [one["forced"] for one in told("{% if b %}{{ b.c }}{% endif %}", rows=[{"b": {}}]) if "forced" in one] == [0]


def test_forced_branch_is_rendered_for_whom_it_can_be() -> None:
    *_, forced, _ = told("{% if reply_state == 'x' %}{{ last_reply_at|date }}{% endif %}")
    assert forced["failed"] == []


@pytest.mark.parametrize("source", ["{% if %}", "{{ " + "(" * 2000 + "1" + ")" * 2000 + " }}", "x" * 1_048_577])
def test_mistake_is_told_and_nothing_is_rendered(source: str) -> None:
    first, done = told(source)
    assert first["syntax"][0] == "text"
    assert done == {"done": True}


def test_languages_and_rows_of_their_own() -> None:
    found = told("{{ language }}", rows=[{"language": "pt"}], languages=["de", "it"])
    assert found[0]["languages"] == ("de", "it")
    assert {one["texts"]["text"] for one in found[1:-1] if one["texts"]} == {"pt"}


@pytest.mark.parametrize(
    ("raised", "why"), [(TooLongError(), "takes longer than it may"), (MemoryError(), "takes more memory")]
)
def test_what_takes_too_much_ends_the_walk(raised: Exception, why: str) -> None:
    @contextmanager
    def limited() -> Iterator[None]:
        yield
        raise raised

    job = {"sources": [["text", "x", False]], "rows": [{}], "languages": [], "classes": ["bulk"], "unsubscribe_url": ""}
    with pytest.raises(ExhaustedError, match=why):
        list(walk(job, timed=limited, most=10))
