"""What the tokens of a batch come to, and which members of checked audiences were taken, the batch's own mails included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailguard.mail.check_token import member_key
from mailguard.policy.check import NO_CHECK, Check, Claim
from mailguard.policy.facts import Replay, State
from mailguard.policy.submission import Submission


@dataclass(slots=True, kw_only=True)
class CheckHistory:
    """What the decisions of one batch about checked mail rest on. Mutable, and of one thread.

    `checks`: what the token of a submission comes to, by its id; none for mail without one. `members`: (broadcast, key) → the
    mail that was taken for this member, None for none yet; it holds the members among the batch's recipients.
    """

    checks: Mapping[str, Check] = field(default_factory=dict)
    members: dict[tuple[str, bytes], Claim | None] = field(default_factory=dict)

    @property
    def named(self) -> frozenset[str]:
        """The broadcasts that tokens of ours name, whether they hold or not."""
        return frozenset(check.named for check in self.checks.values() if check.named)

    def of(self, submission: Submission) -> Check:
        """What the token that the mail brought comes to."""
        return self.checks.get(submission.id, NO_CHECK)

    def among(self, submission: Submission) -> Mapping[int, bytes]:
        """The recipients that the mail's check vouches for: index → key."""
        if not self.checks:
            return _NOBODY
        check = self.of(submission)
        if not check.broadcast:
            return _NOBODY
        keys = (member_key(check.salt, path.mailbox.canonical) for path in submission.envelope.recipients)
        return {index: key for index, key in enumerate(keys) if (check.broadcast, key) in self.members}

    def claimed(self, submission: Submission, key: bytes) -> Replay | None:
        """The mail that this member was sent before: each gets it once, whatever its Message-ID."""
        broadcast = self.of(submission).broadcast
        claim = self.members[broadcast, key]
        return Replay(claim.message, claim.state, claim.answer, broadcast) if claim else None

    def add(
        self, submission: Submission, members: Mapping[int, bytes], *, id: str, states: Sequence[State], answer: str
    ) -> None:
        """Remember for whom the mail was taken, as the ledger's message `id`."""
        broadcast = self.of(submission).broadcast
        for index, key in members.items():
            if states[index] is not State.REPLAYED:
                self.members[broadcast, key] = Claim(id, states[index], answer)


_NOBODY: Mapping[int, bytes] = {}
