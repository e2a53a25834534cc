"""What the check of a message goes by: the operator's limits, and who is to get it. Values only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.message_view import MailView
from mailguard.mail.control import MailClass
from mailguard.policy.limits import Limits
from mailguard.policy.severity import MOST_EXAMPLES, Severity

LONGEST_SHOWN: Final = 80
"""Characters of the mail's own words that a finding quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTerms:
    """How a message is judged.

    `persons`: to how many it goes. `max_size` in octets. `languages`: the audience's shares by ISO 639-1 code, empty where
    nothing is known of them. `detect` returns the language of a text, "" where it cannot tell; without it the language is not
    looked at.
    """

    now: datetime
    mail_class: MailClass
    limits: Limits
    persons: int
    max_size: int
    languages: Mapping[str, float] = field(default_factory=dict)
    detect: Callable[[str], str] | None = None


Rule = Callable[[MailView, MessageTerms], Iterator[CheckFinding]]
"""What may be wrong with one mail; each thing in a text of its own, with the mail's words as examples."""


def error(code: str, text: str, *examples: str) -> CheckFinding:
    """Return a finding with which the mail must not go out, counted as often as there are different examples."""
    return _finding(code, text, examples, Severity.ERROR)


def warning(code: str, text: str, *examples: str) -> CheckFinding:
    """Return a finding that somebody should look at, counted as often as there are different examples."""
    return _finding(code, text, examples, Severity.WARNING)


def _finding(code: str, text: str, examples: tuple[str, ...], severity: Severity) -> CheckFinding:
    shown = tuple(dict.fromkeys(" ".join(each.split())[:LONGEST_SHOWN] for each in examples))
    return CheckFinding(code=code, severity=severity, text=text, count=max(1, len(shown)), examples=shown[:MOST_EXAMPLES])
