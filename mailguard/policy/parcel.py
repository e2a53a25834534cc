"""What the ledger hands to delivery and what delivery hands back: mail on its way out, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailguard.mail.envelope import BodyType
from mailguard.policy.facts import State


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to hand a recipient's mail on: when it ended, to which next hop ("host:port"), and how that hop answered.

    Where no hop was reached, or none answered, `answer` says so in mailguard's own words. `is_uncertain`: the hop may have the
    mail, and nobody heard it say so.
    """

    at: datetime
    next_hop: str
    answer: str
    is_uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Destination:
    """One recipient of a parcel.

    `n` is its ordinal in the message; `mailbox` the wire form; `notify` and `orcpt` the RFC 3461 parameters as sent ("" where
    absent). `attempts` are those made so far, oldest first. After `expires_at` it is tried no more. `reply_aware`: the value of
    the field Mailguard-Reply-Aware for a next hop that wants it, "" where none was decided.
    """

    n: int
    mailbox: str
    notify: str
    orcpt: str
    attempts: tuple[Attempt, ...]
    expires_at: datetime
    reply_aware: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message for those of its recipients that are due: handed on in one transaction.

    `octets` leave as they are (trace field included, before dot-stuffing); `reverse_path` is "" for the null reverse-path.
    """

    message: str
    octets: bytes
    reverse_path: str
    body: BodyType
    smtputf8: bool
    ret: str
    envid: str
    destinations: tuple[Destination, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recipient: its state now, every attempt so far, and for a deferred one when it is due again.

    `is_relayed` says that the sender asked to be told of success, and that the hop which took the mail does not offer DSN: it
    is for us to tell, as `relayed` (RFC 3461 5.2.2). `is_unknown`: the hop said that there is no such recipient.
    """

    message: str
    n: int
    state: State
    attempts: tuple[Attempt, ...]
    due_at: datetime | None
    is_relayed: bool = False
    is_unknown: bool = False
