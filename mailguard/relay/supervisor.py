"""The processes of `serve`: workers that share a port (SO_REUSEPORT), and services beside them, kept alive until told to stop.

The parent never touches mail or the database; a child that dies is replaced, and what it had leased is taken over by others.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from mailguard.errors import UsageError

_log = structlog.get_logger(__name__)

SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD})

PORT_PATIENCE = 10.0
"""Seconds to wait for a port that the children of a killed predecessor still hold."""

SHORT_LIFE = 5.0
"""A child that lived for fewer seconds is restarted with growing delay."""

LONGEST_DELAY = 10.0
"""Seconds between two starts of a child that keeps dying."""


@dataclass(frozen=True, slots=True)
class Lifeline:
    """What a child holds of its parent: `alive` reads EOF when the parent is gone; a byte into `ready` says it takes work."""

    alive: int
    ready: int

    def say_ready(self) -> None:
        """Tell the parent that this child takes work."""
        os.write(self.ready, b"r")


@dataclass(frozen=True, slots=True)
class Role:
    """One kind of child: its name in the log and what it runs until its end (exit status returned)."""

    name: str
    run: Callable[[Lifeline], int]


@dataclass(slots=True)
class _Child:
    """One running child. `ready` is the parent's end of its pipe, -1 once it has spoken."""

    role: Role
    pid: int
    started: float
    ready: int
    failures: int = 0
    restart_at: float = field(default=0.0)


def reserve_port(host: str, port: int) -> socket.socket:
    """A bound socket that is never listened on: it fixes the port (also for port 0) which every worker then shares.

    Raises UsageError where another program has the port.
    """
    family = _family(host)
    deadline = time.monotonic() + PORT_PATIENCE
    has_said = False
    while True:
        try:
            _probe(family, host, port)
            return _bound(family, host, port)
        except OSError as error:
            if not has_said:
                _log.warning("waiting_for_port", listen=f"{host}:{port}", reason=error.strerror)
                has_said = True
            if time.monotonic() > deadline or port == 0:
                raise UsageError(f"cannot listen on {host}:{port}: {error.strerror}; free it or set relay.listen") from error
            time.sleep(0.05)


def supervise(roles: Sequence[Role], *, ready: Callable[[], None], grace: float = 30.0) -> int:
    """Run one child a role until SIGTERM or SIGINT; return the exit status. SIGHUP is handed on to all children.

    `ready` is called once, when every child has said that it takes work. `grace`: seconds that children have to finish.
    """
    return _Supervisor(roles, ready=ready, grace=grace).run()


class _Supervisor:
    def __init__(self, roles: Sequence[Role], *, ready: Callable[[], None], grace: float) -> None:
        self._roles = roles
        self._ready: Callable[[], None] | None = ready
        self._grace = grace
        self._children: list[_Child] = []
        self._alive_read, self._alive_write = os.pipe()
        os.set_inheritable(self._alive_read, False)

    def run(self) -> int:
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            self._children = [self._start(role, failures=0) for role in self._roles]
            return self._watch()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _watch(self) -> int:
        while True:
            received = signal.sigtimedwait(SIGNALS, 0.05 if self._ready or self._waiting() else 1.0)
            match received.si_signo if received else None:
                case signal.SIGTERM | signal.SIGINT:
                    return self._stop()
                case signal.SIGHUP:
                    self._tell(signal.SIGHUP)
                case _:
                    self._reap()
            self._listen_for_ready()
            self._restart()

    def _waiting(self) -> bool:
        return any(child.pid == 0 for child in self._children)

    def _start(self, role: Role, *, failures: int) -> _Child:
        ready_read, ready_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._become(role, ready_write)
        os.close(ready_write)
        return _Child(role, pid, time.monotonic(), ready_read, failures)

    def _become(self, role: Role, ready_write: int) -> None:
        """The child's whole life; never returns."""
        status = 1
        try:
            os.close(self._alive_write)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            status = role.run(Lifeline(self._alive_read, ready_write))
        except KeyboardInterrupt:
            status = 0
        except Exception:  # noqa: BLE001 - the child's last words, which no one else would hear
            _log.exception("child_failed", role=role.name)
        finally:
            os._exit(status)

    def _reap(self) -> None:
        for child in self._children:
            if child.pid and os.waitpid(child.pid, os.WNOHANG)[0]:
                lived = time.monotonic() - child.started
                child.failures = child.failures + 1 if lived < SHORT_LIFE else 0
                delay = min(LONGEST_DELAY, 0.1 * 2**child.failures) if child.failures else 0.0
                child.pid, child.restart_at = 0, time.monotonic() + delay
                _log.error("child_died", role=child.role.name, lived=round(lived, 1), restart_in=delay)

    def _restart(self) -> None:
        now = time.monotonic()
        for place, child in enumerate(self._children):
            if child.pid == 0 and child.restart_at <= now:
                if child.ready >= 0:
                    os.close(child.ready)
                self._children[place] = self._start(child.role, failures=child.failures)

    def _listen_for_ready(self) -> None:
        waiting = {child.ready: child for child in self._children if child.ready >= 0 and child.pid}
        for descriptor in select.select(list(waiting), [], [], 0)[0]:
            spoken = os.read(descriptor, 1)
            if spoken:
                os.close(descriptor)
                waiting[descriptor].ready = -1
        if self._ready and all(child.ready < 0 for child in self._children):
            self._ready()
            self._ready = None

    def _tell(self, number: signal.Signals) -> None:
        for child in self._children:
            if child.pid:
                os.kill(child.pid, number)

    def _stop(self) -> int:
        """Ask every child to finish; after the grace, or at a second signal, end them."""
        self._tell(signal.SIGTERM)
        deadline = time.monotonic() + self._grace
        status = 0
        while any(child.pid for child in self._children):
            received = signal.sigtimedwait(SIGNALS, 0.1)
            impatient = received is not None and received.si_signo in {signal.SIGTERM, signal.SIGINT}
            if impatient or time.monotonic() > deadline:
                self._tell(signal.SIGKILL)
                status = 1
            for child in self._children:
                if child.pid and os.waitpid(child.pid, os.WNOHANG)[0]:
                    child.pid = 0
        return status


def _probe(family: int, host: str, port: int) -> None:
    """Raise OSError where anybody listens: with SO_REUSEPORT alone, a second server would silently share the port."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def shared_socket(host: str, port: int) -> socket.socket:
    """A socket bound to a port that several processes may share."""
    return _bound(_family(host), host, port)


def _family(host: str) -> int:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _bound(family: int, host: str, port: int) -> socket.socket:
    reserved = socket.socket(family, socket.SOCK_STREAM)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved.bind((host, port))
    return reserved
