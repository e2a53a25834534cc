"""mailguard.mail.smtp_reply: one answer, one line."""

from __future__ import annotations

import pytest

from mailguard.mail.smtp_reply import SmtpReply


def test_the_line_has_code_status_and_text() -> None:
    assert SmtpReply(550, "5.7.1", "no").line() == b"550 5.7.1 no\r\n"
    assert SmtpReply(354, "", "go on").line() == b"354 go on\r\n"


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        (250, (True, False, False)),
        (299, (True, False, False)),
        (354, (False, False, False)),
        (400, (False, True, False)),
        (451, (False, True, False)),
        (500, (False, False, True)),
        (599, (False, False, True)),
    ],
)
def test_the_first_digit_says_what_to_do(code: int, kinds: tuple[bool, bool, bool]) -> None:
    reply = SmtpReply(code, "", "")
    assert (reply.is_positive, reply.is_temporary, reply.is_permanent) == kinds
