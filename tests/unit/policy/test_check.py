"""mailguard.policy.check: when a token holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailguard.mail.check_token import CheckToken
from mailguard.mail.seal import Seal, SealedText
from mailguard.policy.check import NO_CHECK, UNKNOWN, Check, Checked, check_of
from tests.builders import NOW

SEAL = Seal(b"t" * 16, frozenset({b"f" * 8, b"g" * 8}))
TEXT = SealedText(SEAL.text, frozenset({b"f" * 8}))
END = NOW + timedelta(days=3)
TOKEN = CheckToken("01JD0000000000000000000000", END, b"d" * 16, b"a" * 16)
ON_RECORD = Checked(
    expires_at=END, is_recalled=False, salt=b"s" * 16, texts_digest=b"d" * 16, audience=b"a" * 16, texts=(TEXT,)
)


def test_a_token_of_ours_for_this_text_holds_until_it_expires() -> None:
    assert check_of(TOKEN, ON_RECORD, SEAL, now=NOW) == Check(TOKEN.broadcast, "", b"s" * 16)
    assert check_of(TOKEN, ON_RECORD, SEAL, now=END - timedelta(microseconds=1)).broadcast == TOKEN.broadcast
    for late in (END, END + timedelta(seconds=1)):
        ended = check_of(TOKEN, ON_RECORD, SEAL, now=late)
        assert "expired on 2026-11-19 at 09:00 UTC" in ended.failure
        assert (ended.named, ended.broadcast) == (TOKEN.broadcast, "")


def test_what_nobody_here_has_written_is_unknown() -> None:
    assert check_of(None, ON_RECORD, SEAL, now=NOW) is UNKNOWN
    assert check_of(TOKEN, None, SEAL, now=NOW) is UNKNOWN
    assert (UNKNOWN.broadcast, NO_CHECK.broadcast, NO_CHECK.failure) == ("", "", "")


@pytest.mark.parametrize("other", [replace(TOKEN, texts=b"x" * 16), replace(TOKEN, audience=b"x" * 16)])
def test_a_token_of_other_texts_or_another_audience_is_unknown(other: CheckToken) -> None:
    assert check_of(other, ON_RECORD, SEAL, now=NOW).failure == UNKNOWN.failure


def test_one_that_was_taken_back_says_so() -> None:
    assert "recalled" in check_of(TOKEN, replace(ON_RECORD, is_recalled=True), SEAL, now=NOW).failure


@pytest.mark.parametrize(
    ("texts", "seal"),
    [
        ((TEXT,), None),
        ((), SEAL),
        ((TEXT,), Seal(b"u" * 16, SEAL.facts)),
        ((TEXT,), Seal(SEAL.text, frozenset({b"g" * 8}))),
    ],
)
def test_another_mail_is_not_what_was_checked(texts: tuple[SealedText, ...], seal: Seal | None) -> None:
    found = check_of(TOKEN, replace(ON_RECORD, texts=texts), seal, now=NOW)
    assert "is not what was checked" in found.failure
    assert not found.broadcast
