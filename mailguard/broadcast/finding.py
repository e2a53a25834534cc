"""What a check of a broadcast finds. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.policy.severity import Severity


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
