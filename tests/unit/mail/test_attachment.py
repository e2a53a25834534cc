"""Attachments, invitations and reports are facts; what differs each time they are made is not."""

from __future__ import annotations

import base64

import pytest

from mailguard.mail.attachment import attachment_facts
from mailguard.mail.header import MAX_FIELDS, scan
from mailguard.mail.mime import walk


def _facts(*parts: bytes, subtype: bytes = b"mixed") -> set[str]:
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    octets = b"Content-Type: multipart/" + subtype + b"; boundary=b\r\n\r\n" + body + b"--b--\r\n"
    return attachment_facts(walk(scan(octets), octets))


TEXT = b"Content-Type: text/plain\r\n\r\nhello"


def _pdf(content: bytes) -> bytes:
    return b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(content)


def test_text_alone_is_no_fact() -> None:
    octets = b"\r\nhello"
    assert attachment_facts(walk(scan(octets), octets)) == set()
    assert _facts(TEXT, TEXT) == set()


def test_another_content_is_another_fact() -> None:
    assert _facts(TEXT, _pdf(b"one")) != _facts(TEXT, _pdf(b"two"))
    assert _facts(TEXT, _pdf(b"one")) == _facts(TEXT, b"Content-Type: application/pdf\r\n\r\none")


def test_an_attached_text_is_the_same_in_every_transfer_encoding() -> None:
    head = b"Content-Type: text/csv\r\nContent-Disposition: attachment\r\n"
    plain = head + b"\r\na;b\r\n1;2\r\n"
    encoded = head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"a;b\n1;2")
    assert _facts(plain) == _facts(encoded)


def test_a_signature_is_no_fact() -> None:
    assert _facts(TEXT, b"Content-Type: application/pgp-signature\r\n\r\n1234", subtype=b"signed") == set()


def _invitation(**lines: str) -> bytes:
    values = {"METHOD": "REQUEST", "UID": "1@x", "DTSTAMP": "20261116T090000Z", "SEQUENCE": "0"} | lines
    text = "BEGIN:VCALENDAR\r\n" + "".join(f"{name}:{value}\r\n" for name, value in values.items())
    head = b"Content-Type: text/calendar; method=REQUEST\r\n\r\n"
    return head + text.encode() + b"DTSTART;TZID=Europe/\r\n Berlin:20261201T150000\r\n"


def test_an_invitation_is_who_when_and_which_turn() -> None:
    assert _facts(_invitation()) == {
        "method:request",
        "uid:1@x",
        "sequence:0",
        "dtstart;tzid=europe/berlin:20261201t150000",
    }


@pytest.mark.parametrize(("name", "value"), [("UID", "2@x"), ("SEQUENCE", "1"), ("METHOD", "CANCEL")])
def test_an_update_is_another_invitation(name: str, value: str) -> None:
    assert _facts(_invitation(**{name: value})) != _facts(_invitation())


def test_when_an_invitation_was_made_does_not_matter() -> None:
    assert _facts(_invitation(DTSTAMP="20261117T090000Z")) == _facts(_invitation())


def test_an_invitation_without_method_in_its_type() -> None:
    assert _facts(_invitation().replace(b"; method=REQUEST", b"")) == _facts(_invitation())


STATUS = (
    b"Content-Type: message/delivery-status\r\n\r\n"
    b"Reporting-MTA: dns; mx.example\r\nArrival-Date: Mon, 16 Nov 2026 10:00:00 +0000\r\n\r\n"
    b"Final-Recipient: rfc822;\r\n ada@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
)


def test_a_report_is_about_a_recipient_and_a_message() -> None:
    returned = b"Content-Type: message/rfc822\r\n\r\nMessage-ID: <1@x>\r\nSubject: y\r\n\r\nz"
    assert _facts(TEXT, STATUS, returned, subtype=b"report") == {
        "final-recipient:rfc822; ada@x.example",
        "action:failed",
        "status:5.1.1",
        "about <1@x>",
    }


def test_a_returned_message_without_readable_header_is_an_attachment() -> None:
    returned = b"Content-Type: text/rfc822-headers\r\n\r\n" + b"x:\r\n" * (MAX_FIELDS + 1)
    ((fact),) = _facts(returned, subtype=b"report")
    assert fact.startswith("attached ")


def test_what_else_a_report_holds_is_an_attachment() -> None:
    ((fact),) = _facts(b"Content-Type: image/png\r\n\r\nx", subtype=b"report")
    assert fact.startswith("attached ")


def test_a_forwarded_message_is_an_attachment() -> None:
    assert len(_facts(TEXT, b"Content-Type: message/rfc822\r\n\r\nMessage-ID: <1@x>\r\n\r\nz")) == 1
