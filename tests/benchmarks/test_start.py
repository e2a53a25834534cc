"""How long a start takes: until `serve` is ready, and until `demo` has shown everything. Printed, for it depends on the machine.

What is asserted is what makes a start slow or fast anywhere: which packages the relay's processes import.
"""

from __future__ import annotations

import os
import re
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.benchmarks import tables
from tests.benchmarks.stored import stored
from tests.harness_postfix import free_port

STARTS = 5
CUSTOMERS = int(os.environ.get("CUSTOMERS", "10000"))
HEAVY = frozenset({"pandas", "recordlinkage", "numpy", "scipy", "sklearn", "fastapi", "uvicorn", "alembic", "plotext"})
"""Packages of which no process that takes mail has any use."""

UNUSED = frozenset({"mailguard.replies.read_reply", "mailguard.replies.imap", "jinja2", "dkim", "py3langid"})
"""Modules that cost nothing where no replies are taken in and nothing is rendered."""

_IMPORTED = re.compile(r"^import time:\s+\d+ \|\s+\d+ \|\s+(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Start:
    """One start of the relay, which is stopped as soon as it is ready.

    `seconds`: until it was; `cpu`: seconds of CPU of all its processes, to the end; and all that it said.
    """

    seconds: float
    cpu: float
    said: str


def serve(folder: Path, *options: str) -> Start:
    """Start the relay with `options` for Python, and stop it."""
    config = folder / "mailguard.toml"
    if not config.exists():
        config.write_text(
            f'[relay]\nlisten = "127.0.0.1:{free_port()}"\nnext_hop = "127.0.0.1:{free_port()}"\n[http]\nlisten = ""\n'
        )
    command = [sys.executable, *options, "-m", "mailguard", "serve", "--json", "-c", str(config)]
    said: list[str] = []
    seconds, begun, cpu = 0.0, time.perf_counter(), _cpu_of_children()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if '"ready"' in line:
                seconds = time.perf_counter() - begun
                process.terminate()
    assert process.returncode == 0, "".join(said)
    assert seconds, "".join(said)
    return Start(seconds, _cpu_of_children() - cpu, "".join(said))


def test_serve_imports_nothing_heavy(tmp_path: Path) -> None:
    serve(tmp_path)  # makes the database, which takes Alembic
    modules = set(_IMPORTED.findall(serve(tmp_path, "-X", "importtime").said))
    assert "mailguard" in modules
    assert not {name.partition(".")[0] for name in modules} & HEAVY
    assert not modules & UNUSED


def test_start_of_serve_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = serve(tmp_path).seconds
    starts = [serve(tmp_path) for _ in range(STARTS)]
    bare = statistics.median(_timed([sys.executable, "-c", "pass"]) for _ in range(STARTS))
    with capsys.disabled():
        sys.stdout.write(
            f"\nserve is ready after {_median(starts)}; with a database to be made {first:.2f} s; "
            f"Python alone takes {bare:.2f} s\n"
        )


def test_start_of_serve_with_customers_is_shown(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    customers = stored(CUSTOMERS, tables.folder(tmp_path_factory.getbasetemp() / "tables"))
    (tmp_path / "mailguard.db").symlink_to(customers.database)
    starts = [serve(tmp_path) for _ in range(STARTS)]
    imported = {name.partition(".")[0] for name in _IMPORTED.findall(serve(tmp_path, "-X", "importtime").said)}
    with capsys.disabled():
        sys.stdout.write(f"\nserve with {CUSTOMERS:,} customers is ready after {_median(starts)}\n")
    assert not imported & HEAVY


def test_length_of_demo_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    seconds = _timed([sys.executable, "-m", "mailguard", "demo"])
    with capsys.disabled():
        sys.stdout.write(f"\ndemo takes {seconds:.1f} s\n")


def _median(starts: list[Start]) -> str:
    seconds, cpu = (statistics.median(getattr(start, name) for start in starts) for name in ("seconds", "cpu"))
    return f"{seconds:.2f} s, of CPU {cpu:.2f} s to its end"


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _timed(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun
