"""Servers on loopback that answer as they are told: rightly, wrongly, slowly, or not at all."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

Behaviour = Callable[[socket.socket], None]

CONTEXT: dict[str, Any] = {
    "context_id": "C17-01K00000000000000000000000",
    "reply_aware": True,
    "reply_state": "open",
    "open_replies": 1,
    "last_reply_at": "2026-11-19T08:12:00Z",
    "last_reply_language": "de",
    "sent_count": 3,
    "last_sent_at": "2026-11-16T10:00:00Z",
    "last_same_template_at": None,
    "known_customer": True,
    "known_fields": ["income"],
    "person": "P1",
    "probability": 0.998,
    "would": "hold",
    "findings": [{"code": "open_reply", "text": "she has answered", "refs": ["01K"]}],
}


class Server:
    """Does the same with each connection, one thread for each. `requests` are what it was sent, up to the end of the header."""

    def __init__(self, behave: Behaviour) -> None:
        self.requests: list[bytes] = []
        self._behave = behave
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept)
        self._threads: list[threading.Thread] = []
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request:
                octets = connection.recv(65_536)
                if not octets:
                    return
                request += octets
            self.requests.append(request)
            self._behave(connection)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()


@pytest.fixture
def serving() -> Iterator[Callable[[Behaviour], Server]]:
    """Starts servers, and ends them."""
    servers: list[Server] = []

    def start(behave: Behaviour) -> Server:
        servers.append(Server(behave))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def answers(document: Any, status: int = 200) -> Behaviour:
    """Answers each connection with one document."""
    octets = document if isinstance(document, bytes) else json.dumps(document).encode()
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(octets)}\r\nConnection: close\r\n\r\n"
    )
    return lambda connection: connection.sendall(head.encode() + octets)


def says_nothing(connection: socket.socket) -> None:
    connection.recv(1)


def _drips(connection: socket.socket, head: bytes) -> None:
    """Sends an octet at a time, each well within any timeout of a step, until the client has had enough."""
    connection.sendall(head)
    connection.settimeout(0.005)
    while True:
        connection.sendall(b"a")
        with suppress(TimeoutError):
            if not connection.recv(1):
                return


def drips_header(connection: socket.socket) -> None:
    _drips(connection, b"HTTP/1.1 200 OK\r\nX-Long: ")


def drips_body(connection: socket.socket) -> None:
    _drips(connection, b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")


def hangs_up(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def talks_garbage(connection: socket.socket) -> None:
    connection.sendall(b"220 mail.example ESMTP\r\n\x00\xff\r\n\r\n")


def never_stops(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        connection.sendall(b" " * 1_048_576)


def compresses(connection: socket.socket) -> None:
    """Answers in an encoding that was not asked for: a small body may become any size."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00")


HOSTILE: dict[str, Behaviour] = {
    "says nothing": says_nothing,
    "drips its header": drips_header,
    "drips its body": drips_body,
    "hangs up": hangs_up,
    "talks garbage": talks_garbage,
    "never stops": never_stops,
    "compresses": compresses,
    "500": answers({"title": "oops"}, 500),
    "503": answers({"title": "not now"}, 503),
    "429": answers({"title": "slowly"}, 429),
    "302": answers({}, 302),
    "no JSON": answers(b"<html>Welcome to the captive portal</html>"),
    "deep JSON": answers(b"[" * 100_000),
    "no object": answers([1, 2]),
    "empty object": answers({}),
    "words for truth": answers(CONTEXT | {"reply_aware": "yes"}),
    "null for truth": answers(CONTEXT | {"reply_aware": None}),
    "unknown state": answers(CONTEXT | {"reply_state": "perhaps"}),
    "negative count": answers(CONTEXT | {"open_replies": -1}),
    "truth for a count": answers(CONTEXT | {"open_replies": True}),
    "no time": answers(CONTEXT | {"last_reply_at": "yesterday"}),
    "time without zone": answers(CONTEXT | {"last_reply_at": "2026-11-19T08:12:00"}),
    "number for a word": answers(CONTEXT | {"person": 1}),
    "word for a number": answers(CONTEXT | {"probability": "high"}),
    "no list": answers(CONTEXT | {"known_fields": "income"}),
    "no finding": answers(CONTEXT | {"findings": ["open_reply"]}),
}
