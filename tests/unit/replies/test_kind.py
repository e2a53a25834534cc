from __future__ import annotations

from mailguard.policy.reply import Kind
from mailguard.replies.read_reply import ReadReply, read_reply
from tests.reply_mail import RECEIVED_AT, multipart, reply_mail, report_mail


def _read(octets: bytes, *, reverse_path: str | None = None) -> ReadReply:
    return read_reply(octets, received_at=RECEIVED_AT, reverse_path=reverse_path)


def _kind(octets: bytes, *, reverse_path: str | None = None) -> tuple[Kind, str]:
    found = _read(octets, reverse_path=reverse_path)
    return found.kind, found.detail


def test_what_has_no_sign_of_another_kind_is_human() -> None:
    assert _kind(reply_mail()) == (Kind.HUMAN, "")
    assert _kind(reply_mail("")) == (Kind.HUMAN, "")


def test_complaint_and_what_only_looks_like_one() -> None:
    def report(kind: str) -> bytes:
        return report_mail("feedback-report", ("message/feedback-report", f"Feedback-Type: {kind}\n"))

    assert _kind(report("abuse")) == (Kind.COMPLAINT, "abuse")
    assert _kind(report("not-spam")) == (Kind.AUTOMATIC, "notification")
    assert _kind(report("opt-out")) == (Kind.UNSUBSCRIBE, "")


def test_bounce_and_delivery_receipt() -> None:
    def report(action: str, status: str) -> bytes:
        fields = f"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b.example\nAction: {action}\nStatus: {status}\n"
        return report_mail("delivery-status", ("message/delivery-status", fields))

    assert _kind(report("failed", "5.1.1")) == (Kind.BOUNCE, "hard")
    assert _kind(report("failed", "5.2.2")) == (Kind.BOUNCE, "soft")
    assert _kind(report("delayed", "4.2.2")) == (Kind.BOUNCE, "soft")
    assert _kind(report("relayed", "2.0.0")) == (Kind.AUTOMATIC, "delivery_receipt")


def test_bounce_in_free_words() -> None:
    mail = reply_mail(
        "The following address failed: ada@mail.example\n550 5.1.1 unknown user", {"Subject": "Mail delivery failed"}
    )
    assert _kind(mail, reverse_path="") == (Kind.BOUNCE, "hard")


def test_read_receipt() -> None:
    mail = report_mail(
        "disposition-notification", ("message/disposition-notification", "Disposition: manual-action; displayed\n")
    )
    assert _kind(mail) == (Kind.AUTOMATIC, "read_receipt")


def test_unsubscription_is_none_where_a_program_answers() -> None:
    assert _kind(reply_mail("unsubscribe")) == (Kind.UNSUBSCRIBE, "")
    assert _kind(reply_mail("unsubscribe", {"Auto-Submitted": "auto-replied"}))[0] is Kind.AUTOMATIC


def test_answer_to_an_invitation() -> None:
    body, content_type = multipart("alternative", ("text/plain", ""), ("text/calendar; method=REPLY", "BEGIN:VCALENDAR"))
    assert _kind(reply_mail(body, {"Content-Type": content_type})) == (Kind.AUTOMATIC, "calendar")
    body, content_type = multipart("mixed", ("text/plain", "I come later."), ("text/calendar; method=REPLY", "BEGIN:VCALENDAR"))
    assert _kind(reply_mail(body, {"Content-Type": content_type})) == (Kind.HUMAN, "")


def test_null_reverse_path_in_the_header_counts_where_the_envelope_is_not_known() -> None:
    mail = reply_mail("I am away.", {"Return-Path": "<>"})
    assert _kind(mail)[0] is Kind.AUTOMATIC
    assert _kind(mail, reverse_path="ada@mail.example")[0] is Kind.HUMAN
