"""What is written to the ledger for one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mailguard.mail.smtp_reply import SmtpReply
from mailguard.policy.decision import Decision
from mailguard.policy.facts import State
from mailguard.policy.submission import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A decided submission.

    `id` is the ledger's: the submission's own, or that of the message whose part this transaction is. `first_ordinal` counts
    the recipients that message had before (0: a new row). `octets` are what leaves, trace field included; empty for a replay,
    which has no content. `states` stand in the order of the envelope; `skip` names the indexes that are on the message
    already and are not written again, `own` those of recipients in own_domains. `audience` is the hash of the set of outside
    visible mailboxes, b"" below six. `reply_aware`: the value of that field for each recipient, in the same order; empty where
    no next hop wants it. `broadcast`: the one whose token it brought and that holds, `brand`: the client's; "" for none.
    `members`: the indexes of recipients for whom it is taken as members of that broadcast → their keys.
    `is_paused`: what may leave waits until somebody resumes it. `leaves_at`: before then nothing leaves, None: at once.
    """

    submission: Submission
    decision: Decision
    id: str
    first_ordinal: int
    answer: SmtpReply
    octets: bytes
    states: tuple[State, ...]
    skip: frozenset[int]
    own: frozenset[int] = frozenset()
    hidden_outside: int
    audience: bytes
    reply_aware: tuple[str, ...] = ()
    broadcast: str = ""
    members: Mapping[int, bytes] = field(default_factory=dict)
    brand: str = ""
    is_paused: bool = False
    leaves_at: datetime | None = None
