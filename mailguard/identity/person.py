"""Who a recipient is, with how much certainty."""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.mail.mailbox import Mailbox


@dataclass(frozen=True, slots=True)
class Resolution:
    """The person behind a mailbox. `person` is a stable id; `probability` is 0 to 1."""

    mailbox: Mailbox
    person: str
    probability: float


def resolve(mailbox: Mailbox) -> Resolution:
    """Return the person behind `mailbox`: one canonical mailbox is one person."""
    return Resolution(mailbox, mailbox.canonical, 1.0)
