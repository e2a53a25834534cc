"""The process that takes replies in: IMAP, Maildirs and LMTP beside the workers, so that nothing there holds up the relay.

Sources run in threads, LMTP in the event loop; what goes wrong in one place is logged, counted and tried again there.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from socket import socket
from typing import Final

import structlog
from prometheus_client import CollectorRegistry

from mailguard.relay.clock import system_clock
from mailguard.relay.lmtp import serve_lmtp
from mailguard.relay.metrics import share_metrics
from mailguard.relay.process import use_new_policy
from mailguard.relay.reply_intake import ReplyIntake
from mailguard.relay.reply_metrics import ReplyMetrics
from mailguard.relay.settings import Policy
from mailguard.relay.smtp import SmtpServer
from mailguard.relay.supervisor import Lifeline
from mailguard.replies.imap import ImapSource
from mailguard.replies.incoming import Taken
from mailguard.replies.ingest import Ingest
from mailguard.replies.maildir import MaildirSource
from mailguard.replies.reply_ledger import ReplyLedger
from mailguard.replies.settings import ReplySettings
from mailguard.replies.source import Clock, Source
from mailguard.replies.source_settings import Sources
from mailguard.replies.watch import Watch
from mailguard.store.database import Database

GRACE: Final = timedelta(seconds=12)
"""How long what is being taken may take to be finished when the process is told to stop."""

_MOST_SAID: Final = 300
"""Characters of an error that are logged: some quote what a server sent."""

_log = structlog.get_logger(__name__)


class Reporter:
    """Logs and counts how sources are. The same trouble is logged once, until it is over or another."""

    def __init__(self, metrics: ReplyMetrics) -> None:
        self._metrics = metrics
        self._troubles: dict[tuple[str, str], str] = {}

    def taken(self, source: str, taken: Sequence[Taken]) -> None:
        """Count what became of mails, and name each that was put aside."""
        self._metrics.taken(source, taken)
        for one in taken:
            if one.error:
                _log.warning("reply_put_aside", source=source, name=one.name, reason=one.error[:_MOST_SAID])

    def well(self, source: str) -> None:
        """Say that a source is well again, if it was not."""
        self._metrics.well(source)
        mine = [key for key in tuple(self._troubles) if key[0] == source]
        for key in mine:
            del self._troubles[key]
        if mine:
            _log.info("reply_source_well", source=source)

    def trouble(self, source: str, what: str, error: Exception) -> None:
        """Say that a part of a source could not be read."""
        self._metrics.failed(source)
        self._tell(source, what, error)

    def failed(self, source: str, error: Exception, *, retry_in: float) -> None:
        """Say that a source has failed."""
        self._metrics.failed(source)
        self._tell(source, "", error, retry_in=round(retry_in, 1))

    def _tell(self, source: str, what: str, error: Exception, **more: object) -> None:
        reason = (str(error) or type(error).__name__)[:_MOST_SAID]
        if self._troubles.get((source, what)) != reason:
            self._troubles[source, what] = reason
            _log.warning("reply_source_failed", source=source, what=what, reason=reason, **more)


class ReplyReception:
    """The sources and the LMTP server of one process, wired. Runs in the event loop of its `start`."""

    def __init__(
        self,
        database: str,
        settings: ReplySettings,
        sources: Sources,
        *,
        metrics: ReplyMetrics,
        clock: Clock = system_clock,
        sock: socket | None = None,
    ) -> None:
        self._url = database
        self._settings = settings
        self._sources = sources
        self._metrics = metrics
        self._clock = clock
        self._sock = sock
        self._server: SmtpServer | None = None
        self._ingest = Ingest(settings)

    async def start(self) -> None:
        """Open the ledger, begin to read, and to listen. Raises what opening the ledger or the port raises."""
        self._database = Database.open(self._url)
        counted = Reporter(self._metrics).taken
        ledger = ReplyLedger(self._database, self._ingest, clock=self._clock, counted=counted)
        self._intake = ReplyIntake(self._database, self._ingest, ledger=ledger, counted=counted, clock=self._clock)
        self._intake.start()
        listen = self._sources.lmtp
        if listen is not None:
            self._server = await serve_lmtp(
                listen,
                self._intake,
                hostname=self._settings.hostname,
                max_size=self._sources.max_size,
                refused=self._metrics.refused,
                sock=self._sock,
            )
        self._watch = Watch(sources_of(self._sources, ledger, clock=self._clock), Reporter(self._metrics))
        self._watch.start()

    def use(self, policy: Policy) -> None:
        """Judge by `policy` what replies stop, from the next batch on."""
        self._settings = replace(self._settings, limits=policy.limits, templates=policy.templates)
        self._ingest.use(self._settings)

    async def stop(self, grace: timedelta = GRACE) -> bool:
        """Take no more, finish what is under way, close the ledger; return whether all was finished within `grace`."""
        stopping = asyncio.to_thread(self._watch.stop, grace.total_seconds())
        if self._server is not None:
            await self._server.close(grace=grace)
        has_stopped = await stopping
        await self._intake.stop()
        if has_stopped:
            self._database.close()
        return has_stopped

    @property
    def port(self) -> int:
        """The port on which LMTP is spoken; 0 where it is not."""
        return self._server.port if self._server is not None else 0


def sources_of(sources: Sources, ledger: ReplyLedger, *, clock: Clock) -> Sequence[Source]:
    """Return what is read in threads of its own: every IMAP account and every Maildir."""
    size, age = sources.max_size, sources.look_back
    return [
        *(ImapSource(account, ledger, clock=clock, max_size=size, look_back=age) for account in sources.imap),
        *(MaildirSource(Path(path), ledger, clock=clock, max_size=size, look_back=age) for path in sources.maildirs),
    ]


def run_replies(
    database: str,
    settings: ReplySettings,
    sources: Sources,
    lifeline: Lifeline,
    *,
    reload: Callable[[], Policy],
    metrics_directory: Path,
    sock: socket | None = None,
) -> int:
    """Take replies in until SIGTERM, SIGINT or the parent's end; return the exit status. SIGHUP rereads the policy."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until it can be heeded
    share_metrics(metrics_directory)
    reception = ReplyReception(database, settings, sources, metrics=ReplyMetrics(CollectorRegistry()), sock=sock)
    return asyncio.run(_serve(reception, lifeline, reload))


async def _serve(reception: ReplyReception, lifeline: Lifeline, reload: Callable[[], Policy]) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, use_new_policy, reception.use, reload)
    # The parent holds the other end and never writes: that this end can be read means that the parent is gone.
    loop.add_reader(lifeline.alive, _orphaned(stopping, lifeline))
    await reception.start()
    lifeline.say_ready()
    await stopping.wait()
    await reception.stop()
    return 0


def _orphaned(stopping: asyncio.Event, lifeline: Lifeline) -> Callable[[], None]:
    def stop() -> None:
        asyncio.get_running_loop().remove_reader(lifeline.alive)
        stopping.set()

    return stop
