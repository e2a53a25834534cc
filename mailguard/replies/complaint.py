"""Complaints: a recipient told a mail provider that a mail is unwanted (ARF, RFC 5965; Microsoft's JMRP; SpamCop)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailguard.mail.address_list import parse_address_list
from mailguard.mail.header import Header
from mailguard.mail.mailbox import Mailbox
from mailguard.replies.report import Report, message_ids

_JMRP = re.compile(r"\s*complaint about message from ", re.IGNORECASE)
_SPAMCOP = re.compile(r"\s*\[SpamCop \(", re.IGNORECASE)
_COMPLAINED_OF = ("original-rcpt-to", "removal-recipient")
_JMRP_RECIPIENT = "x-hmxmroriginalrecipient"
# Reports about what is no complaint: failed authentication (RFC 6591), and a mail taken out of a spam folder (RFC 6430).
_NO_COMPLAINTS = frozenset({"auth-failure", "not-spam", "dmarc"})
_LONGEST_TYPE = 40
_MOST_RECIPIENTS = 100


@dataclass(frozen=True, slots=True)
class ComplaintReport:
    """`feedback_type` is that of RFC 5965 3.1, lower case, "abuse" where none is told.

    `message_ids` and `recipients` are those of the mail complained of; a provider may have blackened the recipients.
    """

    feedback_type: str
    message_ids: tuple[str, ...]
    recipients: tuple[Mailbox, ...]

    @property
    def is_complaint(self) -> bool:
        """Whether it complains of the mail."""
        return self.feedback_type not in _NO_COMPLAINTS

    @property
    def is_opt_out(self) -> bool:
        """Whether it only asks to be taken off a list."""
        return self.feedback_type.startswith("opt-out")


def read_complaint(header: Header, reports: Sequence[Report], returned: Header) -> ComplaintReport | None:
    """Return the feedback report, None where the mail is none; `returned` is the header of the mail complained of."""
    report = next((each for each in reports if each.kind == "feedback-report"), None)
    if report is not None:
        return _arf(report, returned)
    subject = header.first("subject")
    is_jmrp = _JMRP.match(subject) is not None or _JMRP_RECIPIENT in returned.names
    if is_jmrp or _SPAMCOP.match(subject):
        told = (*_mailboxes(returned, _JMRP_RECIPIENT), *_mailboxes(header, _JMRP_RECIPIENT), *_mailboxes(returned, "to"))
        return ComplaintReport("abuse", message_ids(returned), _each_once(told))
    return None


def _arf(report: Report, returned: Header) -> ComplaintReport:
    types = (group.first("feedback-type") for group in report.groups)
    kind = next(filter(None, types), "abuse").strip().lower()[:_LONGEST_TYPE]
    told = [mailbox for group in report.groups for name in _COMPLAINED_OF for mailbox in _mailboxes(group, name)]
    return ComplaintReport(kind, message_ids(returned, *report.groups), _each_once(told or _mailboxes(returned, "to")))


def _mailboxes(header: Header, name: str) -> list[Mailbox]:
    return [mailbox for value in header.all(name) for mailbox in parse_address_list(value)]


def _each_once(mailboxes: Sequence[Mailbox]) -> tuple[Mailbox, ...]:
    return tuple({mailbox.canonical: mailbox for mailbox in reversed(mailboxes)}.values())[::-1][:_MOST_RECIPIENTS]
