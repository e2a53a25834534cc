from __future__ import annotations

from mailguard.replies.report import MAX_GROUPS, find_reports, message_ids, returned_header
from tests.reply_mail import parts_of, report_mail

STATUS = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\n\n\nFinal-Recipient: rfc822; c@d.example\n"


def test_groups_of_fields_are_told_apart() -> None:
    mail = report_mail("delivery-status", ("text/plain", "x"), ("message/delivery-status", STATUS))
    (report,) = find_reports(parts_of(mail))
    assert report.kind == "delivery-status"
    assert [group.first("final-recipient") for group in report.groups] == ["", "rfc822; a@b.example", "rfc822; c@d.example"]


def test_internationalised_report_is_the_same_kind() -> None:
    mail = report_mail("delivery-status", ("message/global-delivery-status", STATUS))
    assert find_reports(parts_of(mail))[0].kind == "delivery-status"


def test_returned_header_is_found() -> None:
    for content_type in ("message/rfc822", "text/rfc822-headers"):
        mail = report_mail(
            "delivery-status", (content_type, "Message-ID: <1@bank.example>\nX-Message-ID: <1@bank.example>\n\nHello")
        )
        header = returned_header(parts_of(mail))
        assert message_ids(header) == ("1@bank.example",)


def test_without_one_it_is_empty() -> None:
    assert message_ids(returned_header(())) == ()


def test_groups_are_bounded_and_a_header_too_long_is_empty() -> None:
    many = report_mail("delivery-status", ("message/delivery-status", "A: b\n\n" * 1_000))
    assert len(find_reports(parts_of(many))[0].groups) == MAX_GROUPS
    odd = report_mail("delivery-status", ("message/delivery-status", "a: b\n" * 3_000))
    assert find_reports(parts_of(odd))[0].groups[0].fields == ()
