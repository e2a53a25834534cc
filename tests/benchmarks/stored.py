"""A ledger with customers on file, made by the commands that a user would type: `customers import`, then `link`.

Kept, where `MAILGUARD_BENCH_FOLDER` says, for the next run: a million take minutes. Beside it stand further records, of persons who
are in the table and of persons who are not, for asking.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from mailguard.identity.record import Record
from tests.benchmarks import tables
from tests.benchmarks.tables import SOURCE, record_of

FURTHER: Final = 20_000
"""Records beyond the table's that are asked about."""
REGION: Final = "gb"
IGNORED: Final = ("cluster", "street_number", "street")


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that was run: seconds by the clock and of CPU, with its children; peak memory in megabytes; its JSON."""

    seconds: float
    cpu: float
    megabytes: float
    said: dict[str, float | str]


@dataclass(frozen=True, slots=True)
class Stored:
    """A folder with `mailguard.toml`, `mailguard.db`, the tables, and what it took to make it."""

    folder: Path
    imported: Ran
    linked: Ran

    @property
    def config(self) -> Path:
        return self.folder / "mailguard.toml"

    @property
    def database(self) -> Path:
        return self.folder / "mailguard.db"

    def clusters(self) -> dict[str, str]:
        """The true person of each record on file, by its source key."""
        return {row["source_key"]: row["cluster"] for row in _rows(self.folder / "table.csv")}

    def further(self) -> Iterator[tuple[Record, str]]:
        """Records that are not on file, each with its true person."""
        for row in _rows(self.folder / "further.csv"):
            yield record_of(row), row["cluster"]


def stored(count: int, where: Path) -> Stored:
    """A ledger with `count` customers, linked; made if it is not there."""
    folder = where / f"stored-{count}"
    done = folder / "made.json"
    if not done.exists():
        folder.mkdir(exist_ok=True)
        (folder / "mailguard.db").unlink(missing_ok=True)
        _write_tables(count, folder, where)
        configure(folder)
        imported = import_file(folder, folder / "table.csv")
        linked = run(folder, "link", "--json")
        done.write_text(json.dumps({"imported": asdict(imported), "linked": asdict(linked)}))
    made = json.loads(done.read_text())
    return Stored(folder, Ran(**made["imported"]), Ran(**made["linked"]))


def configure(folder: Path) -> None:
    """Write the configuration of a ledger in `folder`."""
    (folder / "mailguard.toml").write_text(f'[identity]\nregion = "{REGION}"\n[http]\nlisten = ""\n', encoding="utf-8")


def import_file(folder: Path, file: Path) -> Ran:
    """Import a table of the benchmarks' form."""
    ignored = [word for column in IGNORED for word in ("--ignore", column)]
    return run(folder, "customers", "import", str(file), "--source", SOURCE, *ignored, "--json")


def run(folder: Path, *arguments: str) -> Ran:
    """Run a command of mailguard on the ledger in `folder`, in a process of its own."""
    command = [sys.executable, "-m", "mailguard", *arguments, "-c", str(folder / "mailguard.toml")]
    said = folder / "said.json"
    begun = time.perf_counter()
    with said.open("wb") as out, (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=out, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    assert process.returncode == 0, (command, (folder / "log").read_text()[-2000:])
    return Ran(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, _brief(json.loads(said.read_text())))


def cut(source: Path, target: Path, *, start: int, stop: int | None) -> None:
    """Write some rows of a table of the benchmarks' form as one."""
    with source.open(encoding="utf-8", newline="") as rows, target.open("w", encoding="utf-8", newline="") as out:
        out.write(next(rows))
        out.writelines(islice(rows, start, stop))


def _write_tables(count: int, folder: Path, where: Path) -> None:
    """Write the table and the further records, which are of the same people."""
    whole = tables.generated(count + FURTHER, where).file
    cut(whole, folder / "table.csv", start=0, stop=count)
    cut(whole, folder / "further.csv", start=count, stop=None)


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        yield from csv.DictReader(opened)


def _brief(document: dict[str, Any]) -> dict[str, float | str]:
    """A command's answer without its lists, which may be long."""
    return {name: value for name, value in document.items() if isinstance(value, int | float | str)}
