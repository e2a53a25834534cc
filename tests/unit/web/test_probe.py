"""mailguard.web.probe: what the routes ask of the ledger and of the workers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import values

from mailguard.relay.metrics import DIRECTORY_VARIABLE, open_metrics
from mailguard.store import migration
from mailguard.store.database import Database
from mailguard.web.probe import Probe


@pytest.fixture
def metrics(tmp_path: Path) -> Iterator[Path]:
    """Where workers count; afterwards the library counts in memory again."""
    kept = values.ValueClass
    directory = tmp_path / "metrics"
    directory.mkdir()
    yield directory
    values.ValueClass = kept
    os.environ.pop(DIRECTORY_VARIABLE, None)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path}/mailguard.db")
    yield opened
    opened.close()


@pytest.fixture
def probe(tmp_path: Path, metrics: Path) -> Iterator[Probe]:
    made = Probe(f"sqlite:///{tmp_path}/mailguard.db", metrics)
    yield made
    made.close()


def test_server_with_a_worker_that_lives_is_ready(database: Database, probe: Probe, metrics: Path) -> None:
    open_metrics(metrics)
    assert probe.readiness() == ""


def test_server_whose_database_was_taken_back_is_not_ready(database: Database, probe: Probe, metrics: Path) -> None:
    open_metrics(metrics)
    assert probe.readiness() == ""
    migration.downgrade(database, migration.BASE)
    assert "is of version none, this program needs" in probe.readiness()


def test_server_without_a_worker_is_not_ready(database: Database, probe: Probe) -> None:
    assert probe.readiness() == "no worker is alive; the log says why"


def test_server_without_its_database_is_not_ready_until_it_is_back(tmp_path: Path, probe: Probe, metrics: Path) -> None:
    open_metrics(metrics)
    assert probe.readiness().startswith("the database cannot be written: there is no database at ")
    database = Database.open(f"sqlite:///{tmp_path}/mailguard.db")
    assert probe.readiness() == ""
    database.close()


def test_database_that_breaks_while_it_is_open_is_left_out_of_the_scrape(database: Database, probe: Probe) -> None:
    assert "mailguard_queue" in probe.exposition().decode()
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE recipient")
    assert "mailguard_queue" not in probe.exposition().decode()


def test_scrape_has_the_queue(database: Database, probe: Probe) -> None:
    text = probe.exposition().decode()
    assert 'mailguard_queue_recipients{state="queued"} 0.0' in text
    assert 'mailguard_queue_recipients{state="held"} 0.0' in text
    assert "mailguard_queue_messages 0.0" in text
    assert "mailguard_queue_octets 0.0" in text
    assert "mailguard_queue_paused 0.0" in text


def test_scrape_without_a_database_has_the_rest(probe: Probe, metrics: Path) -> None:
    open_metrics(metrics).replayed()
    text = probe.exposition().decode()
    assert 'mailguard_messages_total{action="replay"} 1.0' in text
    assert "mailguard_queue" not in text
