"""A customer's reply as the rules see it: what kind it is, what it is tied to, and what is still owed.

Values only: how a reply is read is for `replies`, where it is kept for `store`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

AUTO_REPLIED: Final = "auto-replied"
"""Who has acknowledged a reply where a mail did that says `Auto-Submitted: auto-replied` (RFC 3834 5): once a conversation."""


class Kind(StrEnum):
    """What a mail that came in is. Only a human's is an answer, and owed one."""

    HUMAN = "human"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"


class ReplyState(StrEnum):
    """What has become of a human's reply. An acknowledgement is a sign of life and resolves nothing."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Tie(StrEnum):
    """What ties a reply to a person, the strongest first.

    `token`: it came back to an address or a Message-ID that was signed for this recipient. `thread`: it names a mail that this
    person was sent. `authenticated`: a mail server that we trust vouches for its originator (RFC 8601). `event`: the system
    of record says so. `subject`: its originator was sent a mail with this subject; weaker, for anybody can write both.
    `sender`: From alone, which anybody can write. `none`: not even that names anybody.
    """

    TOKEN = "token"  # noqa: S105 - a word, not a secret
    THREAD = "thread"
    AUTHENTICATED = "authenticated"
    EVENT = "event"
    SUBJECT = "subject"
    SENDER = "sender"
    NONE = "none"

    @property
    def speaks_for_person(self) -> bool:
        """Whether the reply counts for the person: what anybody can write does not, or they could speak for another."""
        return self not in {Tie.SUBJECT, Tie.SENDER, Tie.NONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One human reply that counts for a person.

    `id` is a ULID, `seq` its place in the order of commits, `at` when it was taken in. `message_id` is its own, without angle
    brackets. `answers`: the ledger's id of the mail it answers, "" where none is known; `template` and `facts` are that mail's
    ("" and b""). `thread`: the Message-IDs of its conversation, its own included. `conversation`: the one that began it.
    """

    id: str
    seq: int
    at: datetime
    state: ReplyState
    tie: Tie
    message_id: str
    answers: str = ""
    template: str = ""
    facts: bytes = b""
    thread: frozenset[str] = frozenset()
    conversation: str = ""
    score: int | None = None

    @property
    def is_owed(self) -> bool:
        """Whether somebody still owes it an answer."""
        return self.state is not ReplyState.RESOLVED


@dataclass(frozen=True, slots=True)
class Answerable:
    """A human reply that a mail may answer, whether it counts for the person or not: where it hangs, and its From mailbox."""

    reply: Reply
    anchor: str
    mailbox: str
