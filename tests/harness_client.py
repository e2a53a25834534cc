"""A plain SMTP client for tests that speak to a whole relay: connections, content as it goes over the wire, answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.harness_kernel import Ends, is_all_taken
from tests.harness_smtp import Peer

_LINE_START_DOT = re.compile(rb"(?m)^\.")


@asynccontextmanager
async def calling(port: int, *, greeting: str = "EHLO client.test") -> AsyncIterator[Peer]:
    """Connect to this port of loopback and greet; with an empty greeting, say nothing."""
    peer = Peer(*await asyncio.open_connection("127.0.0.1", port, limit=2**26))
    try:
        assert (await peer.answer()).startswith("220 ")
        if greeting:
            assert (await peer.say(greeting)).startswith("250")
        yield peer
    finally:
        await peer.close()


async def all_is_sent(peer: Peer) -> None:
    """Wait until the other end has taken in everything that was sent."""
    peer.writer.transport.set_write_buffer_limits(high=0)
    await peer.writer.drain()
    while not is_all_taken(ends_of(peer)):  # noqa: ASYNC110 - only the kernel knows
        await asyncio.sleep(0.001)


def wire(content: bytes) -> bytes:
    """The content as clients send it, with the end of data: a line end at its end, dots doubled (RFC 5321 4.5.2)."""
    whole = content if content.endswith(b"\r\n") or not content else content + b"\r\n"
    return _LINE_START_DOT.sub(b"..", whole) + b".\r\n"


def ends_of(peer: Peer) -> Ends:
    """The ports of the peer's connection."""
    sockname, peername = (peer.writer.get_extra_info(name) for name in ("sockname", "peername"))
    return sockname[1], peername[1]


def letter(text: str, *, message_id: str, to: str = "ann@people.example", more: str = "") -> bytes:
    """A short mail that says `text`; `more` are further header fields, each with its line end."""
    return (
        f"From: shop@sender.example\r\nTo: {to}\r\nSubject: Your order\r\nMessage-ID: <{message_id}>\r\n"
        f"Date: Mon, 16 Nov 2026 09:00:00 +0000\r\n{more}\r\n{text}\r\n"
    ).encode()


def id_in(answer: str) -> str:
    """The ledger's id in an answer after the dot."""
    found = re.match(r"[25]\d\d \S+ ([0-9A-Z]{26}) ", f"{answer} ")
    assert found, answer
    return found[1]
