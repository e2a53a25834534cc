"""Delivery status notifications that come in (RFC 3464, with the status codes of RFC 3463): whose mail failed, and how.

*Hard* says that the mailbox does not take mail: there is none of that name, or it was closed. A full mailbox, a mail that was
too large or refused for what it said, and all that may pass are *soft*: they say nothing final of the mailbox.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailguard.mail.address_list import parse_address_list
from mailguard.mail.header import Header
from mailguard.mail.mailbox import Mailbox
from mailguard.replies.report import Report, message_ids

MAX_RECIPIENTS: Final = 100
_LONGEST_DIAGNOSTIC = 500
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")  # RFC 3463 2
_BASIC = re.compile(r"\b([45])[0-5]\d\b")
_UTF8_ADDRESS = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")  # RFC 6533 3
_LARGEST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)

# What servers say whatever their status: many give 5.0.0, 5.7.1 or 5.4.1 for a mailbox that does not exist.
_UNKNOWN = re.compile(
    r"(?:user|recipient|mailbox|account|address|alias)[^.;\n]{0,60}(?:unknown|not found|does(?:n't| not) exist|no longer"
    r"|disabled"
    r"|inactive|closed|deactivated|not exist|invalid|access denied|rejected: (?:undeliverable|user|not|access)"
    r"|unavailable \(550)"
    r"|(?:unknown|no such|invalid|nonexistent|non-existent|inactive|disabled) (?:local )?(?:user|recipient|mailbox"
    r"|account|address|alias)"
    r"|no mailbox (?:here )?by that name|not a (?:valid|known) (?:user|mailbox|recipient)|unrouteable address"
    r"|domain (?:name )?not found"
    r"|host (?:or domain name )?not found|nxdomain|null mx|unbekannt|existiert nicht|nicht gefunden|n'existe pas|inconnu"
    r"|no existe"
    r"|desconocid|inesistente|sconosciut|bestaat niet|onbekend|не существует|неизвестн",
    re.IGNORECASE,
)
_PASSING = re.compile(
    r"(?:mail ?box|quota|storage|disk|inbox)[^.;\n]{0,60}(?:full|exceed|over|limit|voll|pleine|llen|pien|cheia|vol\b)"
    r"|over ?quota"
    r"|quota (?:is )?exceeded|full mailbox|too (?:large|big|many)|size limit|greylist|temporar|try (?:again|later)"
    r"|deferred|delayed"
    r"|timed? ?out|connection refused|spam|blacklist|blocklist|block list|blocked|policy|reputation|dmarc|spf|dkim"
    r"|content (?:reject|filter|block|restrict)|virus"
    r"|vorübergehend|verzögert|überschritten|temporaire|temporal",
    re.IGNORECASE,
)
# None of that name, closed, no such host; and those that say no more than failed (RFC 3463 3).
_HARD_STATUS = re.compile(r"5\.(?:0\.\d+|1\.(?![78]\b)\d+|2\.[01]|3\.0|4\.(?:0|1|4|310))\b")


@dataclass(frozen=True, slots=True)
class BouncedRecipient:
    """One recipient that is told of.

    `mailbox` is whom the sender wrote to (Original-Recipient, else Final-Recipient), `final` whom the mail failed at. `status`
    is an enhanced status, "" where none was told; `action` lower case: "failed", "delayed", "delivered", …
    """

    mailbox: Mailbox
    final: Mailbox
    is_hard: bool
    status: str = ""
    action: str = "failed"
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class BounceReport:
    """What a bounce says: of whom, and of which mail. `message_ids` and `envid` (RFC 3461 4.4) are those of the mail sent.

    `is_hard`: it is a hard one, of one of its recipients or, in free words that name nobody, as a whole.
    """

    recipients: tuple[BouncedRecipient, ...]
    message_ids: tuple[str, ...] = ()
    envid: str = ""
    is_hard: bool = False

    @property
    def is_receipt(self) -> bool:
        """Whether it says of all its recipients that the mail arrived or was passed on."""
        return bool(self.recipients) and all(recipient.action in _ARRIVED for recipient in self.recipients)


_ARRIVED = frozenset({"delivered", "relayed", "expanded"})


def read_bounce(reports: Sequence[Report], returned: Header) -> BounceReport | None:
    """Return what the delivery status among the reports says, None where there is none; `returned` is the mail's own header."""
    report = next((each for each in reports if each.kind in {"delivery-status", "tracking-status"}), None)
    if report is None:
        return None
    recipients = [found for group in report.groups if (found := _recipient(group)) is not None]
    envid = next(filter(None, (group.first("original-envelope-id") for group in report.groups)), "")
    is_hard = any(recipient.is_hard for recipient in recipients)
    return BounceReport(tuple(recipients[:MAX_RECIPIENTS]), message_ids(*report.groups, returned), envid, is_hard=is_hard)


def status_of(text: str) -> str:
    """Return the enhanced status that a text names, or the class of its basic one ("5"); "" where it names none."""
    found = _ENHANCED.search(text)
    if found is not None:
        return found[0]
    basic = _BASIC.search(text)
    return basic[1] if basic is not None else ""


def is_hard_failure(status: str, said: str) -> bool:
    """Whether a failure with this status, of which the server said this, says that the mailbox takes no mail at all."""
    if status.startswith("4"):
        return False
    if _UNKNOWN.search(said):
        return True
    if _PASSING.search(said):
        return False
    return _HARD_STATUS.match(status) is not None or status in {"5", ""}


def _recipient(group: Header) -> BouncedRecipient | None:
    final = _mailbox(group.first("final-recipient"))
    mailbox = _mailbox(group.first("original-recipient")) or final
    if mailbox is None:
        return None
    status = status_of(group.first("status"))
    diagnostic = group.first("diagnostic-code")[:_LONGEST_DIAGNOSTIC]
    action = group.first("action").partition("(")[0].strip().lower() or {"2": "delivered", "4": "delayed"}.get(
        status[:1], "failed"
    )
    is_hard = action == "failed" and is_hard_failure(_better(status, diagnostic), diagnostic)
    return BouncedRecipient(mailbox, final or mailbox, is_hard, status, action, diagnostic)


def _better(status: str, diagnostic: str) -> str:
    """Return the status that says more: that of the diagnostic where the field's own says no more than failed."""
    told = status_of(diagnostic)
    return told if status in {"", "5.0.0"} and told else status


def _mailbox(value: str) -> Mailbox | None:
    """Return the mailbox of a recipient field, `type; address` (RFC 3464 2.3.1, RFC 6533 3)."""
    address_type, semicolon, address = value.partition(";")
    address = address if semicolon else address_type
    if "\\x" in address:
        address = _UTF8_ADDRESS.sub(_character, address)
    return next(iter(parse_address_list(address.strip()[:_LONGEST_DIAGNOSTIC])), None)


def _character(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if number <= _LARGEST_CODE_POINT and number not in _SURROGATES else found[0]
