from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.policy.reply import Kind
from mailguard.replies.read_reply import ReadReply, read_reply
from tests.reply_mail import CET, QUOTED, RECEIVED_AT, WRITTEN_AT, multipart, reply_mail, report_mail


def _read(octets: bytes) -> ReadReply:
    return read_reply(
        octets, received_at=RECEIVED_AT, authserv_ids=("mx.bank.example",), envelope_recipients=("e@bank.example",)
    )


def test_reply_is_read() -> None:
    found = _read(reply_mail(f"Bitte schicken Sie mir die Karte an meine neue Adresse.\n{QUOTED}"))
    assert found.kind is Kind.HUMAN
    assert found.text == "Bitte schicken Sie mir die Karte an meine neue Adresse."
    assert found.language == "de"
    assert found.message_id == "1@mail.example"
    assert found.thread.in_reply_to == ("2@bank.example",)
    assert found.originator is not None
    assert found.originator.display_name == "Ada Lovelace"
    assert [mailbox.wire for mailbox in found.recipients] == ["e@bank.example", "service@bank.example"]
    assert found.subject == "Re: Your card"
    assert found.written_at == WRITTEN_AT
    assert found.score is None
    assert not found.is_authenticated
    assert not found.unreadable


def test_score_is_read_of_humans_only() -> None:
    assert (_read(reply_mail("9")).score, _read(reply_mail("9")).is_bare_score) == (9, True)
    assert _read(reply_mail("9", {"Auto-Submitted": "auto-replied"})).score is None


def test_return_is_read_of_absence_notices_only() -> None:
    text = "Ich bin bis zum 27.11. nicht im Büro."
    absent = _read(reply_mail(text, {"Auto-Submitted": "auto-replied"}))
    assert absent.detail == "out_of_office"
    assert absent.returns_at == datetime(2026, 11, 27, tzinfo=CET)
    assert _read(reply_mail(text)).returns_at is None


def test_return_is_reckoned_from_receipt_where_no_date_is_told() -> None:
    found = _read(reply_mail("Out of office until Monday.", {"Auto-Submitted": "auto-replied", "Date": ""}))
    assert found.returns_at == datetime(2026, 11, 23, tzinfo=RECEIVED_AT.tzinfo)


def test_originator_is_vouched_for() -> None:
    octets = b"Authentication-Results: mx.bank.example; dmarc=pass\r\n" + reply_mail()
    assert _read(octets).is_authenticated


def test_report_tells_no_language() -> None:
    mail = report_mail(
        "delivery-status",
        ("text/plain", "Your mail could not be delivered, we are sorry for that."),
        ("message/delivery-status", "Final-Recipient: rfc822; a@b.example\n"),
    )
    assert _read(mail).language == ""
    assert _read(mail).bounce is not None


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"a: b\n" * 3_000 + b"\n", "its header has more than 2000 fields"),
        (b"id,name\n1,Ada\n", "is no mail: it has no From, Date, Subject or any such field"),
        (bytes(range(256)) * 40, "is no mail: it has no From, Date, Subject or any such field"),
        (reply_mail("x", {"Content-Type": "text/plain" + ";a=b" * 1_000}), "a field of it has more than 100 parameters"),
        (
            reply_mail(multipart("mixed", *[("text/plain", "x")] * 600)[0], {"Content-Type": "multipart/mixed; boundary=B"}),
            "it has more than 500 parts",
        ),
    ],
)
def test_what_cannot_be_read_is_said(octets: bytes, reason: str) -> None:
    found = _read(octets)
    assert found.unreadable == reason
    assert len(found.key) == 16
    assert found.size == len(octets)


def test_what_nobody_foresaw_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr("mailguard.replies.read_reply.read_written", broken)
    assert _read(reply_mail()).unreadable == "its parts could not be read"


HOSTILE = {
    "quoted": "> x\n" * 50_000 + "answer",
    "on": "On " * 20_000,
    "wrote": "On 10:10 a@b wrote :\n" * 5_000,
    "header": "From: a\n" * 20_000,
    "marks": "\n".join(">" * count for count in range(500)),
    "rules": ("-*" * 145 + "\n") * 500,
    "closings": "x\n\n" + "Best regards\n" * 20_000,
    "nul": "\0\x1e\ufdd0\ufdd1" * 2_000,
    "dates": "out of office until 24.11.2026 " * 3_000,
    "html": "<blockquote>" * 20_000 + "<div>" * 20_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("content_type", ["text/plain; charset=utf-8", "text/html", "text/plain; format=flowed; charset=zlib"])
@pytest.mark.parametrize("fields", [{}, {"Return-Path": "<>", "Subject": "Undelivered mail"}])
def test_hostile_mail_is_read_to_its_end(body: str, content_type: str, fields: dict[str, str]) -> None:
    assert not _read(reply_mail(body, {"Content-Type": content_type, **fields})).unreadable


PIECES = st.sampled_from(
    [b"\n", b"\r\n", b"> ", b"On ", b" wrote:\n", b"From: ", b"Sent: ", b"To: ", b"Subject: ", b"-- \n", b"<div>", b"<blockquote>", b"--B\n", b"--B--",
     b"Content-Type: text/html\n\n", b"Content-Type: multipart/report; boundary=B\n\n", b"Content-Type: message/delivery-status\n\n", b"Auto-Submitted: auto-replied\n",
     b"Final-Recipient: rfc822; ", b"\0", b"\xff", b"=?utf-8?b?", b"until 24.11.2026", b"9", b"\xf0\x9f\x91\x8d", b"Return-Path: <>\n", b"550 5.1.1 "]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=40).map(b"".join)))
def test_no_octets_raise(octets: bytes) -> None:
    found = _read(octets)
    assert len(found.key) == 16
    found.text.encode()
    found.subject.encode()
