"""mailguard.mail.check_token: what was written is read, and nothing else is."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailguard.mail import check_token
from mailguard.mail.check_token import CheckToken, member_key, read_token, write_token
from mailguard.mail.control import MAX_CHECK_CHARACTERS

KEY = b"k" * 32
TOKEN = CheckToken("01JD0000000000000000000000", datetime(2026, 11, 30, 9, 0, tzinfo=UTC), b"t" * 16, b"a" * 16)


def test_what_was_written_is_read_again() -> None:
    assert read_token(KEY, write_token(KEY, TOKEN)) == TOKEN


def test_it_is_one_short_line_of_letters_that_no_program_breaks() -> None:
    text = write_token(KEY, TOKEN)
    assert len(text) == 101 < MAX_CHECK_CHARACTERS
    assert text.isascii()
    assert not set(text) & set(' \r\n"<>@=+/')


def test_an_altered_letter_anywhere_makes_it_none() -> None:
    text = write_token(KEY, TOKEN)
    for at, letter in enumerate(text):
        other = "A" if letter != "A" else "B"
        assert read_token(KEY, text[:at] + other + text[at + 1 :]) is None


@pytest.mark.parametrize(
    "text", ["", "c1.", "c1..", "c2.AAAA.AAAA", "c1.ä.ö", "c1.AAAA", "nonsense", write_token(KEY, TOKEN)[:-1]]
)
def test_what_is_no_token_is_none(text: str) -> None:
    assert read_token(KEY, text) is None


def test_another_key_reads_nothing() -> None:
    assert read_token(b"other" * 6, write_token(KEY, TOKEN)) is None


def test_it_ends_at_a_whole_second() -> None:
    token = replace(TOKEN, expires_at=TOKEN.expires_at.replace(microsecond=999_999))
    read = read_token(KEY, write_token(KEY, token))
    assert read == TOKEN


def test_a_token_of_a_later_version_is_none_here() -> None:
    payload = b"another layout"
    text, signature = (urlsafe_b64encode(part).decode().rstrip("=") for part in (payload, check_token._signature(KEY, payload)))
    assert read_token(KEY, f"c1.{text}.{signature}") is None


def test_only_a_ulid_names_a_broadcast() -> None:
    with pytest.raises(ValueError, match="not a ULID"):
        write_token(KEY, replace(TOKEN, broadcast="B1"))


def test_members_are_known_by_salt_and_mailbox_alone() -> None:
    key = member_key(b"s" * 16, "ann@people.example")
    assert len(key) == 16
    assert key == member_key(b"s" * 16, "ann@people.example")
    assert key != member_key(b"s" * 16, "bob@people.example")
    assert key != member_key(b"z" * 16, "ann@people.example")
    assert member_key(b"s" * 16, "\udcff@people.example")
