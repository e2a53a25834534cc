from __future__ import annotations

import pytest

from mailguard.relay.hop_answer import (
    LONGEST_TEXT,
    Kind,
    enhanced_status,
    is_overflow,
    is_unknown_recipient,
    read_reply,
    shown,
)


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (250, b"2.0.0 Ok: queued as 4XYZ", Kind.TAKEN),
        (251, b"will forward", Kind.TAKEN),
        (354, b"go ahead", Kind.TROUBLE),
        (421, b"4.3.2 closing", Kind.TROUBLE),
        (450, b"4.2.1 mailbox busy", Kind.LATER),
        (451, b"greylisted, come back", Kind.LATER),
        (451, b"4.3.0 temporarily unable", Kind.TROUBLE),
        (451, b"4.30.0 no such status", Kind.LATER),
        (451, b"4.4.3 lookup failed", Kind.TROUBLE),
        (452, b"4.3.1 disk full", Kind.TROUBLE),
        (530, b"5.7.0 Must issue a STARTTLS command first", Kind.TROUBLE),
        (550, b"5.1.1 no such user", Kind.REFUSED),
        (554, b"5.3.0 not here", Kind.REFUSED),
    ],
)
def test_reply_is_sorted_by_what_it_means(code: int, text: bytes, kind: Kind) -> None:
    assert read_reply(code, text).kind is kind


def test_text_keeps_code_and_words() -> None:
    assert read_reply(550, b"5.1.1 no such user ").text == "550 5.1.1 no such user"


def test_text_that_is_not_utf8_is_shown_all_the_same() -> None:
    assert shown(550, b"\xff") == "550 \ufffd"


def test_text_is_cut() -> None:
    assert len(shown(550, b"x" * LONGEST_TEXT)) == LONGEST_TEXT


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (452, b"too many recipients", True),
        (452, b"4.5.3 too many recipients", True),
        (452, b"4.3.1 disk full", True),  # alone it is deferred as such; beside others the next transaction tells
        (552, b"too many recipients", True),
        (550, b"5.5.3 too many recipients", True),
        (452, b"4.2.2 mailbox full", False),
        (552, b"5.2.2 mailbox full", False),
        (450, b"4.2.1 busy", False),
        (550, b"no", False),
    ],
)
def test_one_recipient_too_many_is_told_from_a_bad_one(code: int, text: bytes, expected: bool) -> None:  # noqa: FBT001
    assert is_overflow(code, text) is expected


def test_enhanced_status_is_found_only_as_a_word() -> None:
    assert enhanced_status("550 5.1.1 x") == "5.1.1"
    assert enhanced_status("550 host 10.5.1.1 says no") == ""
    assert enhanced_status("5.6.7 needs SMTPUTF8") == "5.6.7"
    assert enhanced_status("550 no") == ""


@pytest.mark.parametrize(
    ("line", "is_unknown"),
    [
        ("550 5.1.1 <ann@x.example>: Recipient address rejected: User unknown", True),
        ("550-5.1.1 The email account that you tried to reach does not exist. 5.1.1", True),
        ("550 5.1.10 null MX", True),
        ("553 5.1.3 bad syntax", True),
        ("550 5.2.1 mailbox disabled", True),
        ("550 5.1.0 Address rejected", True),
        ("550 5.1.0 <a@b.example>: Sender address rejected: User unknown", False),
        ("550 5.1.8 sender's domain not found", False),
        ("550 5.1.7 bad sender's mailbox", False),
        ("550 no such user here", True),
        ("550 Requested action not taken: mailbox unavailable", True),
        ("550 relay not permitted", False),
        ("550 blocked, see https://list.example", False),
        ("550 administrative prohibition", False),
        ("551 user not local", False),
        ("552 5.2.2 mailbox full", False),
        ("550 5.7.1 not wanted", False),
        ("552 5.3.4 too large", False),
        ("554 5.6.0 bad content", False),
        ("450 4.1.1 no such user yet", False),
    ],
)
def test_a_mailbox_that_is_none_is_told_from_mail_that_is_not_wanted(line: str, *, is_unknown: bool) -> None:
    assert is_unknown_recipient(int(line[:3]), line) is is_unknown
