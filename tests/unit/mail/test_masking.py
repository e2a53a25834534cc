"""Text from mail made fit for logs and terminals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.masking import mask, terminal_safe


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("jane.doe@x.example", "j…@x.example"),
        ('"a@b"@x.example', '"…@x.example'),
        ("postmaster", "p…"),
        ("@x", "…@x"),
        ("", ""),
    ],
)
def test_local_parts_are_masked(address: str, masked: str) -> None:
    assert mask(address) == masked


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Ihre Bestellung, 日本 👋", "Ihre Bestellung, 日本 👋"),
        ("a\x1b[31mb", "a\N{REPLACEMENT CHARACTER}[31mb"),
        ("a\nb\tc", "a b c"),
        ("a\u202eb\x9b", "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_control_characters_do_nothing(text: str, safe: str) -> None:
    assert terminal_safe(text) == safe


@given(st.text())
def test_safe_text_is_printable(text: str) -> None:
    assert terminal_safe(text).isprintable()
    assert len(terminal_safe(text)) == len(text)
