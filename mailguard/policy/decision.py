"""What was decided, recipient by recipient."""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.policy.facts import Replay
from mailguard.policy.finding import Action, Finding

MOST_NAMED = 20
"""Findings that a message as a whole names; its recipients name all of theirs."""


@dataclass(frozen=True, slots=True)
class RecipientDecision:
    """One recipient's verdict. `replay` set means: not sent again, the first answer again. `joins` is the held mail's id.

    `override`: what let it out that would have been stopped, "" where nothing had to. `supersedes`: the held mails that it
    takes the place of, if it is taken.
    """

    action: Action
    findings: tuple[Finding, ...]
    replay: Replay | None = None
    joins: str = ""
    override: str = ""
    supersedes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The message's verdict: `action` is its recipients' strongest; recipients stand in the order of the envelope."""

    action: Action
    recipients: tuple[RecipientDecision, ...]

    @property
    def is_replay(self) -> bool:
        """Whether every recipient is the sender's own retry."""
        return all(recipient.replay is not None for recipient in self.recipients)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The recipients' findings, each once, in order of first appearance, at most `MOST_NAMED`."""
        distinct = dict.fromkeys(finding for recipient in self.recipients for finding in recipient.findings)
        return tuple(distinct)[:MOST_NAMED]
