"""mailguard.relay.metrics: what is counted, alone and by several workers in one directory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, values

from mailguard.policy.facts import State
from mailguard.policy.finding import Action, Code
from mailguard.relay.metrics import DIRECTORY_VARIABLE, Metrics, Stage, gather_metrics, live_workers, open_metrics
from mailguard.relay.refusal import Refusal

WORKER = """
import sys
from pathlib import Path
from mailguard.relay.metrics import open_metrics
from mailguard.policy.finding import Action, Code
metrics = open_metrics(Path(sys.argv[1]))
metrics.decided(Action.HOLD, [Code.MASS_CC])
metrics.connected(7)
"""


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Path]:
    """A directory for several workers; afterwards the library counts in memory again."""
    kept = values.ValueClass
    yield tmp_path
    values.ValueClass = kept
    os.environ.pop(DIRECTORY_VARIABLE, None)


def all_counted(metrics: Metrics) -> None:
    metrics.received(4096)
    metrics.decided(Action.DELIVER, [])
    metrics.decided(Action.HOLD, [Code.MASS_CC, Code.MASS_CC, Code.ADDRESSEE_MISMATCH])
    metrics.replayed()
    metrics.refused(Refusal.IDLE)
    metrics.delivered(State.DELIVERED, 3)
    metrics.committed(20)
    metrics.took(Stage.PARSE, 0.0002)
    metrics.connected(5)


COUNTED = {
    ("mailguard_received_octets_total", ()): 4096,
    ("mailguard_messages_total", (("action", "deliver"),)): 1,
    ("mailguard_messages_total", (("action", "hold"),)): 1,
    ("mailguard_messages_total", (("action", "reject"),)): 0,
    ("mailguard_messages_total", (("action", "replay"),)): 1,
    ("mailguard_findings_total", (("finding", "mass_cc"),)): 1,
    ("mailguard_findings_total", (("finding", "addressee_mismatch"),)): 1,
    ("mailguard_refusals_total", (("reason", "idle"),)): 1,
    ("mailguard_deliveries_total", (("state", "delivered"),)): 3,
    ("mailguard_batch_messages_count", ()): 1,
    ("mailguard_batch_messages_sum", ()): 20,
    ("mailguard_stage_seconds_count", (("stage", "parse"),)): 1,
    ("mailguard_connections", ()): 5,
}


def samples(registry: CollectorRegistry) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for metric in registry.collect()
        for sample in metric.samples
    }


def test_worker_counts_alone() -> None:
    registry = CollectorRegistry()
    all_counted(Metrics(registry))
    found = samples(registry)
    assert {name: found[name] for name in COUNTED} == COUNTED


def test_without_a_directory_nothing_is_shared() -> None:
    metrics = open_metrics(None)
    metrics.decided(Action.DELIVER, [])
    assert DIRECTORY_VARIABLE not in os.environ


def test_workers_add_up_in_one_directory(shared: Path) -> None:
    all_counted(open_metrics(shared))
    subprocess.run([sys.executable, "-c", WORKER, str(shared)], check=True)
    found = samples(gather_metrics(shared))
    assert found["mailguard_messages_total", (("action", "hold"),)] == 2
    assert found["mailguard_findings_total", (("finding", "mass_cc"),)] == 2
    assert found["mailguard_messages_total", (("action", "deliver"),)] == 1


def test_workers_that_live_are_counted(shared: Path) -> None:
    assert live_workers(shared) == 0
    open_metrics(shared)
    subprocess.run([sys.executable, "-c", WORKER, str(shared)], check=True)
    assert live_workers(shared) == 1


def test_gauge_of_a_worker_that_is_gone_is_forgotten(shared: Path) -> None:
    open_metrics(shared).connected(2)
    subprocess.run([sys.executable, "-c", WORKER, str(shared)], check=True)
    assert samples(gather_metrics(shared))["mailguard_connections", ()] == 2


def test_process_of_another_user_is_alive(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_metrics(shared).connected(2)

    def refuse(process: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert samples(gather_metrics(shared))["mailguard_connections", ()] == 2


def test_empty_directory_has_no_samples(shared: Path) -> None:
    assert samples(gather_metrics(shared)) == {}
