"""The octets of one connection that have come and are not yet taken, as lines or as blocks.

Knows no transport and no command. What it keeps of a line is bounded, however long the line gets.
"""

from __future__ import annotations

import asyncio
from typing import Final

# RFC 4954 4: a line of an authentication exchange, the longest that any command has.
LINE_LIMIT: Final = 12_288

OVERLONG: Final = b""
"""What stands for a line over the limit; a line as taken has at least its line end."""


class Inbox:
    """Fed by the connection, emptied by its session. `at_end`: nothing more will come."""

    __slots__ = ("_buffer", "_is_discarding", "_loop", "_waiter", "at_end")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._buffer = bytearray()
        self._is_discarding = False
        self._waiter: asyncio.Future[None] | None = None
        self.at_end = False

    def __len__(self) -> int:
        """Return how many octets wait."""
        return len(self._buffer)

    def feed(self, octets: bytes) -> bool:
        """Add what has come; return whether someone was waiting for it."""
        self._buffer += octets
        return self._wake()

    def feed_end(self) -> None:
        """Note that nothing more will come."""
        self.at_end = True
        self._wake()

    def take_line(self) -> bytes | None:
        """Return the next line with its line end, OVERLONG in place of one over LINE_LIMIT, None while there is none.

        A line ends at LF; whether CR stands before it is for the session to judge.
        """
        end = self._buffer.find(b"\n") + 1
        if not end:
            self._discard_overlong()
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[:end]
        if self._is_discarding or end > LINE_LIMIT:
            self._is_discarding = False
            return OVERLONG
        return line

    def take_all(self) -> bytes:
        """Return whatever has come."""
        octets = bytes(self._buffer)
        self._buffer.clear()
        return octets

    def put_back(self, octets: bytes) -> None:
        """Put octets in front that were taken and belong to what comes next."""
        self._buffer[:0] = octets

    async def wait(self) -> None:
        """Return when something has come or nothing more will."""
        if self.at_end:
            return
        self._waiter = self._loop.create_future()
        await self._waiter

    def _wake(self) -> bool:
        waiter, self._waiter = self._waiter, None
        if waiter is None:
            return False
        if not waiter.done():
            waiter.set_result(None)
        return True

    def _discard_overlong(self) -> None:
        """Drop what has come of a line that is too long already, so that its length never becomes memory."""
        if len(self._buffer) > LINE_LIMIT:
            self._is_discarding = True
        if self._is_discarding:
            self._buffer.clear()
