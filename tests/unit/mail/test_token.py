"""Signed tokens: what they name, and that nobody else can make one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.token import MOST_RECIPIENTS, TOKEN_CHARACTERS, Signed, read, sign, tagged_address

KEY = bytes(range(32))
ID = "01JD3K9V7M2Q8Z4X6C5B1N0PRS"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@given(st.text(CROCKFORD, min_size=25, max_size=25), st.integers(0, MOST_RECIPIENTS - 1), st.binary(min_size=16, max_size=64))
def test_token_is_read_as_what_it_was_signed_for(rest: str, n: int, key: bytes) -> None:
    token = sign(key, f"0{rest}", n)
    assert len(token) == TOKEN_CHARACTERS
    assert token == token.lower()
    assert token.isalnum()
    assert read(key, token) == Signed(f"0{rest}", n)


def test_case_does_not_matter_on_the_way() -> None:
    assert read(KEY, sign(KEY, ID, 3).upper()) == Signed(ID, 3)


@given(st.integers(0, TOKEN_CHARACTERS - 1), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_changed_token_is_none(at: int, letter: str) -> None:
    token = sign(KEY, ID, 3)
    changed = token[:at] + letter + token[at + 1 :]
    # The last letter's spare bits say nothing.
    assert read(KEY, changed) in ({Signed(ID, 3)} if at == TOKEN_CHARACTERS - 1 or changed == token else {None}) | (
        {None} if at == TOKEN_CHARACTERS - 1 else set()
    )


def test_token_of_another_key_is_none() -> None:
    assert read(bytes(32), sign(KEY, ID, 0)) is None


@pytest.mark.parametrize("text", ["", "a" * 49, "a" * 51, "1" * 50, "ä" * 50, "a" * 50, "=" * 50])
def test_what_is_no_token_is_none(text: str) -> None:
    assert read(KEY, text) is None


@pytest.mark.parametrize("message", ["", ID[:-1], ID + "0", "8" + ID[1:], ID[:-1] + "U", ID.lower()])
def test_what_is_no_ulid_is_not_signed(message: str) -> None:
    with pytest.raises(ValueError, match="ULID"):
        sign(KEY, message, 0)


@pytest.mark.parametrize("n", [-1, MOST_RECIPIENTS])
def test_number_out_of_range_is_not_signed(n: int) -> None:
    with pytest.raises(ValueError, match="number"):
        sign(KEY, ID, n)


def test_address_carries_the_token() -> None:
    token = sign(KEY, ID, 1)
    address = tagged_address("Reply@X.example", token)
    assert address == f"Reply+{token}@X.example"
