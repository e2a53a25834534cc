"""mailguard.policy.template_rule: the first rule that fits a template's name holds."""

from __future__ import annotations

import pytest

from mailguard.policy.template_rule import NO_RULE, TemplateRule, rule_for

SURVEYS = TemplateRule(name="nps-*", is_survey=True)
RULES = (TemplateRule(name="nps-internal"), SURVEYS)


@pytest.mark.parametrize(
    ("template", "rule"),
    [("NPS-2026", SURVEYS), ("nps-internal", RULES[0]), ("invoice", NO_RULE), ("", NO_RULE), ("nps", NO_RULE)],
)
def test_names_are_globs_without_regard_to_case(template: str, rule: TemplateRule) -> None:
    assert rule_for(RULES, template) is rule
