"""mailguard.relay.incoming_content: content within its bounds, counted while it is held."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.relay import answers
from mailguard.relay.incoming_content import IncomingContent
from mailguard.relay.octet_budget import OctetBudget
from mailguard.relay.refusal import Refusal

LINE = b"0123456789abcd\r\n"


def content(*, max_size: int = 1000, budget: OctetBudget | None = None, keep_bare_newlines: bool = False) -> IncomingContent:
    return IncomingContent(max_size=max_size, budget=budget or OctetBudget(10_000), keep_bare_newlines=keep_bare_newlines)


def test_content_is_counted_until_it_is_released() -> None:
    budget = OctetBudget(10_000)
    coming = content(budget=budget)
    assert coming.feed(LINE) is None
    assert budget.used == len(LINE) - 2  # the last CRLF may yet begin the end
    assert coming.feed(LINE + b".\r\nNOOP\r\n") == b"NOOP\r\n"
    assert budget.used == 2 * len(LINE)
    assert coming.content == LINE * 2
    assert coming.refusal() is None
    coming.release()
    assert budget.used == 0
    coming.release()
    assert budget.used == 0


@pytest.mark.parametrize(("lines", "is_taken"), [(3, True), (4, True), (5, False)])
def test_content_over_the_size_is_refused_at_its_end(lines: int, is_taken: bool) -> None:  # noqa: FBT001
    budget = OctetBudget(10_000)
    coming = content(max_size=4 * len(LINE), budget=budget)
    for _ in range(lines):
        assert coming.feed(LINE) is None
    assert coming.feed(b".\r\n") == b""
    assert coming.refusal() == (None if is_taken else (answers.too_large(64), Refusal.MESSAGE_SIZE))
    assert budget.used == (lines * len(LINE) if is_taken else 0)
    assert coming.content == (LINE * lines if is_taken else b"")


@pytest.mark.parametrize(("lines", "is_taken"), [(3, True), (4, True), (5, False)])
def test_content_that_finds_no_room_is_refused_at_its_end(lines: int, is_taken: bool) -> None:  # noqa: FBT001
    budget = OctetBudget(100 + 4 * len(LINE))
    budget.spend(100)
    coming = content(budget=budget)
    for _ in range(lines):
        assert coming.feed(LINE) is None
    assert coming.feed(b".\r\n") == b""
    assert coming.refusal() == (None if is_taken else (answers.NO_ROOM, Refusal.NO_ROOM))
    assert coming.content == (LINE * lines if is_taken else b"")
    coming.release()
    assert budget.used == 100


def test_no_room_in_the_last_block_keeps_nothing() -> None:
    coming = content(budget=OctetBudget(10))
    assert coming.feed(LINE + b".\r\n") == b""
    assert coming.refusal() == (answers.NO_ROOM, Refusal.NO_ROOM)
    assert coming.content == b""


@pytest.mark.parametrize("octets", [b"a\rb", b"a\nb", b"a\0b", b"\n.\n", b"a\r\r\n"])
def test_bare_newline_or_nul_is_refused_unless_kept(octets: bytes) -> None:
    for keep_bare_newlines in (False, True):
        coming = content(keep_bare_newlines=keep_bare_newlines)
        assert coming.feed(octets + b"\r\n.\r\n") == b""
        assert coming.refusal() == (None if keep_bare_newlines else (answers.BARE_NEWLINE, Refusal.BARE_NEWLINE))


@given(st.lists(st.binary(max_size=30)), st.integers(0, 100), st.integers(0, 100))
def test_what_is_spent_never_passes_a_limit_and_is_all_given_back(pieces: list[bytes], max_size: int, limit: int) -> None:
    budget = OctetBudget(limit)
    coming = content(max_size=max_size, budget=budget)
    for piece in [*pieces, b"\r\n.\r\n"]:
        if coming.feed(piece) is not None:
            break
        assert budget.used <= min(max_size, limit)
    assert len(coming.content) <= min(max_size, limit)
    assert coming.refusal() is not None or len(coming.content) == budget.used
    coming.release()
    assert budget.used == 0
