"""One linker over one table, in a process of its own, so that its memory is its own: figures as one line of JSON.

    python -m tests.benchmarks.linkers mailguard people-7-100000.csv --region gb

Time is from the file to the persons, without imports; memory is the process's peak until then, imports included. What is compared:
pairs with p >= 0.5, and the persons made of them; the threshold is fixed beforehand.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from mailguard.linkage.evaluation import Evaluation, b_cubed, evaluate
from tests.benchmarks.rivals import Found, joined, recordlinkage, splink
from tests.benchmarks.tables import Table

OTHERS: Final = (0.9, 0.99, 0.999)
"""Further thresholds, at which the best figures are looked for that a linker could have reached."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds from the clock and of CPU, of this process and its children; peak memory in megabytes."""

    seconds: float
    cpu: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class Result:
    """What one linker did with one table."""

    linker: str
    table: str
    records: int
    spent: Spent
    pairs_f1: float
    pairs_precision: float
    pairs_recall: float
    clusters_f1: float
    best_pairs_f1: float
    best_clusters_f1: float
    blocking_recall: float
    certain: int
    certain_right: float
    reliability: tuple[dict[str, float], ...]


def mailguard(table: Table) -> Iterator[Found | None]:
    """Ours: records into a frame, pairs, parameters learnt from them, persons."""
    from mailguard.identity.standardise import standardise  # noqa: PLC0415 - each linker imports its own
    from mailguard.linkage.batch import link_frame  # noqa: PLC0415 - the same
    from mailguard.linkage.clustering import persons  # noqa: PLC0415 - the same
    from mailguard.linkage.frame import Frame  # noqa: PLC0415 - the same

    yield None
    frame = Frame.of_standards(standardise(record, region=table.region) for record in table.records())
    linked = link_frame(frame)
    found = persons(frame.size, linked.left, linked.right, linked.weights, threshold=0.0)
    yield None
    left, right = (numbers.astype(np.int64) for numbers in (linked.left, linked.right))
    yield Found(left, right, linked.weights, found.person)


LINKERS: Final[dict[str, Callable[[Table], Iterator[Found | None]]]] = {
    "mailguard": mailguard,
    "Splink 5": splink,
    "recordlinkage ECM": recordlinkage,
}


def is_here(linker: str) -> bool:
    """Whether what a linker needs is installed."""
    return linker != "Splink 5" or importlib.util.find_spec("splink") is not None


def linked(linker: str, table: Table) -> Result:
    """Run one linker over one table in a new process."""
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.benchmarks.linkers",
        linker,
        str(table.file),
        "--region",
        table.region,
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    document = json.loads(done.stdout.splitlines()[-1])
    return Result(**document | {"table": table.name, "spent": Spent(**document["spent"])})


def _run(linker: str, table: Table) -> Result:
    with suppress(PermissionError):
        os.nice(-15)  # before whatever else the machine does, each linker alike
    steps = LINKERS[linker](table)
    next(steps)
    wall, cpu = time.perf_counter(), _cpu()
    next(steps)
    spent = Spent(time.perf_counter() - wall, _cpu() - cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    found = next(steps)
    assert found is not None
    truth = np.array(table.clusters(), dtype=np.int64)
    evaluation = evaluate(truth, found.left, found.right, found.weights, persons=found.persons, most_wrong=0)
    chart = {row.threshold: row for row in evaluation.chart}
    certain = chart[0.99]
    return Result(
        linker=linker,
        table=table.name,
        records=len(truth),
        spent=spent,
        pairs_f1=evaluation.pairs.f1,
        pairs_precision=evaluation.pairs.precision,
        pairs_recall=evaluation.pairs.recall,
        clusters_f1=evaluation.clusters.f1,
        best_pairs_f1=max(row.f1 for row in evaluation.chart),
        best_clusters_f1=max(evaluation.clusters.f1, *_by_components(found, truth)),
        blocking_recall=evaluation.blocking_recall,
        certain=certain.links,
        certain_right=certain.precision,
        reliability=tuple(_reliability(evaluation)),
    )


def _by_components(found: Found, truth: Any) -> Iterator[float]:
    """The clusters' F1 by connected components at each of OTHERS."""
    for threshold in OTHERS:
        links = found.weights >= np.log2(threshold / (1 - threshold))
        yield b_cubed(joined(len(truth), found.left[links], found.right[links]), truth).f1


def _reliability(evaluation: Evaluation) -> Iterator[dict[str, float]]:
    for row in evaluation.reliability:
        yield asdict(row)


def _cpu() -> float:
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in times)


def main() -> None:
    """Read the command line and print the figures."""
    parser = argparse.ArgumentParser(description="Run one linker over one table.")
    parser.add_argument("linker", choices=LINKERS)
    parser.add_argument("table", type=Path)
    parser.add_argument("--region", default="gb")
    given = parser.parse_args()
    result = _run(given.linker, Table(given.table.stem, given.table, given.region))
    sys.stdout.write(json.dumps(asdict(result)) + "\n")


if __name__ == "__main__":
    main()
