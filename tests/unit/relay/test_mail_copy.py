"""mailguard.relay.mail_copy: a copy is told from everything that only looks like one."""

from __future__ import annotations

import pytest

from mailguard.errors import MailguardError
from mailguard.mail.header import MAX_HEADER_OCTETS
from mailguard.mail.trace import received_field
from mailguard.relay.mail_copy import Kin, original_of
from tests.builders import NOW

ID, OTHER_ID = "01JA0000000000000000000SNT", "01JB0000000000000000000SNT"


def mail(*, id: str = ID, relay: str = "relay.example", message_id: str = "<a@x.example>", subject: str = "Hello") -> bytes:
    trace = received_field(helo="app", peer="192.0.2.1", protocol="ESMTPSA", hostname=relay, id=id, now=NOW)
    header = f"From: Ann <ann@x.example>\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\nSubject: {subject}\r\n"
    return trace + f"{header}Message-ID: {message_id}\r\n\r\nbody\r\n".encode()


@pytest.mark.parametrize(
    ("octets", "kin"),
    [
        (mail(), Kin.COPY),
        (b"Received: from a by b with LMTP id 17;\r\n\tnow\r\n" + mail(), Kin.COPY),
        (mail(subject="[spam?] Hello"), Kin.COPY),
        (mail(id=OTHER_ID), Kin.COPY),
        (mail(id=OTHER_ID, subject="\r\n Hello"), Kin.COPY),
        (mail(id=OTHER_ID, subject="Another"), Kin.NAMESAKE),
        (mail(relay="other.example"), Kin.NAMESAKE),
        (mail()[mail().index(b"From") :], Kin.NAMESAKE),
        (mail(message_id="<b@x.example>"), Kin.NONE),
        (mail(message_id="<aa@x.example>"), Kin.NONE),
        (b"Subject: none\r\n\r\n", Kin.NONE),
        (b"X: " + b"x" * (MAX_HEADER_OCTETS + 1), Kin.NONE),
    ],
)
def test_what_a_message_is_to_another(octets: bytes, kin: Kin) -> None:
    assert original_of(mail()).kin(octets) is kin


def test_message_id_may_be_folded_and_without_brackets() -> None:
    assert original_of(mail(message_id="\r\n\t<a@x.example>")).message_id == "a@x.example"
    assert original_of(mail()).kin(mail(message_id="a@x.example")) is Kin.COPY


@pytest.mark.parametrize(
    "octets", [b"Message-ID: <a@x.example>\r\n\r\n", mail(message_id=""), b"X: " + b"x" * (MAX_HEADER_OCTETS + 1)]
)
def test_what_cannot_be_found_again_is_said(octets: bytes) -> None:
    with pytest.raises(MailguardError, match=r"cannot be read|to be found by"):
        original_of(octets)
