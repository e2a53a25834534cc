"""An IMAP server that says what a test wants it to: the right thing where the test says nothing."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

Say = Callable[[socket.socket, bytes, bytes], None]
"""Answers one command: the connection, its tag, the line without the tag."""


@dataclass
class ScriptedImap:
    """Mails by UID, and what to say in place of the right answer to the commands that begin so."""

    mails: dict[int, bytes] = field(default_factory=dict)
    says: dict[bytes, Say] = field(default_factory=dict)
    greeting: bytes = b"* OK here\r\n"
    capabilities: bytes = b"IMAP4rev1"
    validity: int = 1
    commands: list[bytes] = field(default_factory=list)
    port: int = 0

    def serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            connection.sendall(self.greeting)
            for line in lines:
                tag, _, command = line.rstrip(b"\r\n").partition(b" ")
                self.commands.append(command)
                say = next((say for begin, say in self.says.items() if command.startswith(begin)), self._answer)
                try:
                    say(connection, tag, command)
                except OSError:  # the client has gone
                    return

    def _answer(self, connection: socket.socket, tag: bytes, command: bytes) -> None:
        connection.sendall(b"".join(b"* %b\r\n" % line for line in self._lines(command)) + b"%b OK done\r\n" % tag)

    def _lines(self, command: bytes) -> Sequence[bytes]:
        if command.startswith(b"CAPABILITY"):
            return [b"CAPABILITY " + self.capabilities]
        if command.startswith(b"STATUS"):
            return [b'STATUS "INBOX" (UIDVALIDITY %d UIDNEXT %d)' % (self.validity, max(self.mails, default=0) + 1)]
        if command.startswith(b"EXAMINE"):
            return [b"%d EXISTS" % len(self.mails), b"OK [UIDVALIDITY %d] valid" % self.validity]
        if command.startswith(b"UID SEARCH"):
            low, high = map(int, re.findall(rb"(\d+):(\d+)", command)[0])
            return [b" ".join([b"SEARCH", *(b"%d" % uid for uid in self.mails if low <= uid <= high)])]
        if command.startswith(b"UID FETCH"):
            return self._fetched(command)
        return []

    def _fetched(self, command: bytes) -> list[bytes]:
        uids = [int(uid) for uid in command.split()[2].split(b",")]
        if b"RFC822.SIZE" in command:
            arrived = b'INTERNALDATE "22-Nov-2026 05:00:00 +0000"'
            return [b"1 FETCH (UID %d RFC822.SIZE %d %b)" % (uid, len(self.mails[uid]), arrived) for uid in uids]
        return [b"1 FETCH (UID %d BODY[] {%d}\r\n%b)" % (uid, len(self.mails[uid]), self.mails[uid]) for uid in uids]


@contextmanager
def serving(server: ScriptedImap) -> Iterator[ScriptedImap]:
    """The server on a free port of loopback, for any number of connections, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:  # the test is over
                    return
                server.serve(connection)

        thread = Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def sending(octets: bytes) -> Say:
    """Say these octets, whatever was asked."""

    def say(connection: socket.socket, _tag: bytes, _command: bytes) -> None:
        connection.sendall(octets)

    return say


def endlessly(octets: bytes) -> Say:
    """Say these octets without end."""

    def say(connection: socket.socket, _tag: bytes, _command: bytes) -> None:
        while True:
            connection.sendall(octets)

    return say


def then_hang_up(octets: bytes) -> Say:
    """Say these octets and close the connection."""

    def say(connection: socket.socket, _tag: bytes, _command: bytes) -> None:
        connection.sendall(octets)
        connection.shutdown(socket.SHUT_RDWR)

    return say


def refusing(connection: socket.socket, tag: bytes, _command: bytes) -> None:
    """Say no."""
    connection.sendall(tag + b" NO not that\r\n")
