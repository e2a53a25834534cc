"""Delivery status notifications, read back with Python's own parser."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import Message

import pytest

from mailguard.mail.dsn import MAX_RETURNED_OCTETS, Dsn, DsnAction, DsnRecipient, build_dsn
from mailguard.mail.header import MAX_HEADER_OCTETS

_NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
_FAILED = DsnRecipient(mailbox="ada@x.example", action=DsnAction.FAILED, status="5.1.1", reason="There is no such mailbox.")
_DELAYED = DsnRecipient(
    mailbox="bob@y.example",
    action=DsnAction.DELAYED,
    status="4.4.1",
    reason="The next hop does not answer.",
    retry_until=_NOW + timedelta(days=5),
)
_DSN = Dsn(
    to="app@shop.example",
    hostname="mg.shop.example",
    message_id="dsn1@mg.shop.example",
    boundary="01JDBOUNDARY",
    now=_NOW,
    arrived_at=_NOW - timedelta(hours=1),
    recipients=(_FAILED,),
    original=b"Subject: Order\r\nTo: ada@x.example\r\n\r\nYour order is packed.\r\n",
)


def _parts(dsn: Dsn) -> tuple[Message, list[Message]]:
    octets = build_dsn(dsn)
    assert octets.endswith(b"--\r\n")
    assert octets.replace(b"\r\n", b"").count(b"\n") == 0
    message = email.message_from_bytes(octets, policy=email.policy.compat32)
    assert message.defects == []
    parts = message.get_payload()
    assert isinstance(parts, list)
    return message, [part for part in parts if isinstance(part, Message)]


def _groups(dsn: Dsn) -> list[Message]:
    _, (_, status, _) = _parts(dsn)
    groups = status.get_payload()
    assert isinstance(groups, list)
    return [group for group in groups if isinstance(group, Message)]


def _recipient(recipient: DsnRecipient) -> Message:
    return _groups(replace(_DSN, recipients=(recipient,)))[1]


def test_notification_is_a_report_in_three_parts() -> None:
    message, parts = _parts(_DSN)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["To"] == "<app@shop.example>"
    assert message["From"] == "Mail Delivery System <MAILER-DAEMON@mg.shop.example>"
    assert message["Message-ID"] == "<dsn1@mg.shop.example>"
    assert message["Date"] == "Sat, 21 Nov 2026 10:00:00 +0000"
    assert "In-Reply-To" not in message
    assert [part.get_content_type() for part in parts] == ["text/plain", "message/delivery-status", "message/rfc822"]


def test_fields_of_the_message() -> None:
    fields = _groups(replace(_DSN, envid="QQ+3D314"))[0]
    assert fields["Reporting-MTA"] == "dns; mg.shop.example"
    assert fields["Arrival-Date"] == "Sat, 21 Nov 2026 09:00:00 +0000"
    assert fields["Original-Envelope-Id"] == "QQ=314"
    assert "Original-Envelope-Id" not in _groups(_DSN)[0]


def test_fields_of_a_recipient() -> None:
    fields = _recipient(
        replace(
            _FAILED,
            orcpt="rfc822;ada+2Blists@x.example",
            next_hop="mx.x.example:25",
            diagnostic="550 5.1.1 no",
            last_attempt=_NOW,
        )
    )
    assert fields.items() == [
        ("Original-Recipient", "rfc822; ada+lists@x.example"),
        ("Final-Recipient", "rfc822; ada@x.example"),
        ("Action", "failed"),
        ("Status", "5.1.1"),
        ("Remote-MTA", "dns; mx.x.example"),
        ("Diagnostic-Code", "smtp; 550 5.1.1 no"),
        ("Last-Attempt-Date", "Sat, 21 Nov 2026 10:00:00 +0000"),
    ]


def test_fields_that_are_not_known_are_left_out() -> None:
    assert _recipient(_FAILED).keys() == ["Final-Recipient", "Action", "Status"]


def test_each_recipient_has_a_group() -> None:
    groups = _groups(replace(_DSN, recipients=(_FAILED, _DELAYED)))
    assert [group["Action"] for group in groups[1:]] == ["failed", "delayed"]


def test_delay_tells_until_when_it_is_tried_and_returns_the_header_only() -> None:
    message, parts = _parts(replace(_DSN, recipients=(_DELAYED,), ret="FULL"))
    assert message["Subject"] == "Mail that is delayed, and still tried"
    assert "still tried until Thu, 26 Nov 2026" in str(parts[0].get_payload())
    assert _recipient(_DELAYED)["Will-Retry-Until"] == "Thu, 26 Nov 2026 10:00:00 +0000"
    assert parts[2].get_content_type() == "text/rfc822-headers"


def test_delay_without_a_known_end() -> None:
    recipient = replace(_DELAYED, retry_until=None)
    _, parts = _parts(replace(_DSN, recipients=(recipient,)))
    assert "it is still tried." in str(parts[0].get_payload())
    assert "Will-Retry-Until" not in _recipient(recipient)


def test_person_reads_who_said_what() -> None:
    recipients = (replace(_FAILED, next_hop="mx:25", diagnostic="550 no"), replace(_FAILED, diagnostic="550 never"))
    text = str(_parts(replace(_DSN, recipients=recipients))[1][0].get_payload())
    assert "<ada@x.example>: There is no such mailbox." in text
    assert "mx:25 said: 550 no" in text
    assert "the next hop said: 550 never" in text


def test_whole_message_comes_back_to_the_octet() -> None:
    assert b"\r\n\r\n" + _DSN.original + b"\r\n--01JDBOUNDARY--" in build_dsn(_DSN)


@pytest.mark.parametrize("ret", ["HDRS", "hdrs"])
def test_header_alone_comes_back_when_asked(ret: str) -> None:
    octets = build_dsn(replace(_DSN, ret=ret))
    assert b"Content-Type: text/rfc822-headers\r\n\r\nSubject: Order\r\nTo: ada@x.example\r\n\r\n--" in octets
    assert b"packed" not in octets


@pytest.mark.parametrize(("size", "is_whole"), [(MAX_RETURNED_OCTETS, True), (MAX_RETURNED_OCTETS + 1, False)])
def test_big_message_comes_back_as_its_header(size: int, *, is_whole: bool) -> None:
    original = _DSN.original[:-2] + b"x" * (size - len(_DSN.original)) + b"\r\n"
    assert (b"packed" in build_dsn(replace(_DSN, original=original))) is is_whole


@pytest.mark.parametrize("fields", [1_000, 2_001, MAX_HEADER_OCTETS // 100 + 100])
def test_big_header_is_cut_at_a_line(fields: int) -> None:
    line = b"X: " + b"y" * 95 + b"\r\n"
    part = _parts(replace(_DSN, original=line * fields + b"\r\nbody\r\n"))[1][2]
    returned = str(part.get_payload())
    assert len(returned) <= MAX_RETURNED_OCTETS
    assert returned.splitlines()[-1] == "X: " + "y" * 95


def test_original_message_id_makes_a_thread() -> None:
    message, _ = _parts(replace(_DSN, original_message_id="a@x"))
    assert message["In-Reply-To"] == message["References"] == "<a@x>"
    assert "References" not in _parts(replace(_DSN, original_message_id="é@x"))[0]


def test_diagnostic_cannot_begin_a_field() -> None:
    fields = _recipient(replace(_FAILED, diagnostic="550 no\r\nAction: delivered\r\n\r\n é" + "x" * 2000))
    assert fields["Action"] == "failed"
    assert str(fields["Diagnostic-Code"]).startswith("smtp; 550 no Action: delivered ?xxx")
    assert max(map(len, build_dsn(replace(_DSN, recipients=(replace(_FAILED, diagnostic="x" * 2000),))).split(b"\r\n"))) <= 998


def test_xtext_that_is_no_printable_ascii_stays_encoded() -> None:
    assert _recipient(replace(_FAILED, orcpt="rfc822;a+0D+0AAction:+20x"))["Original-Recipient"] == "rfc822; a+0D+0AAction:+20x"
    assert _groups(replace(_DSN, envid="a+E9"))[0]["Original-Envelope-Id"] == "a+E9"


def test_utf_8_recipient_is_written_in_ascii() -> None:
    fields = _recipient(replace(_FAILED, mailbox="jörg+a@bücher.example", orcpt="utf-8;jörg@x"))
    assert fields["Final-Recipient"] == r"utf-8; j\x{F6}rg\x{2B}a@b\x{FC}cher.example"
    assert fields["Original-Recipient"] == r"utf-8; j\x{F6}rg@x"
    _, parts = _parts(replace(_DSN, recipients=(replace(_FAILED, mailbox="jörg@x"),)))
    payload = parts[0].get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert "<jörg@x>" in payload.decode()


@pytest.mark.parametrize(
    ("original", "ret", "content_type"),
    [
        (b"Subject: x\r\n\r\n\xc3\xa9\r\n", "", "message/rfc822"),
        ("Subject: é\r\n\r\nx\r\n".encode(), "", "message/global"),
        ("Subject: é\r\n\r\nx\r\n".encode(), "HDRS", "message/global-headers"),
    ],
)
def test_eight_bit_originals_are_declared(original: bytes, ret: str, content_type: str) -> None:
    message, parts = _parts(replace(_DSN, original=original, ret=ret))
    assert message["Content-Transfer-Encoding"] == "8bit"
    assert parts[2]["Content-Transfer-Encoding"] == "8bit"
    assert parts[2].get_content_type() == content_type


def test_without_eight_bit_nothing_is_declared() -> None:
    message, parts = _parts(replace(_DSN, original=b"Subject: x\r\n\r\n\xc3\xa9\r\n", ret="HDRS"))
    assert "Content-Transfer-Encoding" not in message
    assert "Content-Transfer-Encoding" not in parts[2]
    assert build_dsn(_DSN).isascii()


def test_relayed_mail_is_told_of_by_its_header() -> None:
    relayed = replace(_FAILED, action=DsnAction.RELAYED, status="2.0.0", reason="It was passed on.")
    message, parts = _parts(replace(_DSN, recipients=(relayed,), ret="FULL"))
    assert message["Subject"] == "Mail that was passed on"
    assert _recipient(relayed)["Action"] == "relayed"
    assert parts[2].get_content_type() == "text/rfc822-headers"
