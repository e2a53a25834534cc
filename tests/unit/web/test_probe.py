"""mailguard.web.probe: what the routes ask of the ledger and of the workers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailguard.store import workers
from mailguard.store.database import Database
from mailguard.store.workers import Worker
from mailguard.web.probe import Probe

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path}/mailguard.db")
    yield opened
    opened.close()


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[Probe]:
    made = Probe(f"sqlite:///{tmp_path}/mailguard.db", tmp_path, clock=lambda: NOW)
    yield made
    made.close()


def beat(database: Database, *, until: datetime) -> None:
    with database.write() as connection:
        workers.heartbeat(connection, worker=Worker.of_this_process(NOW), lease_until=until)


def test_server_with_a_worker_that_lives_is_ready(database: Database, probe: Probe) -> None:
    beat(database, until=NOW + timedelta(seconds=30))
    assert probe.readiness() == ""


def test_server_without_a_worker_is_not_ready(database: Database, probe: Probe) -> None:
    assert probe.readiness() == "no worker is alive; the log says why"
    beat(database, until=NOW - timedelta(seconds=1))
    assert probe.readiness() == "no worker is alive; the log says why"


def test_server_without_its_database_is_not_ready_until_it_is_back(tmp_path: Path, probe: Probe) -> None:
    assert probe.readiness().startswith("the database cannot be written: there is no database at ")
    database = Database.open(f"sqlite:///{tmp_path}/mailguard.db")
    beat(database, until=NOW + timedelta(seconds=30))
    assert probe.readiness() == ""
    database.close()


def test_database_that_breaks_while_it_is_open_is_said(database: Database, probe: Probe, tmp_path: Path) -> None:
    beat(database, until=NOW + timedelta(seconds=30))
    assert probe.readiness() == ""
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE worker")
    assert "no such table: worker" in probe.readiness()


def test_scrape_has_the_queue(database: Database, probe: Probe) -> None:
    text = probe.exposition().decode()
    assert 'mailguard_queue_recipients{state="queued"} 0.0' in text
    assert 'mailguard_queue_recipients{state="held"} 0.0' in text
    assert "mailguard_queue_messages 0.0" in text
    assert "mailguard_queue_octets 0.0" in text


def test_scrape_without_a_database_has_the_rest(probe: Probe) -> None:
    assert "mailguard_queue" not in probe.exposition().decode()
