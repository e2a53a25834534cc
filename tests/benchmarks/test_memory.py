"""What a worker holds in memory: for 1,000 idle connections, and for a message of 25 MB on each of 20 connections at once.

Figures are of the worker's process (resident set), the kernel's own for its sockets aside. The bounds are generous: an idle connection
may hold 20 KB (10,000 of them under 200 MB), and of what comes in at once there may be four copies at the worst moment.
"""

from __future__ import annotations

import resource
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.benchmarks.load import PATIENCE, can_load, children_of, counting_sink, serving

IDLE = 1_000
MOST_OF_A_CONNECTION = 20_000
LARGE = 20
OCTETS = 26_000_000
"""Just below the default `max_size`."""
MOST_COPIES = 4
LINE = b"x" * 76 + b"\r\n"

pytestmark = [pytest.mark.postfix, pytest.mark.skipif(not can_load(), reason="needs smtp-sink, and root")]


@contextmanager
def worker(folder: Path) -> Iterator[tuple[int, int]]:
    """The port and the process of a relay's one worker."""
    room = f"max_connections = {IDLE + 100}\nmax_connections_per_client = {IDLE + 100}"
    with counting_sink(folder) as sink, serving(folder / "relay", sink, workers=1, relay=room) as relay:
        (pid,) = children_of(relay.pid)
        for number in range(50):
            with session(relay.port) as peer:
                assert begin(peer, number).startswith(b"354")
                assert say(peer, b"Subject: small\r\n\r\nsmall\r\n.").startswith(b"250")
        yield relay.port, pid


@contextmanager
def session(port: int) -> Iterator[socket.socket]:
    """A connection that was greeted."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as peer:
        assert peer.recv(1000).startswith(b"220")
        assert say(peer, b"EHLO benchmark.test").startswith(b"250")
        yield peer


def say(peer: socket.socket, line: bytes) -> bytes:
    """Say one line and return the answer."""
    peer.sendall(line + b"\r\n")
    return peer.recv(10_000)


def begin(peer: socket.socket, number: int) -> bytes:
    """Begin a mail; return what DATA is answered."""
    assert say(peer, b"MAIL FROM:<a@a.test>").startswith(b"250")
    assert say(peer, b"RCPT TO:<b%d@b.test>" % number).startswith(b"250")
    return say(peer, b"DATA")


def test_idle_connection_is_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    allow_files(IDLE + 200)
    with ExitStack() as stack:
        port, pid = stack.enter_context(worker(tmp_path))
        before = resident(pid)
        for _ in range(IDLE):
            stack.enter_context(session(port))
        each = (resident(pid) - before) / IDLE
        with capsys.disabled():
            sys.stdout.write(f"\nworker: {before / 1e6:.0f} MB, and {each / 1000:.1f} KB for each of {IDLE} idle connections\n")
    assert each <= MOST_OF_A_CONNECTION


def test_large_messages_at_once_are_not_copied_often(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = b"Subject: large\r\n\r\n" + LINE * (OCTETS // len(LINE))
    with ExitStack() as stack:
        port, pid = stack.enter_context(worker(tmp_path))
        before = resident(pid)
        peers = [stack.enter_context(session(port)) for _ in range(LARGE)]
        for number, peer in enumerate(peers):
            assert begin(peer, number).startswith(b"354")
            peer.sendall(content)
        gathered = settled(pid) - before
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak counts from here on
        for peer in peers:
            peer.sendall(b".\r\n")
        answers = [peer.recv(1000) for peer in peers]
        after = settled(pid) - before
        peak = resident(pid, "VmHWM") - before
    total = LARGE * len(content)
    with capsys.disabled():
        sys.stdout.write(
            f"\nworker: {before / 1e6:.0f} MB; {LARGE} messages of {len(content) / 1e6:.0f} MB at once: {gathered / 1e6:.0f} MB more "
            f"before the last dots, {peak / 1e6:.0f} MB at the worst moment after them, {after / 1e6:.0f} MB a while after the answers\n"
        )
    assert all(answer.startswith(b"250") for answer in answers)
    assert peak <= MOST_COPIES * total


def resident(pid: int, which: str = "VmRSS") -> int:
    """Octets that a process has in memory, now (VmRSS) or at most since the peak was reset (VmHWM)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(which)) * 1024


def settled(pid: int) -> int:
    """Octets that a process has in memory once that has not changed for half a second."""
    until = time.monotonic() + PATIENCE
    seen: list[int] = []
    while len(seen) < 6 or len(set(seen[-6:])) > 1:
        assert time.monotonic() < until
        time.sleep(0.1)
        seen.append(resident(pid))
    return seen[-1]


def allow_files(count: int) -> None:
    """Let this process, and those that it starts, have so many open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(count, hard)), hard))
