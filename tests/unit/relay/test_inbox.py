"""mailguard.relay.inbox: lines and blocks out of octets that come in any pieces, with bounded memory."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.relay.inbox import LINE_LIMIT, OVERLONG, Inbox


@pytest.fixture
async def inbox() -> Inbox:
    return Inbox(asyncio.get_running_loop())


def lines_of(inbox: Inbox) -> list[bytes]:
    lines = []
    while (line := inbox.take_line()) is not None:
        lines.append(line)
    return lines


async def test_line_is_taken_with_its_end(inbox: Inbox) -> None:
    inbox.feed(b"NOOP\r\nRSET\nQU")
    assert lines_of(inbox) == [b"NOOP\r\n", b"RSET\n"]
    assert len(inbox) == 2
    inbox.feed(b"IT\r\n")
    assert inbox.take_line() == b"QUIT\r\n"


@pytest.mark.parametrize(("length", "is_whole"), [(LINE_LIMIT - 1, True), (LINE_LIMIT, True), (LINE_LIMIT + 1, False)])
async def test_line_over_the_limit_is_replaced(inbox: Inbox, length: int, is_whole: bool) -> None:  # noqa: FBT001
    line = b"x" * (length - 2) + b"\r\n"
    inbox.feed(line + b"NOOP\r\n")
    assert lines_of(inbox) == [line if is_whole else OVERLONG, b"NOOP\r\n"]


async def test_line_that_never_ends_takes_no_memory(inbox: Inbox) -> None:
    for _ in range(1000):
        inbox.feed(b"x" * 10_000)
        assert inbox.take_line() is None
        assert len(inbox) <= LINE_LIMIT
    inbox.feed(b"\r\nNOOP\r\n")
    assert lines_of(inbox) == [OVERLONG, b"NOOP\r\n"]


async def test_all_is_taken_and_put_back_in_front(inbox: Inbox) -> None:
    inbox.feed(b"abc")
    assert inbox.take_all() == b"abc"
    assert inbox.take_all() == b""
    inbox.feed(b"\r\n")
    inbox.put_back(b"NOOP")
    assert inbox.take_line() == b"NOOP\r\n"


async def test_waiting_ends_when_octets_come(inbox: Inbox) -> None:
    waiting = asyncio.create_task(inbox.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert inbox.feed(b"x")
    await waiting


async def test_feed_tells_when_nobody_waited(inbox: Inbox) -> None:
    assert not inbox.feed(b"x")


async def test_waiting_ends_when_nothing_more_will_come(inbox: Inbox) -> None:
    waiting = asyncio.create_task(inbox.wait())
    await asyncio.sleep(0)
    inbox.feed_end()
    await waiting
    assert inbox.at_end
    await inbox.wait()


async def test_cancelled_waiting_is_not_woken(inbox: Inbox) -> None:
    waiting = asyncio.create_task(inbox.wait())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    inbox.feed(b"x")
    assert inbox.take_all() == b"x"


@given(st.lists(st.binary(max_size=40).map(lambda octets: octets.replace(b"x", b"\n"))))
def test_pieces_do_not_matter(pieces: list[bytes]) -> None:
    loop = asyncio.new_event_loop()
    inbox = Inbox(loop)
    taken = []
    for piece in pieces:
        inbox.feed(piece)
        taken += lines_of(inbox)
    loop.close()
    *whole, rest = b"".join(pieces).split(b"\n")
    assert taken == [line + b"\n" for line in whole]
    assert inbox.take_all() == rest
