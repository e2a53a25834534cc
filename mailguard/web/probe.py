"""What the routes ask: can mail be taken, and what was counted. Asks the ledger and the workers' metrics; knows no HTTP."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from mailguard.errors import MailguardError
from mailguard.relay.metrics import gather_metrics, live_workers
from mailguard.store.database import Database
from mailguard.store.queue import Usage, usage
from mailguard.store.version import HEAD, version_of


class Probe:
    """Asks a database that is opened when it is first needed, and opened anew after a failure. Safe to use from threads."""

    def __init__(self, url: str, metrics: Path) -> None:
        self._url = url
        self._metrics = metrics
        self._database: Database | None = None
        self._turn = Lock()

    def readiness(self) -> str:
        """Return "" when the database can be written and a worker of this host is alive; else which of the two is wrong."""
        try:
            with self._opened() as database, database.write() as connection:
                version = version_of(connection)
        except MailguardError as error:
            return f"the database cannot be written: {error}"
        if version != HEAD:
            return f"the database is of version {version or 'none'}, this program needs {HEAD}"
        return "" if live_workers(self._metrics) else "no worker is alive; the log says why"

    def exposition(self) -> bytes:
        """Return what all workers have counted and what the queue holds, as text for Prometheus."""
        registry = gather_metrics(self._metrics)
        try:
            with self._opened() as database, database.read() as connection:
                registry.register(QueueCollector(usage(connection)))
        except MailguardError:  # then the queue is missing from the scrape, and readiness says why
            pass
        return generate_latest(registry)

    def close(self) -> None:
        """Close the database."""
        with self._turn:
            self._forget()

    @contextmanager
    def _opened(self) -> Iterator[Database]:
        """Give the database. Raises MailguardError for whatever goes wrong with it."""
        with self._turn:
            try:
                if self._database is None:
                    self._database = Database.open(self._url, create=False)
                yield self._database
            except MailguardError:
                self._forget()
                raise
            except (SQLAlchemyError, sqlite3.Error, OSError) as error:
                self._forget()
                raise MailguardError(str(getattr(error, "orig", None) or error)) from error

    def _forget(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            database.close()


class QueueCollector(Collector):
    """What the queue holds, as gauges. It is the same from every worker, so none of them counts it."""

    def __init__(self, held: Usage) -> None:
        self._usage = held

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give the gauges."""
        recipients = GaugeMetricFamily("mailguard_queue_recipients", "Recipients whose mail waits", labels=["state"])
        recipients.add_metric(["queued"], self._usage.queued)
        recipients.add_metric(["held"], self._usage.held)
        yield recipients
        yield GaugeMetricFamily(
            "mailguard_queue_paused", "Queued recipients whose mail waits to be resumed", value=self._usage.paused
        )
        yield GaugeMetricFamily("mailguard_queue_messages", "Messages that wait", value=self._usage.messages)
        yield GaugeMetricFamily("mailguard_queue_octets", "Octets of the messages that wait", value=self._usage.octets)
