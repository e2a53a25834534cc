"""mailguard.config.bearer: tokens as secrets or hashes, compared as hashes."""

from __future__ import annotations

import re

import pytest

from mailguard.config.bearer import Scope, Token, check_token, digest_of, hashed

SECRET = "0123456789abcdef"


def test_secret_and_its_hash_are_the_same_token() -> None:
    for text in (SECRET, hashed(SECRET)):
        token = Token("shop", digest_of(check_token(text)), frozenset({Scope.CONTEXT}))
        assert token.is_proved_by(SECRET)
        assert not token.is_proved_by(SECRET[:-1])
        assert not token.is_proved_by(hashed(SECRET))
        assert not token.is_proved_by("\udcff")


def test_token_does_not_show_its_digest() -> None:
    assert "digest" not in repr(Token("shop", digest_of(SECRET)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SECRET[:-1], "fewer than 16 characters"),
        (SECRET + " x", "no bearer token has"),
        ("sha256:" + "0" * 63, "is no hash"),
        ("sha256:" + "A" * 64, "is no hash"),
    ],
)
def test_what_is_no_token_says_how_to_make_one(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"{re.escape(said)}.*mailguard password token"):
        check_token(text)
