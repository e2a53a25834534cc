"""mailguard.relay.supervisor: children that are kept alive, told what their parent is told, and do not outlive it."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mailguard.errors import UsageError
from mailguard.relay import supervisor

PROGRAM = textwrap.dedent(
    """
    import os, signal, sys, structlog
    from mailguard.relay.supervisor import Role, supervise

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))

    def say(word):
        os.write(1, f"{word} {os.getpid()}\\n".encode())

    def child(lifeline):
        wake, alarm = os.pipe()
        os.set_blocking(alarm, False)
        signal.set_wakeup_fd(alarm)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
            signal.signal(number, lambda *_: None)
        lifeline.say_ready()
        say("child")
        import select
        while True:
            readable = select.select([wake, lifeline.alive], [], [])[0]
            if lifeline.alive in readable:
                say("orphaned")
                return 0
            number = os.read(wake, 1)[0]
            say(signal.Signals(number).name)
            if number == signal.SIGTERM:
                return 0
            if number == signal.SIGUSR1:
                raise RuntimeError("dies")

    say("parent")
    sys.exit(supervise([Role("one", child), Role("two", child)], ready=lambda: say("ready"), grace=20))
    """
)


class Running:
    """The program, and the lines that it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def next(self) -> tuple[str, int]:
        assert self.process.stdout is not None
        word, pid = self.process.stdout.readline().split()
        return word, int(pid)

    def take(self, count: int) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for _ in range(count):
            word, pid = self.next()
            found.setdefault(word, []).append(pid)
        return found

    def is_silent(self) -> bool:
        assert self.process.stdout is not None
        return not select.select([self.process.stdout], [], [], 0)[0]


@contextmanager
def running() -> Iterator[Running]:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


def test_ready_is_said_once_when_every_child_is() -> None:
    with running() as program:
        said = program.take(4)
        assert {word: len(pids) for word, pids in said.items()} == {"parent": 1, "child": 2, "ready": 1}


def test_sigterm_ends_the_children_and_then_the_parent() -> None:
    with running() as program:
        program.take(4)
        program.process.send_signal(signal.SIGTERM)
        assert set(program.take(2)) == {"SIGTERM"}
        assert program.process.wait(30) == 0


def test_sighup_reaches_every_child() -> None:
    with running() as program:
        program.take(4)
        program.process.send_signal(signal.SIGHUP)
        assert len(program.take(2)["SIGHUP"]) == 2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGUSR1])
def test_a_child_that_dies_is_replaced(number: signal.Signals) -> None:
    with running() as program:
        one, _ = program.take(4)["child"]
        os.kill(one, number)
        if number is signal.SIGUSR1:
            assert program.next() == ("SIGUSR1", one)
        word, replacement = program.next()
        assert (word, replacement != one) == ("child", True)
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(30) == 0


def test_children_do_not_outlive_their_parent() -> None:
    with running() as program:
        children = program.take(4)["child"]
        program.process.kill()
        assert sorted(program.take(2)["orphaned"]) == sorted(children)


def test_a_port_that_another_program_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PORT_PATIENCE", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(UsageError, match="cannot listen on 127"):
        supervisor.reserve_port("127.0.0.1", other.getsockname()[1])


def test_a_reserved_port_is_shared_by_workers() -> None:
    with supervisor.reserve_port("127.0.0.1", 0) as reserved:
        port = reserved.getsockname()[1]
        with supervisor.shared_socket("127.0.0.1", port) as one, supervisor.shared_socket("127.0.0.1", port) as two:
            one.listen()
            two.listen()
            assert one.getsockname() == two.getsockname()
