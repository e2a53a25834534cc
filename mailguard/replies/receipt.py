"""Receipts: a mail program tells that a mail was shown or deleted (MDN, RFC 8098; Exchange's and Outlook's own forms)."""

from __future__ import annotations

from collections.abc import Sequence

from mailguard.mail.header import Header
from mailguard.replies.automatic_words import RECEIPT_SUBJECTS, RECEIPTS
from mailguard.replies.report import Report

_EXCHANGE_CLASS = "urn:content-classes:mdn"
_LOOKED_AT = 2_000


def is_read_receipt(header: Header, reports: Sequence[Report], *, subject: str, text: str) -> bool:
    """Whether the mail says that one was read: by its report or class, or by a receipt's subject and words together."""
    if any(report.kind == "disposition-notification" for report in reports):
        return True
    if header.first("content-class").lower() == _EXCHANGE_CLASS:
        return True
    return RECEIPT_SUBJECTS.search(subject) is not None and RECEIPTS.search(text[:_LOOKED_AT]) is not None
