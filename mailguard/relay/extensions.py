"""What a next hop offers in its answer to EHLO, and whether that is enough for a mail. Knows no connection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from mailguard.relay.consignment import Consignment


@dataclass(frozen=True, slots=True)
class Extensions:
    """The service extensions that matter to a client that hands mail on (RFC 2920, 6152, 6531, 3461, 1870)."""

    pipelining: bool = False
    eight_bit_mime: bool = False
    smtputf8: bool = False
    dsn: bool = False
    size: bool = False

    @classmethod
    def from_keywords(cls, keywords: Iterable[str]) -> Self:
        """Return what these EHLO keywords, in any case, amount to."""
        offered = {keyword.upper() for keyword in keywords}
        return cls(
            pipelining="PIPELINING" in offered,
            eight_bit_mime="8BITMIME" in offered,
            smtputf8="SMTPUTF8" in offered,
            dsn="DSN" in offered,
            size="SIZE" in offered,
        )

    def names(self) -> frozenset[str]:
        """Return the keywords of those that a relay may only offer itself where its next hop does."""
        offered = {"8BITMIME": self.eight_bit_mime, "SMTPUTF8": self.smtputf8, "DSN": self.dsn}
        return frozenset(name for name, is_offered in offered.items() if is_offered)

    def lacking_for(self, consignment: Consignment) -> str:
        """Return why a hop with these extensions cannot be given the mail, in one line with its status; "" where it can.

        Mail is never re-encoded, so 8-bit content needs 8BITMIME (RFC 6152 3) and internationalised mail SMTPUTF8 (RFC 6531
        3.2). What was declared and turns out to be plain ASCII needs neither.
        """
        if not self.eight_bit_mime and not consignment.parcel.octets.isascii():
            return "5.6.3 this mail has 8-bit content, and the next hop does not offer 8BITMIME"
        if not self.smtputf8 and consignment.parcel.smtputf8 and _is_internationalised(consignment):
            return "5.6.7 this mail is internationalised, and the next hop does not offer SMTPUTF8"
        return ""


def _is_internationalised(consignment: Consignment) -> bool:
    parcel = consignment.parcel
    header = parcel.octets.partition(b"\r\n\r\n")[0]
    paths = [parcel.reverse_path, *(destination.mailbox for destination in consignment.destinations)]
    return not (header.isascii() and all(path.isascii() for path in paths))
