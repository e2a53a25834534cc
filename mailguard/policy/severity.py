"""How grave it is what a check finds, of a template or of a broadcast, and the verdict that follows. Values only."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Protocol

MOST_EXAMPLES: Final = 5
"""Examples that a check's finding names."""


class Severity(StrEnum):
    """Whether a mail must not go out so (error), or somebody should look (warning)."""

    ERROR = "error"
    WARNING = "warning"


class Verdict(StrEnum):
    """Whether anything is an error."""

    PASS = "pass"  # noqa: S105 - a word, not a secret
    FAIL = "fail"


class Graded(Protocol):
    """What was found, and how grave it is."""

    @property
    def severity(self) -> Severity:
        """How grave it is."""


def verdict_of(findings: Iterable[Graded]) -> Verdict:
    """Return FAIL when any finding is an error."""
    return Verdict.FAIL if any(one.severity is Severity.ERROR for one in findings) else Verdict.PASS
