"""Names of character sets in mail lead to text, and never to anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.charset import decode_charset, is_known


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        ("é".encode(), "utf-8", "é"),
        ("é".encode(), "UTF8", "é"),
        (b"\xe9", "iso-8859-1", "é"),
        (b"\x80 5", "ISO_8859-1:1987", "€ 5"),
        (b"\x93x\x94", "windows-1252", "“x”"),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
        ("日本".encode("iso-2022-jp"), "ISO-2022-JP", "日本"),
        ("中文€".encode("gb18030"), "gb2312", "中文€"),
        ("한국".encode("cp949"), "ks_c_5601-1987", "한국"),
        ("日本".encode("cp932"), "Shift_JIS", "日本"),
        ("ğ".encode("cp1254"), "iso-8859-9", "ğ"),
        ("ไทย".encode("cp874"), "tis-620", "ไทย"),
        (b"\xff", "utf-8", "\N{REPLACEMENT CHARACTER}"),
        (b"plain", "koi8-r", "plain"),
    ],
)
def test_named_character_sets_are_read_as_programs_read_them(octets: bytes, charset: str, text: str) -> None:
    assert decode_charset(octets, charset) == text


@pytest.mark.parametrize(
    "charset", ["", "us-ascii", "unknown-8bit", "zlib", "rot13", "punycode", "idna", "a\0b", "x" * 41, "hex"]
)
def test_other_names_are_read_as_utf_8_or_windows_1252(charset: str) -> None:
    assert decode_charset("é".encode(), charset) == "é"
    assert decode_charset(b"\xe9", charset) == "é"


def test_text_can_always_be_encoded_again() -> None:
    assert decode_charset(b"+2AA-", "utf-7") == "?"


@given(
    st.binary(max_size=60), st.one_of(st.text(max_size=50), st.sampled_from(["utf-7", "utf-16", "hz", "gb18030", "iso2022_kr"]))
)
def test_never_raises(octets: bytes, charset: str) -> None:
    decode_charset(octets, charset).encode()


@pytest.mark.parametrize(
    ("charset", "known"),
    [
        ("UTF-8", True),
        ("ISO_8859-1:1987", True),
        ("ks_c_5601-1987", True),
        ("x-nonsense", False),
        ("zlib", False),
        ("", False),
        ("u" * 50, False),
    ],
)
def test_name_is_known_where_text_is_read_by_it(charset: str, known: bool) -> None:  # noqa: FBT001
    assert is_known(charset) is known
