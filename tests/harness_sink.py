"""A real SMTP server on loopback that answers as its script says and keeps what it was given, octet for octet.

Written apart from the relay's own code on purpose: it reads line by line and undoes dot-stuffing in the plainest way.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import subprocess
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ALL_EXTENSIONS = ("PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")

PATIENCE = 60.0
"""Seconds after which a test that waits has failed; nothing is measured against it."""

STAGES = frozenset(
    {"CONNECT", "EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "CONTENT", "DOT", "DONE", "RSET", "NOOP", "QUIT"}
)
"""Where a script may step in. CONTENT is after the first line of the content, DONE after the answer to the last dot."""


@dataclass(frozen=True)
class HangUp:
    """Close the connection, after saying `after` if that is given."""

    after: str = ""


@dataclass(frozen=True)
class Silence:
    """Never answer."""


@dataclass(frozen=True)
class Until:
    """Wait for the event, then do `then` (None: what would be done anyway)."""

    event: asyncio.Event
    then: str | HangUp | Silence | None = None


Action = str | HangUp | Silence | Until


@dataclass(frozen=True)
class TakenMessage:
    """A message that was answered 2yz after its dot."""

    reverse_path: str
    parameters: tuple[str, ...]
    recipients: tuple[str, ...]
    recipient_parameters: tuple[tuple[str, ...], ...]
    octets: bytes
    session: int
    is_over_tls: bool
    username: str


class _GoneError(Exception):
    """The session has ended."""


class Sink:
    """The server. `on` adds to its script; `taken` and `commands` are what it saw, over all sessions, in order."""

    def __init__(
        self,
        *,
        extensions: tuple[str, ...] = ALL_EXTENSIONS,
        tls: ssl.SSLContext | None = None,
        is_implicit_tls: bool = False,
        credentials: tuple[str, str] | None = None,
    ) -> None:
        self.extensions = extensions
        self.tls = tls
        self.is_implicit_tls = is_implicit_tls
        self.credentials = credentials
        self.port = 0
        self.sessions = 0
        self.open_sessions = 0
        self.taken: list[TakenMessage] = []
        self.commands: list[str] = []
        self._script: dict[str, deque[tuple[str, Action]]] = defaultdict(deque)
        self._always: dict[tuple[str, str], Action] = {}
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def messages(self) -> list[tuple[str, tuple[str, ...], bytes]]:
        """Reverse path, recipients and octets of what was taken."""
        return [(message.reverse_path, message.recipients, message.octets) for message in self.taken]

    def on(self, stage: str, *actions: Action, path: str = "") -> None:
        """Do these actions at the next times the stage is reached, one each; with `path` only for a command that names it."""
        assert stage in STAGES, stage
        self._script[stage].extend((path, action) for action in actions)

    def always(self, stage: str, action: Action, *, path: str = "") -> None:
        """Do this action whenever the stage is reached and the script of `on` has nothing for it."""
        assert stage in STAGES, stage
        self._always[stage, path] = action

    def never_again(self, stage: str, *, path: str = "") -> None:
        """End an `always`."""
        del self._always[stage, path]

    async def took(self, count: int = 1) -> list[TakenMessage]:
        """Wait until that many messages were taken."""
        while len(self.taken) < count:
            await self.change()
        return self.taken

    async def heard(self, command: str, count: int = 1) -> None:
        """Wait until a command that starts so was heard that many times."""
        while sum(line.upper().startswith(command) for line in self.commands) < count:
            await self.change()

    async def change(self) -> None:
        """Wait until anything happens."""
        self._changed.clear()
        async with asyncio.timeout(PATIENCE):
            await self._changed.wait()

    async def start(self, port: int = 0) -> None:
        """Listen on loopback."""
        context = self.tls if self.is_implicit_tls else None
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", port or self.port, limit=2**25, ssl=context, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more and drop every session."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for _ in range(3):  # what was just accepted becomes a session first
            await asyncio.sleep(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin a session; its connection is closed whatever becomes of it, also where it ends before it could begin."""
        if self._server is None:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._handle(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: writer.transport.abort())

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        self.open_sessions += 1
        try:
            with suppress(_GoneError, ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
                await _Session(self, reader, writer, number=self.sessions).serve()
        finally:
            self.open_sessions -= 1
            writer.transport.abort()
            self._changed.set()

    def _next_action(self, stage: str, line: str) -> Action | None:
        script = self._script[stage]
        for index, (path, action) in enumerate(script):
            if path in line:
                del script[index]
                return action
        return next((action for (where, path), action in self._always.items() if where == stage and path in line), None)


class _Session:
    def __init__(self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, number: int) -> None:
        self.sink = sink
        self.reader = reader
        self.writer = writer
        self.number = number
        self.is_over_tls = sink.is_implicit_tls
        self.username = ""
        self.mail: tuple[str, tuple[str, ...]] | None = None
        self.rcpts: list[tuple[str, tuple[str, ...]]] = []

    async def serve(self) -> None:
        await self.act("CONNECT", "220 sink.test ESMTP")
        while True:
            line = (await self.reader.readuntil(b"\r\n"))[:-2].decode()
            self.note(line)
            await self.obey(line)

    def note(self, line: str) -> None:
        self.sink.commands.append(line)
        self.sink._changed.set()

    async def say(self, answer: str) -> None:
        if answer:
            self.writer.write(answer.encode() + b"\r\n")
            await self.writer.drain()

    async def act(self, stage: str, otherwise: str, line: str = "") -> str:
        """Do what the script says at this stage, else give the answer `otherwise`; return what was said."""
        action = self.sink._next_action(stage, line)
        if isinstance(action, Until):
            await action.event.wait()
            action = action.then
        match action:
            case HangUp():
                await self.say(action.after)
                raise _GoneError
            case Silence():
                await self.reader.read()  # until the client gives up
                raise _GoneError
        answer = otherwise if action is None else action
        await self.say(answer)
        return answer

    async def obey(self, line: str) -> None:
        verb = line[:4].upper()
        if verb in {"EHLO", "HELO"}:
            await self.act(verb, self.hello() if verb == "EHLO" else "250 sink.test", line)
        elif line.upper() == "STARTTLS":
            await self.start_tls()
        elif verb == "AUTH":
            await self.authenticate(line)
        elif verb == "MAIL":
            await self.take_mail(line)
        elif verb == "RCPT":
            await self.take_rcpt(line)
        elif verb == "DATA":
            await self.take_content()
        elif verb == "RSET":
            self.mail, self.rcpts = None, []
            await self.act("RSET", "250 2.0.0 reset", line)
        elif verb == "QUIT":
            await self.act("QUIT", "221 2.0.0 bye", line)
            raise _GoneError
        else:
            await self.act("NOOP", "250 2.0.0 Ok" if verb == "NOOP" else "502 5.5.2 what?", line)

    def hello(self) -> str:
        offered = list(self.sink.extensions)
        if self.sink.tls is not None and not self.is_over_tls:
            offered.append("STARTTLS")
        if self.sink.credentials is not None:
            offered.append("AUTH PLAIN")
        lines = ["sink.test", *offered]
        return "\r\n".join([f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"])

    async def start_tls(self) -> None:
        assert self.sink.tls is not None
        if (await self.act("STARTTLS", "220 2.0.0 go ahead")).startswith("220"):
            await self.writer.start_tls(self.sink.tls)
            self.is_over_tls = True
            self.mail, self.rcpts = None, []

    async def authenticate(self, line: str) -> None:
        _, name, password = base64.b64decode(line.split()[2]).decode().split("\0")
        is_right = (name, password) == self.sink.credentials
        answer = await self.act("AUTH", "235 2.7.0 ok" if is_right else "535 5.7.8 wrong", line)
        self.username = name if answer.startswith("235") else ""

    async def take_mail(self, line: str) -> None:
        answer = await self.act("MAIL", "250 2.1.0 Ok" if self.mail is None else "503 5.5.1 nested MAIL", line)
        if answer.startswith("250"):
            path, _, parameters = line[len("MAIL FROM:<") :].rpartition(">")
            self.mail, self.rcpts = (path, tuple(parameters.split())), []

    async def take_rcpt(self, line: str) -> None:
        answer = await self.act("RCPT", "250 2.1.5 Ok" if self.mail is not None else "503 5.5.1 no MAIL", line)
        if answer.startswith("2"):
            path, _, parameters = line[len("RCPT TO:<") :].rpartition(">")
            self.rcpts.append((path, tuple(parameters.split())))

    async def take_content(self) -> None:
        otherwise = "354 go ahead" if self.rcpts else "554 5.5.1 no valid recipients"
        if not (await self.act("DATA", otherwise)).startswith("354"):
            return
        octets = await self.read_content()
        answer = await self.act("DOT", "250 2.0.0 Ok: taken" if self.rcpts else "554 5.5.1 no valid recipients")
        if answer.startswith("2") and self.mail is not None:
            self.keep(octets)
        self.mail, self.rcpts = None, []
        await self.act("DONE", "")

    async def read_content(self) -> bytes:
        raw = bytearray(b"\r\n")
        while not raw.endswith(b"\r\n.\r\n"):
            raw += await self.reader.readuntil(b"\n")
            if len(raw) > 5:
                await self.act("CONTENT", "")
        lines = bytes(raw[2:-3]).split(b"\r\n")
        return b"\r\n".join(line.removeprefix(b".") for line in lines)

    def keep(self, octets: bytes) -> None:
        assert self.mail is not None
        self.sink.taken.append(
            TakenMessage(
                reverse_path=self.mail[0],
                parameters=self.mail[1],
                recipients=tuple(path for path, _ in self.rcpts),
                recipient_parameters=tuple(parameters for _, parameters in self.rcpts),
                octets=octets,
                session=self.number,
                is_over_tls=self.is_over_tls,
                username=self.username,
            )
        )
        self.sink._changed.set()


@asynccontextmanager
async def running_sink(
    *,
    extensions: tuple[str, ...] = ALL_EXTENSIONS,
    tls: ssl.SSLContext | None = None,
    is_implicit_tls: bool = False,
    credentials: tuple[str, str] | None = None,
) -> AsyncIterator[Sink]:
    """A sink that listens."""
    sink = Sink(extensions=extensions, tls=tls, is_implicit_tls=is_implicit_tls, credentials=credentials)
    await sink.start()
    try:
        yield sink
    finally:
        await sink.stop()


def server_tls(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context with a certificate of its own for localhost and 127.0.0.1, and that certificate's file."""
    certificate, key = folder / "sink.pem", folder / "sink.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate
