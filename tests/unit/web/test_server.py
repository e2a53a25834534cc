"""mailguard.web.server: a process of the group that answers, and ends with it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

CHILD = """
import os, socket, sys
from mailguard.web.app import create_app
from mailguard.web.server import serve_http
listening = socket.socket(fileno=int(sys.argv[1]))
app = create_app(readiness=lambda: "", metrics=lambda: b"")
def ready():
    print("ready", flush=True)
sys.exit(serve_http(app, sock=listening, parent=int(sys.argv[2]), ready=ready))
"""


@contextmanager
def served() -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """The process, its URL, and the descriptor whose closing tells it that its parent is gone."""
    alive_read, alive_write = os.pipe()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        descriptors = (listening.fileno(), alive_read)
        command = [sys.executable, "-c", CHILD, *map(str, descriptors)]
        with subprocess.Popen(command, pass_fds=descriptors, stdout=subprocess.PIPE, text=True) as process:
            os.close(alive_read)
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            try:
                yield process, f"http://127.0.0.1:{listening.getsockname()[1]}", alive_write
            finally:
                process.kill()


def test_server_answers_when_it_says_ready_and_ends_at_sigterm() -> None:
    with served() as (process, url, _):
        response = httpx.get(f"{url}/healthz")
        assert response.status_code == 200
        assert "server" not in response.headers
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_sighup_is_for_the_workers() -> None:
    with served() as (process, url, _):
        process.send_signal(signal.SIGHUP)
        assert httpx.get(f"{url}/healthz").status_code == 200


def test_server_ends_with_its_parent() -> None:
    with served() as (process, _, alive):
        os.close(alive)
        assert process.wait(timeout=10) == 0
