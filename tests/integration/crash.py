"""`kill -9` under load, again and again: what was answered 250 must be at the next hop in the end, and hardly anything twice.

As a script, for the long form: python -m tests.integration.crash --kills 50 --messages 10000
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness_sink import Sink, running_sink

CONNECTIONS = 20
"""Deliveries under way at a time in one worker: the relay's default."""

WORKERS = 2


@dataclass
class Load:
    """Sessions that send numbered messages until told to stop. `taken`: numbers answered 250."""

    port: int
    sessions: int
    wanted: int
    taken: set[int] = field(default_factory=set)
    sent: int = 0
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def reaches(self, count: int) -> None:
        """Return when so many messages have been answered 250."""
        while len(self.taken) < count:
            self.answered.clear()
            await self.answered.wait()

    async def run(self) -> None:
        await asyncio.gather(*(self._session() for _ in range(self.sessions)))

    async def _session(self) -> None:
        while len(self.taken) < self.wanted:
            with suppress(ConnectionError, asyncio.IncompleteReadError, OSError):
                await self._talk()
            await asyncio.sleep(0.02)  # the relay is down: the client's own pause between two tries to connect

    async def _talk(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            await _expect(reader, 220)
            writer.write(b"EHLO load.example\r\n")
            await _expect(reader, 250)
            while len(self.taken) < self.wanted:
                self.sent += 1
                number = self.sent
                writer.write(_transaction(number))
                for code in (250, 250, 354):
                    await _expect(reader, code)
                writer.write(_content(number))
                await _expect(reader, 250)
                self.taken.add(number)
                self.answered.set()
        finally:
            writer.close()


@dataclass(frozen=True)
class Result:
    """What came of it. `lost` were answered 250 and never arrived; `duplicates` arrived once more than needed."""

    kills: int
    answered: int
    lost: frozenset[int]
    duplicates: int
    damaged: int


async def crash(folder: Path, *, kills: int, messages: int, sessions: int = 20, seed: int = 1) -> Result:
    """Run the relay in `folder` under load, kill its whole process group `kills` times, and count what arrived."""
    chance = random.Random(seed)
    async with running_sink() as sink:
        port = _free_port()
        config = _write_config(folder, port=port, sink_port=sink.port)
        load = Load(port, sessions, messages)
        sending = asyncio.create_task(load.run())
        for number in range(1, kills + 1):
            async with _serving(config):
                goal = messages * number // (kills + 1) - chance.randrange(20)
                await load.reaches(goal)
        async with _serving(config):
            await sending
            await _arrived(sink, load.taken)
        return _result(sink, load, kills)


def _result(sink: Sink, load: Load, kills: int) -> Result:
    arrived = Counter(_number(message.octets) for message in sink.taken)
    damaged = sum(not message.octets.endswith(_body(_number(message.octets))) for message in sink.taken)
    duplicates = sum(count - 1 for count in arrived.values())
    return Result(kills, len(load.taken), frozenset(load.taken - arrived.keys()), duplicates, damaged)


async def _arrived(sink: Sink, taken: set[int], patience: float = 120.0) -> None:
    """Wait until everything answered has arrived; what has not after `patience` counts as lost."""
    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            seen, place = set[int](), 0
            while not taken <= seen:
                await asyncio.sleep(0.05)
                seen |= {_number(message.octets) for message in sink.taken[place:]}
                place = len(sink.taken)


@asynccontextmanager
async def _serving(config: Path) -> AsyncIterator[None]:
    """The relay in a process group of its own, ready; killed with SIGKILL, all of it, at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mailguard", "serve", "--workers", str(WORKERS), "-c", str(config), "--json",
        stderr=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    said = b""
    while b'"ready"' not in said:
        line = await process.stderr.readline()
        assert line, f"mailguard did not start: {said.decode()}"
        said += line
    drain = asyncio.create_task(process.stderr.read())
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        await drain


def _write_config(folder: Path, *, port: int, sink_port: int) -> Path:
    file = folder / "mailguard.toml"
    file.write_text(
        f"""
[relay]
listen = "127.0.0.1:{port}"
next_hop = "smtp://127.0.0.1:{sink_port}?tls=none"
[database]
url = "sqlite:///mailguard.db"
[policy]
fan_out_limit = 1000000000
[delivery]
connections = {CONNECTIONS}
retry = "1s"
[http]
listen = ""
""",
        encoding="utf-8",
    )
    return file


def _transaction(number: int) -> bytes:
    return b"MAIL FROM:<load@sender.example>\r\nRCPT TO:<p%d@people.example>\r\nDATA\r\n" % number


def _content(number: int) -> bytes:
    header = b"Date: Mon, 16 Nov 2026 09:00:00 +0000\r\nMessage-ID: <%d@load.example>\r\nX-Number: %d\r\n" % (number, number)
    return header + _body(number) + b".\r\n"


def _body(number: int) -> bytes:
    return b"Subject: order %d\r\n\r\n%s\r\n" % (number, b"order %d, " % number * (number % 50 + 1))


def _number(octets: bytes) -> int:
    return int(octets.partition(b"X-Number: ")[2].partition(b"\r")[0])


async def _expect(reader: asyncio.StreamReader, code: int) -> None:
    line = await reader.readuntil(b"\n")
    while line[3:4] == b"-":
        line = await reader.readuntil(b"\n")
    if int(line[:3]) != code:
        raise ConnectionError(line.decode())


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def main() -> int:
    """Run the long form; exit 1 where mail was lost or damaged."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = asyncio.run(crash(Path(folder), kills=arguments.kills, messages=arguments.messages, seed=arguments.seed))
    print(result, f"duplicates a kill: {result.duplicates / max(1, result.kills):.2f}, seed {arguments.seed}")  # noqa: T201
    return 1 if result.lost or result.damaged else 0


if __name__ == "__main__":
    sys.exit(main())
