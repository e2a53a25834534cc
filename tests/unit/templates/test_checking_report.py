"""mailguard.templates.checking_report: when a template fails."""

from __future__ import annotations

from mailguard.policy.severity import Severity, Verdict, verdict_of
from mailguard.templates.checking_report import Problem, TemplateFinding


def finding(severity: Severity) -> TemplateFinding:
    return TemplateFinding(code=Problem.GREETING, severity=severity, file="a.txt", part="text", line=1, text="")


def test_only_an_error_fails() -> None:
    assert verdict_of(()) is Verdict.PASS
    assert verdict_of((finding(Severity.WARNING),)) is Verdict.PASS
    assert verdict_of((finding(Severity.WARNING), finding(Severity.ERROR))) is Verdict.FAIL
