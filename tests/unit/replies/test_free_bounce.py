from __future__ import annotations

from collections.abc import Mapping

import pytest

from mailguard.mail.header import scan
from mailguard.replies.bounce import BounceReport
from mailguard.replies.free_bounce import _scanner, looks_like_bounce, read_free_bounce
from mailguard.replies.written import read_written
from tests.reply_mail import parts_of, reply_mail

DAEMON = {"From": "MAILER-DAEMON@mx.example", "Subject": "failure notice", "To": "bounces@bank.example"}
QMAIL = """Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@mail.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <bounces@bank.example>
Message-ID: <7@bank.example>
Subject: Your mailbox is full of offers

Hello
"""


def _read(body: str, fields: Mapping[str, str] = DAEMON) -> BounceReport:
    octets = reply_mail(body, fields)
    return read_free_bounce(octets, scan(octets), subject=fields["Subject"], text=read_written(parts_of(octets)).text)


def test_form_of_qmail_is_read() -> None:
    bounce = _read(QMAIL)
    assert [recipient.mailbox.wire for recipient in bounce.recipients] == ["ada@mail.example"]
    assert bounce.is_hard
    assert bounce.message_ids == ("7@bank.example",)


def test_form_that_is_not_known_is_read_by_its_words() -> None:
    bounce = _read(
        "Ihre Nachricht an\n\n  ada@mail.example\n\nkonnte nicht zugestellt werden: Empfänger unbekannt (550 5.1.1).\n"
    )
    assert [recipient.mailbox.wire for recipient in bounce.recipients] == ["ada@mail.example"]
    assert bounce.recipients[0].status == "5.1.1"
    assert bounce.is_hard


def test_full_mailbox_is_soft() -> None:
    assert not _read("ada@mail.example: the mailbox is full").is_hard


def test_delay_is_no_failure() -> None:
    bounce = _read(
        "Delivery to ada@mail.example has been delayed, we will keep trying. 451 later", {**DAEMON, "Subject": "Warning"}
    )
    assert not bounce.is_hard
    assert bounce.recipients[0].action == "delayed"


def test_field_of_exim_names_the_recipient() -> None:
    bounce = _read("It could not be delivered.", {**DAEMON, "X-Failed-Recipients": "ada@mail.example"})
    assert [recipient.mailbox.wire for recipient in bounce.recipients] == ["ada@mail.example"]


def test_bounce_that_names_nobody_is_still_hard() -> None:
    bounce = _read("User unknown.")
    assert bounce.recipients == ()
    assert bounce.is_hard


@pytest.mark.parametrize(
    ("fields", "text", "is_from_nobody", "expected"),
    [
        ({"From": "a@b.example", "Subject": "Undelivered Mail"}, "", True, True),
        ({"From": "Mail Delivery System <x@b.example>", "Subject": "Warning"}, "", True, True),
        ({"From": "MAILER-DAEMON@b.example", "Subject": "Unzustellbar: x"}, "", False, True),
        ({"From": "a@b.example", "Subject": "x", "X-Failed-Recipients": "c@d.example"}, "", False, True),
        ({"From": "a@b.example", "Subject": "x"}, "it said 550 5.1.1 unknown", True, True),
        ({"From": "a@b.example", "Subject": "Out of office"}, "back on Monday", True, False),
        ({"From": "a@b.example", "Subject": "Re: Undelivered parcel"}, "", False, False),
    ],
)
def test_bounce_looks_like_one(fields: Mapping[str, str], text: str, is_from_nobody: bool, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    header = scan(reply_mail("", fields))
    assert looks_like_bounce(header, subject=fields["Subject"], text=text, is_from_nobody=is_from_nobody) is expected


def test_what_the_parser_raises_is_borne(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ValueError

    monkeypatch.setattr("flufl.bounce.all_failures", broken)
    _scanner.cache_clear()
    assert _read(QMAIL).recipients
    _scanner.cache_clear()
