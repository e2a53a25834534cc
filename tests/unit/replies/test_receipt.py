from __future__ import annotations

import pytest

from mailguard.mail.header import scan
from mailguard.replies.receipt import is_read_receipt
from mailguard.replies.report import find_reports
from tests.reply_mail import parts_of, reply_mail, report_mail


def test_report_is_a_receipt() -> None:
    mail = report_mail(
        "disposition-notification", ("message/disposition-notification", "Disposition: manual-action; displayed\n")
    )
    assert is_read_receipt(scan(mail), find_reports(parts_of(mail)), subject="", text="")


def test_exchanges_class_is_a_receipt() -> None:
    assert is_read_receipt(scan(reply_mail("", {"Content-Class": "urn:content-classes:mdn"})), (), subject="", text="")


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("Read: Your card", "Your message was read on Friday.", True),
        ("Gelesen: Ihre Karte", "Ihre Nachricht wurde am Freitag gelesen.", True),
        ("Read: Your card", "Yes, I did.", False),
        ("Re: Your card", "It was read on Friday.", False),
        ("開封済み: カード", "メッセージは開封されました", True),
    ],
)
def test_subject_and_words_make_a_receipt_together(subject: str, text: str, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert is_read_receipt(scan(reply_mail()), (), subject=subject, text=text) is expected
