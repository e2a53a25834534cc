"""Override tokens while a batch is decided: whom they let out, which mail has used them, and why others did not count.

What may be let out at all is for `policy.decide` to say; what a token is for, for `store.overrides`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from mailguard.mail.mailbox import Mailbox
from mailguard.policy.entry import Entry
from mailguard.policy.facts import Facts
from mailguard.policy.finding import Action
from mailguard.policy.submission import Submission
from mailguard.store.intake import ordinals
from mailguard.store.overridden import Overridden, Refused, record_overrides
from mailguard.store.overrides import Override, standing

_log = structlog.get_logger(__name__)

_NOT_LET_OUT = "no override lets out what was found"


class Overriding:
    """The tokens of one batch; nothing is asked or written where it brings none."""

    def __init__(self, connection: Connection, submissions: Sequence[Submission], *, now: datetime) -> None:
        tokens = {token for one in submissions for token in one.message.control.overrides}
        self._standing = standing(connection, tokens, now=now) if tokens else {}
        self._overridden: list[Overridden] = []
        self._refused: list[Refused] = []

    def granted(self, facts: Facts, submission: Submission, *, id: str) -> Facts:
        """The facts, with the token of each recipient that has one; `id`: the ledger's, for the mail."""
        if not submission.message.control.overrides:
            return facts
        recipients = tuple(
            replace(one, override=override.id) if (override := self._for(one.mailbox, submission, id=id)) else one
            for one in facts.recipients
        )
        return replace(facts, recipients=recipients)

    def note(self, entry: Entry) -> None:
        """Remember what the tokens of a decided mail did: one that has let something out is used up for other mail."""
        submission = entry.submission
        if not submission.message.control.overrides:
            return
        used = {one.id: one for one in self._standing.values() if isinstance(one, Override)}
        before = len(self._refused)
        for n, index in ordinals(entry):
            decision = entry.decision.recipients[index]
            if decision.override:
                self._overridden.append(Overridden(entry.id, n, used[decision.override]))
                self._use(decision.override, entry.id)
            elif decision.action is not Action.DELIVER:
                reason = self._refusal(submission.envelope.recipients[index].mailbox, submission, id=entry.id)
                self._refused.append(Refused(entry.id, n, reason))
        for reason in dict.fromkeys(one.reason for one in self._refused[before:]):
            _log.warning("override_refused", id=entry.id, reason=reason)

    def record(self, connection: Connection, *, now: datetime) -> None:
        """Write down what the tokens of the batch did."""
        if self._overridden or self._refused:
            record_overrides(connection, self._overridden, self._refused, now=now)

    def _for(self, mailbox: Mailbox, submission: Submission, *, id: str) -> Override | None:
        """The token that is for this recipient, None for none."""
        for token in submission.message.control.overrides:
            found = self._standing[token]
            if isinstance(found, Override) and found.covers(mailbox.canonical, id=id, message_id=submission.message.message_id):
                return found
        return None

    def _use(self, override: str, id: str) -> None:
        self._standing = {
            token: replace(one, used_by=id) if isinstance(one, Override) and one.id == override else one
            for token, one in self._standing.items()
        }

    def _refusal(self, mailbox: Mailbox, submission: Submission, *, id: str) -> str:
        """Why none of the mail's tokens counted for this recipient."""
        message_id = submission.message.message_id
        found = (self._standing[token] for token in submission.message.control.overrides)
        reasons = (
            one.refusal(mailbox.canonical, id=id, message_id=message_id) if isinstance(one, Override) else one for one in found
        )
        return "; ".join(dict.fromkeys(reason or _NOT_LET_OUT for reason in reasons))
