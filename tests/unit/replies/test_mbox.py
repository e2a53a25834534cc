from __future__ import annotations

import io
import tracemalloc
from datetime import UTC, datetime
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.replies.mbox import MboxMail, is_mbox, read_mbox


def mails(octets: bytes, *, max_size: int = 10_000) -> list[MboxMail]:
    return list(read_mbox(io.BytesIO(octets), max_size=max_size))


ONE = b"From ada@mail.example Sun Nov 22 05:00:09 2026\nSubject: 1\n\none\n\n"


def test_mails_are_given_with_time_and_place() -> None:
    first, second = mails(ONE + ONE.replace(b"one", b"two"))
    assert first.octets == b"Subject: 1\n\none\n"
    assert first.received_at == datetime(2026, 11, 22, 5, 0, 9, tzinfo=UTC)
    assert (first.at, second.at) == (0, len(ONE))
    assert second.octets == b"Subject: 1\n\ntwo\n"


def test_from_in_the_middle_of_a_text_begins_no_mail_and_quoted_ones_are_unquoted() -> None:
    (only,) = mails(b"From x\nSubject: 1\n\nhello\nFrom here on\n>From me\n>>From you\n")
    assert only.octets == b"Subject: 1\n\nhello\nFrom here on\nFrom me\n>From you\n"


def test_line_ends_of_windows_are_kept() -> None:
    first, second = mails(b"From x\r\nA: 1\r\n\r\none\r\n\r\nFrom y\r\nA: 2\r\n\r\ntwo\r\n")
    assert (first.octets, second.octets) == (b"A: 1\r\n\r\none\r\n", b"A: 2\r\n\r\ntwo\r\n")


@pytest.mark.parametrize(("size", "is_read"), [(99, True), (100, True), (101, False)])
def test_too_large_a_mail_is_named_and_the_next_is_given(size: int, *, is_read: bool) -> None:
    large, small = mails(b"From x\n" + b"x" * (size - 1) + b"\n\nFrom y\nA: 2\n", max_size=100)
    assert (large.octets is not None) is is_read
    assert small.octets == b"A: 2\n"


def test_endless_line_costs_no_memory() -> None:
    class Endless(io.RawIOBase):
        left = 200

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            self.left -= 1
            buffer[:] = b"From x\n".ljust(len(buffer), b"x")
            return len(buffer) if self.left > 0 else 0

    tracemalloc.start()
    (only,) = read_mbox(io.BufferedReader(cast("io.RawIOBase", Endless()), 100_000), max_size=10)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert only.octets is None
    assert most < 2_000_000


@pytest.mark.parametrize("separator", [b"From ", b"From x Sun Foo 22 05:00:09 2026", b"From x Sun Feb 31 05:00:09 2026"])
def test_time_that_is_none_is_none(separator: bytes) -> None:
    (only,) = mails(separator + b"\nA: 1\n")
    assert only.received_at is None


@given(st.binary(max_size=300))
def test_whatever_is_in_a_file_is_given_within_bounds(octets: bytes) -> None:
    for mail in mails(b"From " + octets, max_size=50):
        assert mail.octets is None or len(mail.octets) <= 50
    assert is_mbox(b"From " + octets)
