"""A real HTTP server that takes webhook events, and does with them what a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

PATIENCE: Final = 60.0
HANGS: Final = "hang"


@dataclass
class Delivered:
    """One request."""

    path: str
    header: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers with `answers` in turn, the last one over and over: a status line, or HANGS for none at all."""

    port: int
    answers: list[str] = field(default_factory=lambda: ["204 No Content"])
    requests: list[Delivered] = field(default_factory=list)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}/hook?of=mail"

    async def wait_for(self, count: int) -> list[Delivered]:
        """Wait until so many requests have come."""
        async with asyncio.timeout(PATIENCE):
            while len(self.requests) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return self.requests

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the requests of one connection."""
        try:
            while head := await _head(reader):
                first, *lines = head
                header = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(header.get("content-length", "0")))
                self.requests.append(Delivered(first.split()[1], header, body))
                self._arrived.set()
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if answer == HANGS:
                    await reader.read()
                    return
                writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:9/\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


async def _head(reader: asyncio.StreamReader) -> list[str]:
    octets = await reader.readuntil(b"\r\n\r\n")
    return octets.decode().strip().split("\r\n")


@asynccontextmanager
async def receiving(*answers: str) -> AsyncIterator[Receiver]:
    """A receiver on a free port of loopback."""
    receiver = Receiver(0)
    if answers:
        receiver.answers = list(answers)
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
