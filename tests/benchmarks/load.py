"""Load for benchmarks: Postfix's generator and sink, relays between them as processes of their own, and what each message cost.

All relays get the same messages over loopback, in turns within one run. Each program stands in a session of its own and, where that is
allowed, goes before whatever else the machine does: the kernel's scheduler then treats all relays alike, whatever they are made of.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.harness_postfix import free_port, running_postfix
from tests.harness_postfix import is_installed as is_postfix_installed

SERVE = Path(__file__).with_name("serve.sh")
PATIENCE = 60.0
"""Seconds after which a run that is not over has failed."""

_NICENESS = -15
_TICKS = os.sysconf("SC_CLK_TCK")
_COUNTED = re.compile(rb"mesg=(\d+)\r")


@dataclass(frozen=True)
class Shape:
    """What is sent: octets of a message, sessions at a time, each of which sends one message after the other."""

    octets: int
    sessions: int

    def __str__(self) -> str:
        return f"{self.octets / 1024:.0f} KB, {self.sessions} sessions"


@dataclass(frozen=True)
class Run:
    """One timed run: messages a second until the last was answered, until the sink had it; microseconds of CPU a message."""

    accepted: float
    delivered: float
    cpu: float


@dataclass(frozen=True)
class Relay:
    """A running relay: where it listens, and the process above all of its processes."""

    name: str
    port: int
    pid: int


@dataclass(frozen=True)
class CountingSink:
    """Postfix's smtp-sink, which says after each message how many it has taken."""

    port: int
    said: Path

    @property
    def count(self) -> int:
        """Messages taken so far."""
        with self.said.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 200))
            counts = _COUNTED.findall(file.read())
        return int(counts[-1]) if counts else 0


def can_load() -> bool:
    """Whether Postfix and its generator are here, and we are root, as it wants."""
    return is_postfix_installed() and shutil.which("smtp-source") is not None and shutil.which("smtp-sink") is not None


@contextmanager
def counting_sink(folder: Path) -> Iterator[CountingSink]:
    """A sink that takes everything."""
    port, said = free_port(), folder / "sink"
    with said.open("wb") as out:
        process = subprocess.Popen(
            ["smtp-sink", "-u", "nobody", "-c", "-m", "1000", f"127.0.0.1:{port}", "1024"],
            stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        _prefer(process.pid)
        _await_port(port)
        yield CountingSink(port, said)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def serving(folder: Path, sink: CountingSink, *, workers: int, relay: str = "") -> Iterator[Relay]:
    """`mailguard serve`, ready, with an SQLite ledger in `folder`. `relay`: more lines for that section of its file."""
    port = free_port()
    folder.mkdir(exist_ok=True)
    program = os.environ.get("MAILGUARD") or str(Path(sys.executable).with_name("mailguard"))
    environment = {**os.environ, "MAILGUARD": program, "RELAY": relay}
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["sh", str(SERVE), str(port), str(sink.port), str(folder), str(workers)],
            stderr=out, env=environment, start_new_session=True,
        )  # fmt: skip
    try:
        _prefer(process.pid)
        _await_text(log, "ready", process)
        yield Relay(f"mailguard, {workers} worker{'s' if workers > 1 else ''}", port, process.pid)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def serving_postfix(sink: CountingSink) -> Iterator[Relay]:
    """Postfix without its delay at intake, and with its full concurrency towards the sink from the beginning."""
    settings = {
        "relayhost": f"[127.0.0.1]:{sink.port}",
        "in_flow_delay": "0",
        "initial_destination_concurrency": "20",
        "message_size_limit": "20480000",
    }
    with running_postfix(settings) as postfix:
        _await_port(postfix.port)
        master = int((postfix.folder / "spool" / "pid" / "master.pid").read_text())
        _prefer(master)
        yield Relay("Postfix", postfix.port, master)


def generate(port: int, shape: Shape, count: int) -> None:
    """Send `count` messages of `shape`, each to a person of its own, over reused connections."""
    with subprocess.Popen(
        ["smtp-source", "-d", "-N", "-s", str(shape.sessions), "-m", str(count), "-l", str(shape.octets),
         "-f", "a@a.test", "-t", f"b{time.time_ns()}@b.test", f"127.0.0.1:{port}"],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        _prefer(process.pid)
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said


def measure(relay: Relay, sink: CountingSink, shape: Shape, count: int) -> Run:
    """Send `count` messages through `relay` until the sink has the last. Raises TimeoutError when one is missing."""
    before, cpu, begun = sink.count, cpu_seconds(relay.pid), time.perf_counter()
    generate(relay.port, shape, count)
    accepted = time.perf_counter() - begun
    while (missing := count - (sink.count - before)) > 0:
        if time.perf_counter() - begun > PATIENCE:
            raise TimeoutError(f"{relay.name}: {missing} of {count} messages are not at the sink")
        time.sleep(0.002)
    delivered = time.perf_counter() - begun
    return Run(count / accepted, count / delivered, (cpu_seconds(relay.pid) - cpu) / count * 1e6)


def in_turns(relays: Sequence[Relay], sink: CountingSink, shape: Shape, *, rounds: int, seconds: float) -> dict[str, list[Run]]:
    """Measure each relay once a round, in an order that changes, after a run that warms up and tells how many to send."""
    few = max(200, 10 * shape.sessions)
    counts = {relay.name: int(max(few, measure(relay, sink, shape, few).delivered * seconds)) for relay in relays}
    runs: dict[str, list[Run]] = {relay.name: [] for relay in relays}
    for number in range(rounds):
        first = number % len(relays)
        for relay in (*relays[first:], *relays[:first]):
            runs[relay.name].append(measure(relay, sink, shape, counts[relay.name]))
    return runs


def ratio(runs: Sequence[Run], others: Sequence[Run]) -> float:
    """How many times faster `runs` were, end to end: the median over the rounds."""
    return statistics.median(run.delivered / other.delivered for run, other in zip(runs, others, strict=True))


def cpu_seconds(pid: int) -> float:
    """CPU time of a process, its descendants, and those of them that have ended."""
    times: dict[int, tuple[int, float]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                times[int(entry.name)] = int(fields[1]), sum(map(int, fields[11:15])) / _TICKS
    return sum(times[each][1] for each in _descendants(pid, {child: parent for child, (parent, _) in times.items()}))


def children_of(pid: int) -> list[int]:
    """The processes directly under `pid`."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def own_cpu_seconds() -> float:
    """CPU time of this process, all of its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _prefer(pid: int) -> None:
    """Let a process, and those that it will start, go before others, as far as we may."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, _NICENESS)
        Path(f"/proc/{pid}/autogroup").write_text(str(_NICENESS))


def _descendants(pid: int, parents: dict[int, int]) -> list[int]:
    found = [pid] if pid in parents else []
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def _await_port(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nobody listens on port {port}")


def _await_text(file: Path, text: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while text not in (said := file.read_text()):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the relay did not start: {said}")
        time.sleep(0.02)
