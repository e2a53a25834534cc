from __future__ import annotations

from mailguard.mail.header import scan
from mailguard.replies.complaint import ComplaintReport, read_complaint
from mailguard.replies.report import find_reports, returned_header
from tests.reply_mail import multipart, parts_of, reply_mail, report_mail

RETURNED = ("message/rfc822", "Message-ID: <7@bank.example>\nTo: ada@mail.example\n\nHello")


def _read(octets: bytes) -> ComplaintReport | None:
    parts = parts_of(octets)
    return read_complaint(scan(octets), find_reports(parts), returned_header(parts))


def _arf(fields: str) -> ComplaintReport:
    found = _read(report_mail("feedback-report", ("message/feedback-report", fields), RETURNED))
    assert found is not None
    return found


def test_feedback_report_names_mail_and_recipient() -> None:
    found = _arf("Feedback-Type: Abuse\nVersion: 1\nOriginal-Rcpt-To: <ada@mail.example>\n")
    assert found.feedback_type == "abuse"
    assert found.is_complaint
    assert found.message_ids == ("7@bank.example",)
    assert [str(mailbox) for mailbox in found.recipients] == ["ada@mail.example"]


def test_recipient_is_that_of_the_mail_where_none_is_told() -> None:
    assert [str(mailbox) for mailbox in _arf("Version: 1\n").recipients] == ["ada@mail.example"]


def test_reports_of_authentication_and_of_good_mail_complain_of_nothing() -> None:
    assert not _arf("Feedback-Type: auth-failure\n").is_complaint
    assert not _arf("Feedback-Type: not-spam\n").is_complaint
    assert _arf("Feedback-Type: opt-out\n").is_opt_out


def test_microsofts_form_is_read() -> None:
    body, content_type = multipart("mixed", ("message/rfc822", "X-HmXmrOriginalRecipient: ada@mail.example\n" + RETURNED[1]))
    for subject in ("complaint about message from 192.0.2.1", "x"):
        found = _read(reply_mail(body, {"Subject": subject, "Content-Type": content_type}))
        assert found is not None
        assert [str(mailbox) for mailbox in found.recipients] == ["ada@mail.example"]


def test_spamcop_complains() -> None:
    assert _read(reply_mail("x", {"Subject": "[SpamCop (192.0.2.1) id:1]Offer"})) is not None


def test_other_mail_is_no_complaint() -> None:
    assert _read(reply_mail("I complain about your message!")) is None
