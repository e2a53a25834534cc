"""The SMTP answer as a value (RFC 5321 4.2, RFC 3463). Not a customer's reply."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SmtpReply:
    """One answer: `code` 200–599, `enhanced_status` such as "5.7.1" ("" where the answer has none), one line of text."""

    code: int
    enhanced_status: str
    text: str

    @property
    def is_positive(self) -> bool:
        """Whether the command was done (2yz)."""
        return 200 <= self.code < 300

    @property
    def is_temporary(self) -> bool:
        """Whether the same may be tried again later (4yz)."""
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        """Whether the same must not be tried again (5yz)."""
        return 500 <= self.code < 600

    def line(self) -> bytes:
        """Return the answer as one line on the wire, CRLF included."""
        return f"{self}\r\n".encode("utf-8", "replace")

    def __str__(self) -> str:
        """Return "550 5.7.1 text"."""
        return f"{self.code} {self.enhanced_status} {self.text}" if self.enhanced_status else f"{self.code} {self.text}"
