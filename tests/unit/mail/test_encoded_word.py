"""Encoded words are read as mail programs read them."""

from __future__ import annotations

import email.header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.encoded_word import decode_words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        (b"plain", "plain"),
        ("gr\xfc\xdfe".encode("latin-1"), "grüße"),
        ("=?utf-8?q?Ihre_Bestellung?=", "Ihre Bestellung"),
        ("=?UTF-8?B?w6k=?=", "é"),
        ("=?UTF-8?B?w6k?=", "é"),
        ("=?iso-8859-1*de?Q?=E9?=", "é"),
        ("a =?utf-8?q?b?= c", "a b c"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?=\n =?koi8-r?q?b?=", "ab"),
        ("=?utf-8?q?a?= x =?utf-8?q?b?=", "a x b"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"),
        ("=?utf-8?q?what??=", "what?"),
        ("=?utf-8?q?a?b?c?=", "a?b?c"),
        ("Re: =?utf-8?q?a b?=", "Re: a b"),
        ("=?us-ascii?q?=0A?= <a@b>", "  <a@b>"),
        ("=?utf-8?q?a=0d=0aBcc:_x?=", "a  Bcc: x"),
        ("=?zlib?b?eJwDAAAAAAE=?=", "xœ\x03\x00\x00\x00\x00\x01".translate({3: " ", 0: " ", 1: " "})),
        ("=?utf-8?b?A?=", "=?utf-8?b?A?="),
        ("=?utf-8?b?A?= =?utf-8?q?b?=", "=?utf-8?b?A?= b"),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("=?", "=?"),
    ],
)
def test_words_are_decoded(value: bytes | str, text: str) -> None:
    assert decode_words(value) == text


@given(st.text(max_size=80), st.sampled_from(["utf-8", "iso-8859-1", "koi8-r"]))
def test_what_python_encodes_comes_back(text: str, charset: str) -> None:
    line = " ".join(text.split())
    try:
        encoded = email.header.Header(line, charset).encode()
    except UnicodeError:
        return
    if line.isprintable() and "=?" not in line:
        assert decode_words(encoded) == line


@given(
    st.lists(st.sampled_from(["=?", "?=", "?", "utf-8", "q", "b", "=41", "YQ==", " ", "x", "\n", "é"]), max_size=30).map(
        "".join
    )
)
def test_never_raises_and_leaves_nothing_that_cannot_be_encoded(value: str) -> None:
    decode_words(value).encode()
