"""How a next hop answered for one recipient, sorted by what that means for the mail. Knows no connection and no schedule."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_TEXT = 512
"""Characters of an answer that are kept, the most that one reply line has (RFC 5321 4.5.3.1.5)."""

# What bare 550s are answered for besides: relaying, policy, reputation, content, the sender.
_OTHER_THAN_RECIPIENT = re.compile(
    r"relay|prohibit|polic|spam|virus|block|listed|denied|sender|authenticat|\bspf\b|dkim|dmarc|reputation|content|permitted"
    r"|rate|too many|limit|quota|https?://",
    re.IGNORECASE,
)

_ENHANCED_STATUS = re.compile(r"(?<!\S)([245])\.(\d{1,3})\.(\d{1,3})(?!\S)")  # RFC 3463 2


class Kind(StrEnum):
    """What an answer means.

    `trouble` speaks of the hop or the way to it: another hop may take the mail at once. `later` and `refused` speak of the
    mail. `uncertain`: the connection was lost after the last dot, and the hop may have the mail. `overflow`: this recipient
    was one too many for one transaction. `untouched`: a kept connection turned out to be gone before the hop said anything.
    """

    TAKEN = "taken"
    LATER = "later"
    TROUBLE = "trouble"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    OVERFLOW = "overflow"
    UNTOUCHED = "untouched"


@dataclass(frozen=True, slots=True)
class HopAnswer:
    """One answer: what it means, and its text as the ledger shows it ("250 2.0.0 Ok").

    `is_unknown`: it says that there is no such recipient, now and later.
    """

    kind: Kind
    text: str
    is_unknown: bool = False


def shown(code: int, text: bytes) -> str:
    """Return code and text of a reply as one line of at most `LONGEST_TEXT` characters."""
    return f"{code} {text.decode('utf-8', 'replace').strip()}"[:LONGEST_TEXT]


def read_reply(code: int, text: bytes) -> HopAnswer:
    """Return what a reply means where 2yz is success (RFC 5321 4.2.1)."""
    line = shown(code, text)
    if 200 <= code < 300:
        return HopAnswer(Kind.TAKEN, line)
    if _speaks_of_hop(code, line):
        return HopAnswer(Kind.TROUBLE, line)
    if code < 500:
        return HopAnswer(Kind.LATER, line)
    return HopAnswer(Kind.REFUSED, line)


def is_overflow(code: int, text: bytes) -> bool:
    """Return whether a reply to RCPT may mean that the transaction has too many recipients, rather than that this one is bad.

    RFC 5321 4.5.3.1.10 says 452, and that 552 of older servers means the same; RFC 3463 says X.5.3. A status X.2.z speaks of
    the mailbox (full, say).
    """
    status = enhanced_status(shown(code, text))
    if status:
        return status[1:] == ".5.3" or (code in {452, 552} and not status[1:].startswith(".2."))
    return code in {452, 552}


def is_unknown_recipient(code: int, text: str) -> bool:
    """Return whether the reply to a RCPT (or, of a lone recipient, to the content) says that there is no such mailbox.

    RFC 3463 3.2 and 3.3: X.1.z speaks of the address (X.1.7 and X.1.8 of the sender's), X.2.1 of a mailbox that is disabled.
    Without a status 550 says so (RFC 5321 4.2.3), unless its words are about the sender, the content or the relay.
    """
    if code < 500:
        return False
    status = enhanced_status(text)
    is_about_other = _OTHER_THAN_RECIPIENT.search(text) is not None
    if status:
        is_sender = status in {"5.1.7", "5.1.8"} or (status == "5.1.0" and is_about_other)
        return status == "5.2.1" or (status.startswith("5.1.") and not is_sender)
    return code == 550 and not is_about_other


def enhanced_status(text: str) -> str:
    """Return the first enhanced status in a line, such as "5.1.1"; "" where it has none (RFC 3463)."""
    found = _ENHANCED_STATUS.search(text)
    return found.group(0) if found else ""


def _speaks_of_hop(code: int, line: str) -> bool:
    if code < 400 or code in {421, 530}:  # out of step; closing (RFC 5321 3.8); wants TLS or AUTH first (RFC 4954 6)
        return True
    # RFC 3463 3.4 and 3.5: X.3.z is the state of the mail system, X.4.z the network and routing
    return code < 500 and enhanced_status(line).startswith(("4.3.", "4.4."))
