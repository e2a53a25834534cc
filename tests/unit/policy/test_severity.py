"""mailguard.policy.severity: one error fails a check, any number of warnings does not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mailguard.policy.severity import Severity, Verdict, verdict_of

W, E = Severity.WARNING, Severity.ERROR


@dataclass(frozen=True)
class Found:
    """Anything that was found."""

    severity: Severity


@pytest.mark.parametrize(
    ("severities", "verdict"), [((), Verdict.PASS), ((W, W), Verdict.PASS), ((W, E), Verdict.FAIL), ((E,), Verdict.FAIL)]
)
def test_an_error_fails_and_warnings_pass(severities: tuple[Severity, ...], verdict: Verdict) -> None:
    assert verdict_of(iter([Found(severity) for severity in severities])) is verdict
