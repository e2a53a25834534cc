"""mailguard.relay.process: a worker obeys its signals and does not outlive its parent."""

from __future__ import annotations

import os
import signal
import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from mailguard.errors import ConfigError
from mailguard.policy.limits import Limits, Mode
from mailguard.relay.process import run_worker
from mailguard.relay.settings import Client, DeliverySettings, Listen, NextHop, Policy, RelaySettings
from mailguard.relay.supervisor import Lifeline

MASS = b"To: %s\r\nSubject: x\r\n\r\n%d\r\n"


@dataclass
class Child:
    """A worker in a process of its own; `alive` is the parent's end of its lifeline, `told` can be read after each reload."""

    pid: int
    port: int
    alive: int
    told: int

    def send(self, number: int) -> bytes:
        people = ", ".join(f"p{n}@people.example" for n in range(11))
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.example", timeout=30) as session:
            session.ehlo()
            session.mail("shop@sender.example")
            session.rcpt("p0@people.example")
            return session.data(MASS % (people.encode(), number))[1]

    def wait(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path) -> Iterator[Child]:
    port = free_port()
    settings = RelaySettings(
        database=f"sqlite:///{folder}/ledger.db",
        listen=Listen(port=port, clients=(Client(name="local", networks=(ip_network("127.0.0.0/8"),)),)),
        delivery=DeliverySettings(next_hops=(NextHop(host="127.0.0.1", port=free_port()),)),
    )
    alive_read, alive_write = os.pipe()
    ready_read, ready_write = os.pipe()
    told_read, told_write = os.pipe()
    policies = iter([Policy(limits=Limits(mode=Mode.SHADOW)), None])

    def reload() -> Policy:
        policy = next(policies)
        os.write(told_write, b"x")
        if policy is None:
            raise ConfigError("mailguard.toml line 3: no")
        return policy

    pid = os.fork()
    if pid == 0:
        os.close(alive_write)
        os._exit(run_worker(settings, Lifeline(alive_read, ready_write), reload=reload, metrics_directory=None))
    os.close(alive_read)
    assert os.read(ready_read, 1) == b"r"
    child = Child(pid, port, alive_write, told_read)
    try:
        yield child
    finally:
        for descriptor in (ready_read, ready_write, told_read, told_write):
            os.close(descriptor)


def test_sigterm_ends_it_with_status_0(tmp_path: Path) -> None:
    with running(tmp_path) as child:
        assert b"held: mass_cc" in child.send(1)
        os.kill(child.pid, signal.SIGTERM)
        assert child.wait() == 0
        os.close(child.alive)


def test_it_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    with running(tmp_path) as child:
        os.close(child.alive)
        assert child.wait() == 0


def test_sighup_rereads_the_policy_and_keeps_it_where_the_file_is_broken(tmp_path: Path) -> None:
    with running(tmp_path) as child:
        assert b"held" in child.send(1)
        for number in (2, 3):
            os.kill(child.pid, signal.SIGHUP)
            assert os.read(child.told, 1) == b"x"
            assert child.send(number).endswith(b"accepted")
        os.kill(child.pid, signal.SIGTERM)
        assert child.wait() == 0
        os.close(child.alive)
