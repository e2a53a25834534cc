"""What is known of one person towards one mailbox before a mail to them is written, and the id by which that is named later.

Names of fields, never their values, and nothing of anybody else. Where it comes from is for `replies` to know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from mailguard.mail.control import CONTEXT_ID
from mailguard.policy.finding import Action, Code, Finding
from mailguard.policy.reply import ReplyState


class Standing(StrEnum):
    """How it stands with what the person has written: nothing was, or the least settled state of it."""

    NONE = "none"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class ContextId:
    """Names one context. `seq`: the place of the last reply that was in the ledger then, 0 for none. `ulid` makes it unique."""

    seq: int
    ulid: str

    def __str__(self) -> str:
        """Return it as it is written, such as C17-01JD…."""
        return f"C{self.seq}-{self.ulid}"


def parse_context_id(text: str) -> ContextId:
    """Return the id that this text is. Raises ValueError."""
    found = CONTEXT_ID.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no context_id; write the one of the context that the text was rendered with")
    return ContextId(int(found[1]), found[2])


def reply_state_of(owed: Iterable[ReplyState], newest: ReplyState | None) -> Standing:
    """Return how it stands: open before acknowledged among what is `owed`; where nothing is, the state of the newest reply.

    `newest` None: the person never answered.
    """
    states = set(owed)
    if states:
        return Standing.OPEN if ReplyState.OPEN in states else Standing.ACKNOWLEDGED
    return Standing.NONE if newest is None else Standing(newest.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One person towards one mailbox, as it is now.

    `open_replies` counts what nobody has resolved within `reply_window`; with any, `reply_aware` is true. `last_*` None: never,
    or not known. `known_fields` are names. `person` and `probability` are None where it is not certain whose the mailbox is;
    all else then speaks of that mailbox alone. `would`: what the rules that need no text lead to for the mail in question.
    """

    context_id: ContextId
    reply_aware: bool
    reply_state: Standing
    open_replies: int
    last_reply_at: datetime | None
    last_reply_language: str | None
    sent_count: int
    last_sent_at: datetime | None
    last_same_template_at: datetime | None
    known_customer: bool
    known_fields: tuple[str, ...]
    person: str | None
    probability: float | None
    would: Action
    findings: tuple[Finding, ...]

    def as_document(self) -> dict[str, Any]:
        """Return it by the contract's names and with what JSON can hold; times are RFC 3339, UTC.

        A finding that names records is told without them.
        """
        return {
            "context_id": str(self.context_id),
            "reply_aware": self.reply_aware,
            "reply_state": self.reply_state.value,
            "open_replies": self.open_replies,
            "last_reply_at": _moment(self.last_reply_at),
            "last_reply_language": self.last_reply_language,
            "sent_count": self.sent_count,
            "last_sent_at": _moment(self.last_sent_at),
            "last_same_template_at": _moment(self.last_same_template_at),
            "known_customer": self.known_customer,
            "known_fields": list(self.known_fields),
            "person": self.person,
            "probability": self.probability,
            "would": self.would.value,
            "findings": [_finding(finding) for finding in self.findings],
        }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _finding(finding: Finding) -> dict[str, Any]:
    if finding.code is Code.KNOWN_DATA:
        return {"code": finding.code.value, "text": finding.said or finding.text, "refs": []}
    return {"code": finding.code.value, "text": finding.text, "refs": list(finding.refs)}
