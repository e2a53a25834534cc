"""`mailguard serve` as it is run: its processes, configuration file, log lines and signals, and the other commands beside it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from mailguard.cli.app import run
from tests.harness_kernel import children_of
from tests.harness_postfix import free_port

PATIENCE = 60.0
"""Seconds after which a test that waits has failed; nothing is measured against it."""

Event = Mapping[str, Any]


class Log:
    """The server's log lines as they come, each a mapping with its `event`."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = asyncio.Event()
        self._has_ended = False

    async def read(self, stream: asyncio.StreamReader) -> None:
        """Take lines until there are no more."""
        while line := await stream.readline():
            with suppress(ValueError):
                self.events += _objects(line.decode())
            self._changed.set()
        self._has_ended = True
        self._changed.set()

    def of(self, name: str) -> list[Event]:
        """The events of this name so far."""
        return [event for event in self.events if event["event"] == name]

    async def wait_for(self, name: str, count: int = 1) -> list[Event]:
        """Wait until there are that many events of this name."""
        try:
            async with asyncio.timeout(PATIENCE):
                while len(self.of(name)) < count and not self._has_ended:
                    self._changed.clear()
                    await self._changed.wait()
        finally:
            assert len(self.of(name)) >= count, f"no {name} in {self.events[-20:]}"
        return self.of(name)


@dataclass(frozen=True)
class Answer:
    """What a command came to: its exit status, the documents on its standard output, and what it said beside them."""

    status: int
    documents: list[Any]
    said: str

    @property
    def document(self) -> Any:
        """The one document."""
        assert len(self.documents) == 1, self
        return self.documents[0]


@dataclass
class Server:
    """A running server."""

    port: int
    folder: Path
    log: Log = field(default_factory=Log)
    _process: asyncio.subprocess.Process | None = None

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "mailguard.toml"

    @property
    def database(self) -> Path:
        """The SQLite file of the ledger."""
        return self.folder / "mailguard.db"

    @property
    def pid(self) -> int:
        """The process that supervises the others."""
        assert self._process is not None
        return self._process.pid

    def workers(self) -> list[int]:
        """The processes that take mail, oldest first."""
        return children_of(self.pid)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the supervising process."""
        os.kill(self.pid, number)

    async def ended(self) -> int:
        """Wait for the end; the exit status."""
        assert self._process is not None
        async with asyncio.timeout(PATIENCE):
            return await self._process.wait()

    async def gone(self) -> None:
        """Wait until the last of its processes has ended, and with it the log."""
        async with asyncio.timeout(PATIENCE):
            await self._reading

    async def command(self, *arguments: str) -> Answer:
        """Run another command of mailguard on the same configuration, with --json, beside the server."""
        return await asyncio.to_thread(_run, [*arguments, "-c", str(self.config), "--json"])

    async def nothing_under_way(self) -> None:
        """Wait until nothing is queued or deferred any more."""
        async with asyncio.timeout(PATIENCE):
            for state in ("queued", "deferred", "queued"):
                while (await self.command("queue", "list", "--state", state)).status == 0:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)  # what another process writes down is no event here

    async def why(self, id: str) -> Any:
        """The document that `mailguard why` prints."""
        return (await self.command("why", id)).document

    async def start(self, workers: int) -> None:
        """Run until ready."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mailguard", "serve", "--workers", str(workers), "-c", str(self.config), "--json",
            stderr=asyncio.subprocess.PIPE, start_new_session=True, limit=2**22,
        )  # fmt: skip
        assert self._process.stderr is not None
        self._reading = asyncio.create_task(self.log.read(self._process.stderr))
        await self.log.wait_for("ready")

    async def stop(self) -> None:
        """End it with SIGTERM, unless that was done before; it must end in good order."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self.signal(signal.SIGTERM)
        status = await self.ended()
        await self.gone()
        assert status == 0, self.log.events

    async def kill(self) -> None:
        """End what is left of it, whatever has happened."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
            await self.gone()


@asynccontextmanager
async def serving(folder: Path, *next_hops: int, workers: int = 1, **sections: Any) -> AsyncIterator[Server]:
    """Run `mailguard serve` with a ledger in `folder`, in front of these ports of loopback, and end it with SIGTERM.

    `sections` are those of the configuration file; what they do not say of `[relay]`, `[http]` and `[delivery]` is made to
    fit a test. The exit status must be 0.
    """
    server = Server(free_port(), folder)
    write_config(server, *next_hops, **sections)
    try:
        await server.start(workers)
        yield server
        await server.stop()
    finally:
        await server.kill()


def write_config(server: Server, *next_hops: int, **sections: Any) -> None:
    """Write the server's configuration file (again)."""
    document: dict[str, Any] = {
        **sections,
        "relay": {
            "listen": f"127.0.0.1:{server.port}",
            "hostname": "relay.example",
            "next_hop": [f"smtp://127.0.0.1:{port}?tls=none" for port in next_hops],
            **sections.get("relay", {}),
        },
        "http": {"listen": "", **sections.get("http", {})},
        "delivery": {"retry": "1s", **sections.get("delivery", {})},
    }
    server.config.write_text("\n".join(_toml(document)), encoding="utf-8")


def _run(arguments: Sequence[str]) -> Answer:
    """What a command comes to; in this process, for that saves the second that a new one takes to import everything."""
    with redirect_stdout(StringIO()) as printed, redirect_stderr(StringIO()) as said:
        status = run(arguments)
    return Answer(status, [json.loads(line) for line in printed.getvalue().splitlines()], said.getvalue())


def _objects(line: str) -> Iterator[Event]:
    """The JSON objects on a line: where Python does not buffer, two processes may get theirs onto one."""
    rest = line.strip()
    while rest:
        found, end = json.JSONDecoder().raw_decode(rest)
        yield found
        rest = rest[end:].lstrip()


def _toml(document: Mapping[str, Any]) -> Iterator[str]:
    """TOML of sections: a mapping is a table, a list of mappings an array of tables."""
    for name, section in document.items():
        tables = [(f"[{name}]", section)] if isinstance(section, Mapping) else [(f"[[{name}]]", one) for one in section]
        for heading, table in tables:
            yield heading
            yield from (f"{key} = {_value(value)}" for key, value in table.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key} = {_value(item)}' for key, item in value.items())}}}"
    return json.dumps(value)  # strings, numbers, booleans and lists of them are written as in JSON


@contextmanager
def broken_ledger(database: Path, what: str = "BEFORE INSERT ON message") -> Iterator[None]:
    """Let what is to be written down fail inside the database meanwhile, as on a disk that is failing."""
    _execute(database, f"CREATE TRIGGER broken {what} BEGIN SELECT RAISE(ABORT, 'disk failure'); END")
    try:
        yield
    finally:
        _execute(database, "DROP TRIGGER broken")


def _execute(database: Path, statement: str) -> None:
    connection = sqlite3.connect(database, timeout=PATIENCE, isolation_level=None)
    try:
        connection.execute(statement)
    finally:
        connection.close()
