"""A gate before an SMTP server: passes octets both ways, holds mails at their end of data, and can lose one answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

_END_OF_DATA = b"\r\n.\r\n"
_MAIL = b"MAIL FROM:"
_BLOCK = 2**16


async def _at_once() -> None:
    """Hold nothing."""


@dataclass
class Gate:
    """Stands before `server`, a port of loopback, at `port` while it is open."""

    server: int
    port: int = 0
    _may_end: Callable[[], Awaitable[object]] = _at_once
    _may_begin: Callable[[], Awaitable[object]] = _at_once
    _to_lose: bytes = b""
    _handlers: set[asyncio.Task[None]] = field(default_factory=set)

    @contextmanager
    def holding(self, may_end: Callable[[], Awaitable[object]]) -> Iterator[None]:
        """Meanwhile, await `may_end` before a mail's end of data is passed on."""
        self._may_end = may_end
        try:
            yield
        finally:
            self._may_end = _at_once

    @contextmanager
    def letting_begin(self, may_begin: Callable[[], Awaitable[object]]) -> Iterator[None]:
        """Meanwhile, await `may_begin` before a mail's MAIL command is passed on; a ConnectionError breaks the connection."""
        self._may_begin = may_begin
        try:
            yield
        finally:
            self._may_begin = _at_once

    @contextmanager
    def losing(self, answer: bytes) -> Iterator[None]:
        """Lose the first answer with these octets in it: its client's connection breaks instead. There must be one."""
        self._to_lose = answer
        yield
        assert not self._to_lose

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
            if octets.startswith(_MAIL):
                await self._may_begin()
            if _END_OF_DATA in seen:
                await self._may_end()
            before = seen[-len(_END_OF_DATA) + 1 :]
            writer.write(octets)

    async def _outward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while octets := await reader.read(_BLOCK):
            if self._to_lose and self._to_lose in octets:
                self._to_lose = b""
                writer.transport.abort()
                return
            writer.write(octets)
