"""The front door on a real loopback socket, an intake that keeps what it is given, and a peer that speaks plain octets.

The peer is written apart from the relay's own code on purpose: it sends what it is told, and reads answers line by line.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import uvloop

from mailguard.mail.smtp_reply import SmtpReply
from mailguard.relay.arrival import Arrival
from mailguard.relay.refusal import Refusal
from mailguard.relay.settings import Client, Listen
from mailguard.relay.smtp import SmtpServer, serve_smtp

ACCEPTED = SmtpReply(250, "2.0.0", "01JD accepted")
LOOPBACK = Client(name="loopback", networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
PATIENCE = 20.0
"""Seconds after which a test that waits has failed; nothing is measured against it."""


@dataclass
class KeepingIntake:
    """Keeps every arrival. `first` is called with it before it is answered with `reply`."""

    reply: SmtpReply = ACCEPTED
    first: Callable[[Arrival], Awaitable[None]] | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    _kept: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, arrival: Arrival) -> SmtpReply:
        """Keep it and answer."""
        if self.first is not None:
            await self.first(arrival)
        self.arrivals.append(arrival)
        self._kept.set()
        return self.reply

    async def kept_one(self) -> None:
        """Wait until there is an arrival."""
        async with asyncio.timeout(PATIENCE):
            await self._kept.wait()


@dataclass
class Door:
    """A server that listens, what came in, and what was refused."""

    server: SmtpServer
    intake: KeepingIntake
    refusals: list[Refusal]

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.port

    async def is_left(self) -> bool:
        """Wait until nobody is connected any more; False when that takes too long."""
        return await self.server._service.is_empty_within(PATIENCE)

    @property
    def octets(self) -> list[bytes]:
        """The contents that came in."""
        return [arrival.octets for arrival in self.intake.arrivals]


@asynccontextmanager
async def front_door(
    intake: KeepingIntake | None = None,
    *,
    extensions: frozenset[str] = frozenset({"8BITMIME", "SMTPUTF8"}),
    most_octets_held: int = 2**29,
    clients: tuple[Client, ...] = (LOOPBACK,),
    **settings: Any,
) -> AsyncIterator[Door]:
    """Open the door on a free port; `settings` are those of Listen."""
    refusals: list[Refusal] = []
    given: dict[str, Any] = {"port": 0, "hostname": "relay.test", "clients": clients, **settings}
    taker = intake or KeepingIntake()
    server = await serve_smtp(
        Listen(**given),
        taker,
        extensions=lambda: extensions,
        refused=refusals.append,
        most_octets_held=most_octets_held,
    )
    door = Door(server, taker, refusals)
    try:
        yield door
    finally:
        for connection in tuple(server._service.connections):
            connection.abort()
        await server.close()


class Peer:
    """One connection to a door."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def answer(self) -> str:
        """Read one answer, its lines joined by LF; "" when the server has closed."""
        lines: list[str] = []
        async with asyncio.timeout(PATIENCE):
            while not lines or lines[-1][3:4] == "-":
                line = await self.reader.readline()
                if not line:
                    return "\n".join(lines)
                assert line.endswith(b"\r\n"), line
                lines.append(line[:-2].decode())
        return "\n".join(lines)

    async def answers(self, count: int) -> list[str]:
        """Read that many answers."""
        return [await self.answer() for _ in range(count)]

    async def say(self, line: str) -> str:
        """Send one line and read its answer."""
        await self.send(line.encode() + b"\r\n")
        return await self.answer()

    async def send(self, octets: bytes) -> None:
        """Send octets as they are."""
        self.writer.write(octets)
        async with asyncio.timeout(PATIENCE):
            await self.writer.drain()

    async def greet(self) -> None:
        """Send EHLO."""
        assert (await self.say("EHLO peer.test")).startswith("250-relay.test")

    async def begin(self, *recipients: str, sender: str = "<a@x.test>") -> None:
        """Begin a mail and be asked for its content."""
        assert (await self.say(f"MAIL FROM:{sender}")).startswith("250 2.1.0")
        for recipient in recipients or ("<b@y.test>",):
            assert (await self.say(f"RCPT TO:{recipient}")).startswith("250 2.1.5")
        assert (await self.say("DATA")).startswith("354")

    async def mail(self, octets: bytes, *recipients: str) -> str:
        """Send one mail whose content goes over the wire as it is, end included; return the last answer."""
        await self.begin(*recipients)
        await self.send(octets)
        return await self.answer()

    async def mail_dialogue(self, *recipients: str) -> str:
        """Send one short mail; return the last answer."""
        return await self.mail(b"Subject: hello\r\n\r\nhello\r\n.\r\n", *recipients)

    async def start_tls(self, context: ssl.SSLContext | None = None) -> None:
        """Turn TLS on, trusting any certificate, and greet again."""
        assert (await self.say("STARTTLS")).startswith("220")
        async with asyncio.timeout(PATIENCE):
            await self.writer.start_tls(context or trusting_context(), server_hostname="localhost")
        await self.greet()

    async def is_hung_up_on(self) -> bool:
        """Whether the server says nothing more and closes; False when it says something."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self.reader.read(1) == b""
            except ConnectionError:
                return True

    async def close(self) -> None:
        """Go away."""
        self.writer.transport.abort()
        await asyncio.sleep(0)


@asynccontextmanager
async def connected(door: Door | DoorProcess, *, greeted: bool = True) -> AsyncIterator[Peer]:
    """Connect, read the server's greeting, and greet it."""
    peer = Peer(*await asyncio.open_connection("127.0.0.1", door.port, limit=2**26))
    try:
        if greeted:
            assert await peer.answer() == "220 relay.test ESMTP mailguard"
            await peer.greet()
        yield peer
    finally:
        await peer.close()


@asynccontextmanager
async def door_of_its_own(**settings: Any) -> AsyncIterator[DoorProcess]:
    """Open a door in a process of its own, under uvloop, so that its memory can be looked at."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.harness_smtp", json.dumps(settings), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            port = int(await process.stdout.readline())
        yield DoorProcess(port, process.pid)
    finally:
        process.stdin.close()
        await process.wait()


@dataclass(frozen=True)
class DoorProcess:
    """A door that listens in another process."""

    port: int
    pid: int

    def most_memory(self) -> int:
        """Return the most octets of memory that it ever had."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


async def _serve_until_closed(settings: dict[str, Any]) -> None:
    async with front_door(**settings) as door:
        print(door.port, flush=True)  # noqa: T201 - the parent waits for it
        await asyncio.to_thread(sys.stdin.read)


def trusting_context() -> ssl.SSLContext:
    """A client's context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def self_signed(folder: Path) -> tuple[Path, Path]:
    """The files of a new certificate for localhost and of its key."""
    certificate, key = folder / "relay.pem", folder / "relay.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return certificate, key


if __name__ == "__main__":
    uvloop.run(_serve_until_closed(json.loads(sys.argv[1])))
