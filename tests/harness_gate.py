"""A gate before an SMTP server: passes octets both ways, holds mails at their end of data, and can lose one answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_END_OF_DATA = b"\r\n.\r\n"
_BLOCK = 2**16


async def _at_once() -> None:
    """Hold nothing."""


@dataclass
class Gate:
    """Stands before `server`, a port of loopback.

    `may_end` is awaited before a mail's end of data is passed on. The first answer with `lost_answer` in it never reaches
    the client: its connection breaks instead. `lost` counts these.
    """

    server: int
    may_end: Callable[[], Awaitable[object]] = _at_once
    lost_answer: bytes = b""
    port: int = 0
    lost: int = 0
    _handlers: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Gate]:
        """Listen on `port`."""
        listening = await asyncio.start_server(self._let_in, "127.0.0.1", 0)
        self.port = listening.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            listening.close()
            for handler in self._handlers:
                handler.cancel()
            await asyncio.gather(*self._handlers, return_exceptions=True)

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handler = asyncio.current_task()
        assert handler is not None
        self._handlers.add(handler)
        try:
            with suppress(ConnectionError, asyncio.CancelledError):
                await self._pass_on(reader, writer)
        finally:
            writer.close()
            self._handlers.discard(handler)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self.server)
        ways = [
            asyncio.create_task(self._inward(reader, to_server)),
            asyncio.create_task(self._outward(from_server, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            to_server.close()

    async def _inward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        before = b""
        while octets := await reader.read(_BLOCK):
            seen = before + octets
            if _END_OF_DATA in seen:
                await self.may_end()
            before = seen[-len(_END_OF_DATA) + 1 :]
            writer.write(octets)

    async def _outward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while octets := await reader.read(_BLOCK):
            if self.lost_answer and self.lost_answer in octets and not self.lost:
                self.lost += 1
                writer.transport.abort()
                return
            writer.write(octets)
