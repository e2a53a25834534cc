"""What the front door hands on for one message, and what it asks of whoever decides about it.

Knows neither the dialogue that brought the message nor what becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from mailguard.mail.envelope import Envelope
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.relay.settings import Client


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came in.

    `peer` is the client's IP address, `helo` the name it gave, `protocol` the keyword for the trace field (RFC 3848,
    RFC 6531 4.3). `octets` are the content without dot-stuffing; they end in CRLF unless empty.
    """

    client: Client
    peer: str
    helo: str
    protocol: str
    envelope: Envelope
    octets: bytes = field(repr=False)


class Intake(Protocol):
    """Takes a message over. A positive answer means that it is durably ours."""

    async def take(self, arrival: Arrival) -> SmtpReply:
        """Return the answer after the final dot. Any exception leaves the message with its sender (451 4.3.0)."""
        ...
