"""Dot-unstuffing at every chunk boundary, against a reference that knows the whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.dot_stuffing import Unstuffer, stuff

_DATA = st.lists(
    st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"..", b"\r\n.", b"\r\n.\r\n", b"a", b"hello", b"\0", b"\xff", b"QUIT\r\n"]),
    max_size=25,
).map(b"".join)


def _reference(data: bytes) -> tuple[bytes, bytes] | None:
    """Return content and rest, line by line as RFC 5321 4.5.2 tells it; None where the end of data has not come."""
    content = b""
    rest = data
    while b"\r\n" in rest:
        line, _, rest = rest.partition(b"\r\n")
        if line == b".":
            return content, rest
        content += line.removeprefix(b".") + b"\r\n"
    return None


def _unstuffer(*, keep_bare_newlines: bool = False, max_size: int = 10_000) -> Unstuffer:
    return Unstuffer(keep_bare_newlines=keep_bare_newlines, max_size=max_size)


def _is_sound(content: bytes) -> bool:
    whole = content.replace(b"\r\n", b"")
    return b"\r" not in whole and b"\n" not in whole


@given(_DATA)
def test_content_is_the_same_at_every_split(data: bytes) -> None:
    expected = _reference(data)
    for cut in range(len(data) + 1):
        unstuffer = _unstuffer()
        rest = unstuffer.feed(data[:cut])
        if rest is None:
            rest = unstuffer.feed(data[cut:])
        else:
            rest += data[cut:]
        if expected is None:
            assert rest is None
            assert unstuffer.content == b""
        else:
            assert (unstuffer.content, rest) == expected
            assert unstuffer.size == len(expected[0])
            assert unstuffer.has_bare_newline is not _is_sound(expected[0])
            assert unstuffer.has_nul is (b"\0" in expected[0])


@given(_DATA)
def test_content_is_the_same_octet_by_octet(data: bytes) -> None:
    unstuffer = _unstuffer()
    rest: bytes | None = None
    at = 0
    while rest is None and at < len(data):
        rest = unstuffer.feed(data[at : at + 1])
        at += 1
    expected = _reference(data)
    assert (unstuffer.content, data[at:]) == (expected or (b"", b""))
    assert (rest == b"") is (expected is not None)


@given(_DATA.map(lambda data: data + b"\r\n"))
def test_what_is_stuffed_comes_back(content: bytes) -> None:
    unstuffer = _unstuffer()
    assert unstuffer.feed(stuff(content) + b"NOOP\r\n") == b"NOOP\r\n"
    assert unstuffer.content == content


@given(_DATA)
def test_stuffing_ends_a_last_line_without_an_end(content: bytes) -> None:
    unstuffer = _unstuffer()
    assert unstuffer.feed(stuff(content)) == b""
    assert unstuffer.content == (content if content.endswith(b"\r\n") or not content else content + b"\r\n")


def test_dots_are_doubled_at_the_start_of_lines_only() -> None:
    assert stuff(b".a.\r\n..b\r\n.\r\n") == b"..a.\r\n...b\r\n..\r\n.\r\n"
    assert stuff(b"a.b\r\n") == b"a.b\r\n.\r\n"
    assert stuff(b"") == b".\r\n"


def test_first_line_of_one_dot_is_the_end() -> None:
    unstuffer = _unstuffer()
    assert unstuffer.feed(b".\r\nQUIT\r\n") == b"QUIT\r\n"
    assert unstuffer.content == b""


@pytest.mark.parametrize(
    "not_the_end", [b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r\n.\0\r\n", b"\r\n\0.\r\n"]
)
def test_nothing_else_ends_the_data(not_the_end: bytes) -> None:
    unstuffer = _unstuffer()
    assert unstuffer.feed(b"hello" + not_the_end + b"MAIL FROM:<b@x>\r\n") is None
    assert unstuffer.feed(b".\r\n") == b""
    assert unstuffer.content.endswith(b"MAIL FROM:<b@x>\r\n")
    assert unstuffer.has_bare_newline or unstuffer.has_nul


def test_bare_newlines_and_nul_are_not_looked_for_where_they_are_kept() -> None:
    unstuffer = _unstuffer(keep_bare_newlines=True)
    assert unstuffer.feed(b"a\rb\nc\0\r\n.\r\n") == b""
    assert unstuffer.content == b"a\rb\nc\0\r\n"
    assert not unstuffer.has_bare_newline
    assert not unstuffer.has_nul


def test_bare_newlines_at_chunk_borders_are_seen() -> None:
    unstuffer = _unstuffer()
    for chunk in (b"a\r", b"\nb\r", b"c\r\n.\r\n"):
        unstuffer.feed(chunk)
    assert unstuffer.has_bare_newline
    unstuffer = _unstuffer()
    for chunk in (b"a\r", b"\nb", b"\r\n", b".", b"\r", b"\n"):
        unstuffer.feed(chunk)
    assert not unstuffer.has_bare_newline


@pytest.mark.parametrize(("size", "too_large"), [(99, False), (100, False), (101, True)])
def test_size_is_limited(size: int, *, too_large: bool) -> None:
    unstuffer = _unstuffer(max_size=100)
    assert unstuffer.feed(b"x" * (size - 2) + b"\r\n.\r\n") == b""
    assert unstuffer.too_large is too_large
    assert unstuffer.size == size
    assert len(unstuffer.content) == (0 if too_large else size)


def test_beyond_the_size_nothing_is_kept_and_the_end_is_found() -> None:
    unstuffer = _unstuffer(max_size=100)
    for _ in range(50):
        assert unstuffer.feed(b"y" * 1000) is None
    assert unstuffer.feed(b"\r\n.\r") is None
    assert unstuffer.feed(b"\nRSET\r\n") == b"RSET\r\n"
    assert unstuffer.too_large
    assert unstuffer.content == b""
    assert len(unstuffer._kept) == 0
