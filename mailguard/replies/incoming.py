"""A mail from the customers' side as a source hands it on: octets, and what only the source knows. Knows no person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from mailguard.policy.reply import Kind


@dataclass(frozen=True, slots=True)
class Incoming:
    """One mail that came in, not read yet.

    `source` names where from, such as "imap:support@mail.example" or "lmtp". `received_at` is when the mail came to that
    place, aware. `envelope_recipients` are the mailboxes of RCPT where the source knows them. `name` is what it is called
    there (a UID, a file), for people who are told that it could not be read.
    """

    octets: bytes = field(repr=False)
    source: str
    received_at: datetime
    envelope_recipients: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What a source could not give as a mail: `reason` says why, `octets` are what there is of it."""

    source: str
    name: str
    reason: str
    octets: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one mail. `id` is the ledger's; `is_new` False where a copy was there already.

    `kind` None and `error` set: it could not be read and was put aside; `name` is then what its source calls it.
    """

    id: str
    kind: Kind | None
    is_new: bool
    error: str = ""
    name: str = ""
