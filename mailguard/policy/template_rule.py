"""What the operator says of templates by name: which are surveys, and how soon their answers are owed an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Final

MOST_SCORE: Final = 10
"""The highest score of a survey; the lowest is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRule:
    """One `[[template]]` rule. `name` is a shell glob, without regard to case; the first rule that fits a template holds.

    `is_survey`: an answer to it may be a score from 0 to 10. `low_score`: up to this one it opens a task. A reply to the
    template is due after `answer_within` (None: no due time), a low score after `low_score_within`.
    """

    name: str = "*"
    is_survey: bool = False
    low_score: int = 6
    answer_within: timedelta | None = timedelta(hours=24)
    low_score_within: timedelta = timedelta(days=1)


NO_RULE: Final = TemplateRule()


def rule_for(rules: Sequence[TemplateRule], template: str) -> TemplateRule:
    """Return the rule that holds for a template, the default where none fits."""
    return next((rule for rule in rules if fnmatchcase(template.casefold(), rule.name.casefold())), NO_RULE)
