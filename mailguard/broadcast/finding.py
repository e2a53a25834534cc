"""What a check of a broadcast says: findings with how grave they are, and the verdict that follows. Values only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_EXAMPLES: Final = 5
"""Examples that a finding names."""


class Severity(StrEnum):
    """Whether a broadcast must not go out so (error), or somebody should look (warning)."""

    ERROR = "error"
    WARNING = "warning"


class Verdict(StrEnum):
    """Whether anything is an error."""

    PASS = "pass"  # noqa: S105 - a word, not a secret
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFinding:
    """One thing that is to be said of a broadcast: how grave, in one sentence, how often, and the first few examples.

    `code` is a finding of the policy where the relay would make it too, else one of the check's own.
    """

    code: str
    severity: Severity
    text: str
    count: int = 1
    examples: tuple[str, ...] = ()


def verdict_of(findings: Iterable[CheckFinding]) -> Verdict:
    """Return FAIL when any finding is an error."""
    return Verdict.FAIL if any(one.severity is Severity.ERROR for one in findings) else Verdict.PASS
