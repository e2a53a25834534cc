"""mailguard.templates.checking_names: names that look misspelt, and those that values may not have."""

from __future__ import annotations

from mailguard.templates.checking_names import name_findings
from tests.unit.templates.checked import template

TEMPLATE = template("Hello\n{{ reply_awre }} {{ name }} {{ persn }}")


def test_name_like_one_of_the_context_is_found_with_its_line() -> None:
    (found,) = name_findings(TEMPLATE, ["name", "persn", "reply_awre"], None)
    assert (found.code.value, found.line, found.text) == (
        "misspelt_name",
        2,
        "reply_awre is no name of the context; it looks like reply_aware",
    )


def test_name_of_the_context_among_values_is_found() -> None:
    found = list(name_findings(TEMPLATE, [], [{"person": "x", "name": "Ada"}, {"unsubscribe_url": ""}]))
    assert [(one.code.value, one.text.split()[3]) for one in found] == [
        ("shadowed_name", "person,"),
        ("shadowed_name", "unsubscribe_url,"),
    ]
