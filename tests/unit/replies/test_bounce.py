from __future__ import annotations

import pytest

from mailguard.mail.header import scan
from mailguard.replies.bounce import BounceReport, is_hard_failure, read_bounce, status_of
from mailguard.replies.report import find_reports, returned_header
from tests.reply_mail import parts_of, report_mail


def _read(fields: str, *, message: str = "Reporting-MTA: dns; mx.example\nOriginal-Envelope-Id: E1\n") -> BounceReport:
    mail = report_mail(
        "delivery-status",
        ("message/delivery-status", f"{message}\n{fields}"),
        ("message/rfc822", "Message-ID: <7@bank.example>\nTo: ada@mail.example\n\nHello"),
    )
    parts = parts_of(mail)
    bounce = read_bounce(find_reports(parts), returned_header(parts))
    assert bounce is not None
    return bounce


def test_recipient_status_and_original_are_read() -> None:
    bounce = _read(
        "Original-Recipient: rfc822; Ada@Mail.example\nFinal-Recipient: rfc822;ada@inner.example\nAction: failed (x)\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\n"
    )
    (recipient,) = bounce.recipients
    assert recipient.mailbox.canonical == "ada@mail.example"
    assert recipient.final.wire == "ada@inner.example"
    assert (recipient.action, recipient.status, recipient.is_hard) == ("failed", "5.1.1", True)
    assert bounce.is_hard
    assert bounce.message_ids == ("7@bank.example",)
    assert bounce.envid == "E1"
    assert not bounce.is_receipt


def test_delay_is_soft() -> None:
    bounce = _read("Final-Recipient: rfc822; a@b.example\nAction: delayed\nStatus: 4.4.1\n")
    assert not bounce.is_hard
    assert bounce.recipients[0].action == "delayed"


def test_delivery_is_a_receipt() -> None:
    assert _read("Final-Recipient: rfc822; a@b.example\nAction: delivered\nStatus: 2.0.0\n").is_receipt
    assert _read("Final-Recipient: rfc822; a@b.example\nStatus: 2.0.0\n").is_receipt


def test_missing_action_is_told_by_the_status() -> None:
    assert _read("Final-Recipient: rfc822; a@b.example\nStatus: 4.0.0\n").recipients[0].action == "delayed"
    assert _read("Final-Recipient: rfc822; a@b.example\n").recipients[0].action == "failed"


def test_internationalised_recipient_is_decoded() -> None:
    bounce = _read("Final-Recipient: utf-8; j\\x{F6}rg@b.example\nAction: failed\nStatus: 5.1.1\n")
    assert bounce.recipients[0].mailbox.wire == "jörg@b.example"
    assert _read("Final-Recipient: utf-8; j\\x{D800}@b.example\n").recipients


def test_recipient_that_is_none_is_left_out() -> None:
    assert _read("Final-Recipient: rfc822; nobody\nAction: failed\n").recipients == ()


def test_address_without_type_is_read() -> None:
    assert _read("Final-Recipient: <a@b.example>\nAction: failed\nStatus: 5.1.1\n").recipients[0].mailbox.wire == "a@b.example"


def test_no_report_is_no_bounce() -> None:
    assert read_bounce((), scan(b"")) is None


@pytest.mark.parametrize(
    ("status", "said", "is_hard"),
    [
        ("5.1.1", "550 5.1.1 User unknown", True),
        ("5.0.0", "", True),
        ("5", "", True),
        ("", "", True),
        ("5.2.1", "mailbox disabled", True),
        ("5.4.1", "Recipient address rejected: Access denied", True),
        ("5.7.1", "550 no such user here", True),
        ("5.2.2", "", False),
        ("5.0.0", "552 mailbox is full", False),
        ("5.7.1", "message refused as spam", False),
        ("5.7.26", "unauthenticated mail, DMARC policy", False),
        ("5.3.4", "", False),
        ("5.1.8", "", False),
        ("4.4.7", "user unknown", False),
    ],
)
def test_hard_says_that_the_mailbox_takes_no_mail(status: str, said: str, is_hard: bool) -> None:  # noqa: FBT001 - a table of cases
    assert is_hard_failure(status, said) is is_hard


def test_status_of_the_diagnostic_says_more_than_failed() -> None:
    fields = "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 552 5.2.2 over\n"
    assert not _read(fields).is_hard


@pytest.mark.parametrize(
    ("text", "status"), [("550 5.7.1 no", "5.7.1"), ("said 550 no", "5"), ("in 2026", ""), ("421 later", "4")]
)
def test_status_is_found_in_words(text: str, status: str) -> None:
    assert status_of(text) == status
