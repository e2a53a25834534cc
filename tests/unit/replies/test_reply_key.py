from __future__ import annotations

from mailguard.mail.header import scan
from mailguard.replies.reply_key import reply_key
from tests.reply_mail import reply_mail


def _key(octets: bytes) -> bytes:
    return reply_key(octets, scan(octets), message_id="1@x")


def test_copies_of_one_mail_have_one_key() -> None:
    mail = reply_mail("From here on\n> From there\n")
    copies = [
        b"Return-Path: <a@b.example>\r\nReceived: x\r\n" + mail,
        mail.replace(b"\r\n", b"\n"),
        mail.replace(b"\nFrom here", b"\n>From here") + b"\r\n\r\n",
        mail.rstrip(),
    ]
    assert {_key(copy) for copy in copies} == {_key(mail)}
    assert len(_key(mail)) == 16


def test_another_mail_has_another_key() -> None:
    mails = [
        reply_mail("a"),
        reply_mail("b"),
        reply_mail("a", {"Subject": "x"}),
        reply_mail("a", {"From": "x@y.example"}),
        reply_mail("a", {"Date": "x"}),
    ]
    assert len({_key(mail) for mail in mails}) == len(mails)


def test_fields_do_not_flow_into_one_another() -> None:
    assert _key(reply_mail("", {"Date": "ab", "Subject": "c"})) != _key(reply_mail("", {"Date": "a", "Subject": "bc"}))


def test_mail_without_a_header_that_can_be_read_has_one() -> None:
    assert reply_key(b"x", None, message_id="") != reply_key(b"y", None, message_id="")
