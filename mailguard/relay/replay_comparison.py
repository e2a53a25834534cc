"""Two judgements of the same recorded mail held against each other: what a policy would change, by finding and direction.

Compared is what would be decided under either, for what was decided then may rest on what the ledger does not keep; how much of
the record the current policy's judgement comes to again is counted, so that one can tell what the comparison is worth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from mailguard.errors import MailguardError
from mailguard.policy.finding import Action, Code
from mailguard.relay.replay import Judged, JudgedRecipient
from mailguard.relay.replay_mail import Unjudged

MOST_TEMPLATES: Final = 20
"""Templates that are named with a change, those with the most recipients."""

MOST_COUNTED: Final = 10_000
"""Distinct templates that are counted for a change; what comes after is counted under OTHERS."""

OTHERS: Final = "others"


class Direction(StrEnum):
    """Which way a decision would change."""

    STOPS = "would_stop"
    PASSES = "would_pass"
    OTHER = "other_action"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One recipient whose mail would be decided otherwise. `text`: the finding's sentence, the new one where it stops."""

    id: str
    received_at: datetime
    client: str
    sender: str
    subject: str
    recipient: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Decisions that would change alike. `finding`: what would stop the mail, or what would stop it no more.

    `count` and what is counted by class, client and template are recipients; `messages` are messages.
    """

    finding: Code | None
    before: Action
    after: Action
    count: int
    messages: int
    classes: Mapping[str, int]
    clients: Mapping[str, int]
    templates: Mapping[str, int]
    examples: tuple[Example, ...]

    @property
    def direction(self) -> Direction:
        """Which way it goes."""
        return _direction(self.before, self.after)

    def as_document(self) -> dict[str, Any]:
        """The change as JSON names it."""
        return {
            "finding": self.finding,
            "from": self.before,
            "to": self.after,
            "direction": self.direction,
            "count": self.count,
            "messages": self.messages,
            "classes": self.classes,
            "clients": self.clients,
            "templates": self.templates,
            "examples": self.examples,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A recorded decision that judging it again under the current policy does not come to."""

    id: str
    recipient: str
    recorded: Action
    recorded_findings: tuple[Code, ...]
    found: Action
    found_findings: tuple[Code, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a policy would change. All but `messages` counts recipients: a decision is one recipient's.

    `judged` and what is counted in `unjudged` come to `recipients`. `reproduced`: of the judged ones, those whose recorded
    action and findings the current policy comes to again; `differing` names the first of the others.
    """

    messages: int
    recipients: int
    judged: int
    reproduced: int
    unjudged: Mapping[Unjudged, int]
    changes: tuple[Change, ...]
    differing: tuple[Differing, ...]

    @property
    def directions(self) -> dict[Direction, int]:
        """Recipients whose mail would go another way, by which."""
        return {each: sum(one.count for one in self.changes if one.direction is each) for each in Direction}


@dataclass(slots=True)
class _Counted:
    """Changes that are alike, while they are counted."""

    count: int = 0
    messages: int = 0
    last: str = ""
    classes: Counter[str] = field(default_factory=Counter)
    clients: Counter[str] = field(default_factory=Counter)
    templates: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)


_Alike = tuple[Code | None, Action, Action]


class Tally:
    """Holds judgement against judgement, one transaction after another; keeps counts and a few examples of each kind."""

    def __init__(self, *, examples: int) -> None:
        self._most = examples
        self.transactions = 0
        self._recipients = 0
        self._judged = 0
        self._reproduced = 0
        self._unjudged: Counter[Unjudged] = Counter()
        self._changes: dict[_Alike, _Counted] = {}
        self._differing: list[Differing] = []

    def add(self, current: Judged, tried: Judged) -> None:
        """Count one transaction, as it is judged under the current policy and under the one that is tried."""
        if (current.message, current.at) != (tried.message, tried.at):
            raise MailguardError("the ledger was cleared up meanwhile; run it again")
        self.transactions += 1
        self._recipients += len(current.recorded)
        reason = current.unjudged or tried.unjudged
        if reason is not None:
            self._unjudged[reason] += len(current.recorded)
            return
        self._judged += len(current.recorded)
        for recorded, before, after in zip(current.recorded, current.recipients, tried.recipients, strict=True):
            self._compare(recorded, before, current)
            if before.action is not after.action:
                self._note(tried, before, after)

    def comparison(self, messages: int) -> Comparison:
        """What was counted, over so many messages: the changes that concern most first."""
        changes = (_change(alike, counted) for alike, counted in self._changes.items())
        return Comparison(
            messages=messages,
            recipients=self._recipients,
            judged=self._judged,
            reproduced=self._reproduced,
            unjudged=dict(self._unjudged.most_common()),
            changes=tuple(sorted(changes, key=lambda change: -change.count)),
            differing=tuple(self._differing),
        )

    def _compare(self, recorded: JudgedRecipient, found: JudgedRecipient, judged: Judged) -> None:
        if (recorded.action, recorded.codes) == (found.action, found.codes):
            self._reproduced += 1
        elif len(self._differing) < self._most:
            self._differing.append(
                Differing(
                    id=judged.message,
                    recipient=found.mailbox,
                    recorded=recorded.action,
                    recorded_findings=tuple(sorted(recorded.codes)),
                    found=found.action,
                    found_findings=tuple(sorted(found.codes)),
                )
            )

    def _note(self, tried: Judged, before: JudgedRecipient, after: JudgedRecipient) -> None:
        cause = after.finding or before.finding
        alike = (cause.code if cause else None, before.action, after.action)
        counted = self._changes.setdefault(alike, _Counted())
        counted.count += 1
        counted.messages += tried.message != counted.last
        counted.last = tried.message
        counted.classes[tried.mail_class] += 1
        counted.clients[tried.client] += 1
        is_known = tried.template in counted.templates or len(counted.templates) < MOST_COUNTED
        counted.templates[tried.template if is_known else OTHERS] += 1
        if len(counted.examples) < self._most:
            counted.examples.append(_example(tried, after, cause.text if cause else ""))


def _example(judged: Judged, after: JudgedRecipient, text: str) -> Example:
    return Example(
        id=judged.message,
        received_at=judged.at,
        client=judged.client,
        sender=judged.sender,
        subject=judged.subject,
        recipient=after.mailbox,
        text=text,
    )


def _change(alike: _Alike, counted: _Counted) -> Change:
    finding, before, after = alike
    return Change(
        finding=finding,
        before=before,
        after=after,
        count=counted.count,
        messages=counted.messages,
        classes=dict(counted.classes.most_common()),
        clients=dict(counted.clients.most_common()),
        templates=dict(counted.templates.most_common(MOST_TEMPLATES)),
        examples=tuple(counted.examples),
    )


def _direction(before: Action, after: Action) -> Direction:
    if before is Action.DELIVER:
        return Direction.STOPS
    return Direction.PASSES if after is Action.DELIVER else Direction.OTHER
