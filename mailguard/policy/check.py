"""What the token of a check comes to for one mail, and what became of a member of its audience before.

The values that the store gathers and the history keeps; whether a token holds is worked out here, from what is on record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mailguard.mail.check_token import CheckToken
from mailguard.mail.seal import Seal, SealedText, holds
from mailguard.policy.facts import State


@dataclass(frozen=True, slots=True)
class Claim:
    """The mail that was taken for a member: the ledger's id, what has become of it, and how it was answered."""

    message: str
    state: State
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A broadcast as it is on record. `texts`: those of its texts that the mail could have."""

    expires_at: datetime
    is_recalled: bool
    salt: bytes
    texts_digest: bytes
    audience: bytes
    texts: tuple[SealedText, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """What a mail's token comes to. `named`: the broadcast that it names, if it is ours; `failure`: why it does not hold.

    `salt`: what the keys of the broadcast's members are made with.
    """

    named: str = ""
    failure: str = ""
    salt: bytes = b""

    @property
    def broadcast(self) -> str:
        """The broadcast that vouches for the mail, "" where none does."""
        return "" if self.failure else self.named


NO_CHECK = Check()
"""A mail that brought no token."""

UNKNOWN = Check(failure="its check is none of this database, or was altered")
"""A mail with a token that nobody here has written."""


def check_of(token: CheckToken | None, on_record: Checked | None, seal: Seal | None, *, now: datetime) -> Check:
    """Return what a token comes to. `on_record` None: the broadcast that it names is not, or was never signed."""
    if token is None or on_record is None:
        return UNKNOWN
    failure = _failure(token, on_record, seal, now=now)
    return Check(token.broadcast, failure, on_record.salt)


def _failure(token: CheckToken, on_record: Checked, seal: Seal | None, *, now: datetime) -> str:
    if (token.texts, token.audience) != (on_record.texts_digest, on_record.audience):
        return UNKNOWN.failure
    if on_record.is_recalled:
        return f"broadcast {token.broadcast} was recalled"
    if now >= min(token.expires_at, on_record.expires_at):
        return f"the check of broadcast {token.broadcast} expired on {token.expires_at:%Y-%m-%d at %H:%M} UTC"
    if seal is None or not _is_sealed(seal, on_record.texts):
        return f"the mail is not what was checked as broadcast {token.broadcast}: a word, date, number, link or file differs"
    return ""


def _is_sealed(seal: Seal, texts: Iterable[SealedText]) -> bool:
    return any(holds(text, seal) for text in texts)
