"""The SMTP envelope (RFC 5321 2.3.1) with the DSN parameters of RFC 3461."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailguard.mail.mailbox import Mailbox


class BodyType(StrEnum):
    """The BODY parameter of MAIL (RFC 6152)."""

    SEVEN_BIT = "7BIT"
    EIGHT_BIT = "8BITMIME"


@dataclass(frozen=True, slots=True)
class ForwardPath:
    """One RCPT: the mailbox exactly as sent, and its RFC 3461 parameters as sent ("" where absent)."""

    mailbox: Mailbox
    notify: str = ""
    orcpt: str = ""

    @property
    def wants_failure_dsn(self) -> bool:
        """Whether a DSN may be sent for a failure: by default, or as NOTIFY asks (RFC 3461 4.1)."""
        return not self.notify or "FAILURE" in self.notify.upper().split(",")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sends, to whom, and how the content is encoded. `reverse_path` is "" for the null reverse-path."""

    reverse_path: str
    recipients: tuple[ForwardPath, ...]
    body: BodyType = BodyType.SEVEN_BIT
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""
