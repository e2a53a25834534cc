"""Whom a mail came to: every mailbox that its header or envelope names, sub-addresses as they are.

A reply's signed token stands in one of them: To or Cc as the answering program kept it, or what the last server wrote
(Delivered-To, X-Original-To, Envelope-To) where a rule changed the visible ones.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailguard.mail.address_list import parse_address_list
from mailguard.mail.header import Header
from mailguard.mail.mailbox import Mailbox

MAX_DESTINATIONS = 200
_FIELDS = (
    *(
        "delivered-to",
        "x-original-to",
        "envelope-to",
        "x-envelope-to",
        "x-delivered-to",
        "x-original-recipient",
        "original-recipient",
    ),
    *("to", "cc", "resent-to", "apparently-to", "x-forwarded-to"),
)


def read_destinations(header: Header, envelope_recipients: Iterable[str]) -> tuple[Mailbox, ...]:
    """Return the mailboxes, each wire form once: those of the envelope first, then what servers wrote, then To and Cc."""
    found: dict[str, Mailbox] = {}
    values = (*envelope_recipients, *(value for name in _FIELDS for value in header.all(name)))
    for value in values:
        for mailbox in parse_address_list(value):
            found.setdefault(mailbox.wire, mailbox)
        if len(found) >= MAX_DESTINATIONS:
            break
    return tuple(found.values())[:MAX_DESTINATIONS]
