"""What a check of a template says: findings, the table of its branches, and the mails it was rendered to. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailguard.policy.severity import Severity, Verdict


class Problem(StrEnum):
    """What may be wrong with a template, by code."""

    SYNTAX_ERROR = "syntax_error"
    UNDEFINED_NAME = "undefined_name"
    RENDER_FAILED = "render_failed"
    SHADOWED_NAME = "shadowed_name"
    MISSPELT_NAME = "misspelt_name"
    EMPTY_BRANCH = "empty_branch"
    EMPTY_PART = "empty_part"
    NEVER_REACHED = "never_reached"
    PLACEHOLDER = "placeholder"
    GREETING = "greeting"
    DEAD_LINK = "dead_link"
    MISSING_TEXT_PART = "missing_text_part"
    MISSING_UNSUBSCRIBE = "missing_unsubscribe"
    PARTS_DIFFER = "parts_differ"
    INCOMPLETE = "incomplete"


class Walked(StrEnum):
    """How a branch was come through: by a case, only because its test was overridden, or not at all."""

    BY_CASES = "walked"
    FORCED = "forced"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFinding:
    """One thing that is wrong: where (`line` 0: nowhere in particular), how often, and in which cases or with which words."""

    code: Problem
    severity: Severity
    file: str
    part: str
    line: int
    text: str
    count: int = 1
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One branch: its tag as it is written, how it was come through, in how many cases, and the first few of these."""

    file: str
    part: str
    line: int
    tag: str
    walked: Walked
    count: int
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMail:
    """One distinct mail. `parts` by kind (subject, text, html); `cases` are all that came to it.

    `forced` names the branch whose test was overridden, "" for what the data itself comes to. `is_whole`: nothing in it was
    undefined.
    """

    parts: dict[str, str]
    cases: tuple[str, ...]
    forced: str = ""
    is_whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateReport:
    """All that a check of one template found. `made_up` are the names whose values are samples; `cases` were rendered."""

    template: str
    verdict: Verdict
    cases: int
    states: tuple[str, ...]
    languages: tuple[str, ...]
    classes: tuple[str, ...]
    made_up: tuple[str, ...]
    branches: tuple[Branch, ...]
    findings: tuple[TemplateFinding, ...]
    mails: tuple[RenderedMail, ...]
