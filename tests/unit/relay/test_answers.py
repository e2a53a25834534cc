"""mailguard.relay.answers: every answer is well formed."""

from __future__ import annotations

import pytest

from mailguard.mail.smtp_reply import SmtpReply
from mailguard.relay import answers

TABLE = {name: value for name, value in vars(answers).items() if isinstance(value, SmtpReply)}


@pytest.mark.parametrize("name", TABLE)
def test_class_of_enhanced_status_is_that_of_the_code(name: str) -> None:
    reply = TABLE[name]
    # RFC 2034 4: none with 3yz
    expected = "" if reply.code == 354 else str(reply.code)[0]
    assert reply.enhanced_status[:1] == expected


@pytest.mark.parametrize("name", TABLE)
def test_answer_fits_a_reply_line(name: str) -> None:
    line = TABLE[name].line()
    assert len(line) <= 512  # RFC 5321 4.5.3.1.5
    assert line.isascii()
    assert line.count(b"\r\n") == 1


def test_too_large_names_the_limit() -> None:
    assert str(answers.too_large(26_214_400)) == "552 5.3.4 message larger than 26214400 octets"
