"""mailguard.broadcast.finding: errors fail, warnings pass."""

from __future__ import annotations

import pytest

from mailguard.broadcast.finding import CheckFinding
from mailguard.policy.severity import Severity, Verdict, verdict_of


@pytest.mark.parametrize(
    ("severities", "verdict"),
    [
        ((), Verdict.PASS),
        ((Severity.WARNING, Severity.WARNING), Verdict.PASS),
        ((Severity.WARNING, Severity.ERROR), Verdict.FAIL),
    ],
)
def test_any_error_fails(severities: tuple[Severity, ...], verdict: Verdict) -> None:
    findings = [CheckFinding(code="x", severity=severity, text="y") for severity in severities]
    assert verdict_of(iter(findings)) is verdict
