"""One relay process: the front door, the intake with its writer, delivery, and the chores that keep the ledger in order."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from socket import socket
from time import perf_counter
from types import TracebackType
from typing import Any, Self

import structlog

from mailguard.errors import TemporaryError
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.policy.parcel import Outcome
from mailguard.relay.arrival import Arrival
from mailguard.relay.chores import Chores
from mailguard.relay.clock import Clock, system_clock
from mailguard.relay.delivery import Delivery
from mailguard.relay.finishing import Finisher
from mailguard.relay.intake import Intake, Pending, Taken, undecided_parcel
from mailguard.relay.metrics import Metrics, Stage
from mailguard.relay.rendering import Rendering
from mailguard.relay.resolution import Directory
from mailguard.relay.settings import Fail, Policy, RelaySettings
from mailguard.relay.signing import Signer
from mailguard.relay.smtp import serve_smtp
from mailguard.relay.spool_room import SpoolRoom
from mailguard.relay.undecided import Undecided
from mailguard.relay.withdrawal import Withdrawal
from mailguard.relay.writer import Writer
from mailguard.store import queue, secrets
from mailguard.store.database import Database

_log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=12)
"""How long sessions, and after them deliveries under way, may take to finish when the worker is told to stop."""


class Worker:
    """The parts of one process, wired. All of it runs in the event loop of its `start`, but for the writer's thread."""

    def __init__(
        self,
        settings: RelaySettings,
        *,
        metrics: Metrics,
        clock: Clock = system_clock,
        sock: socket | None = None,
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self.clock = clock
        self._sock = sock
        self._progress = asyncio.Event()
        self._handed_over: dict[str, float] = {}

    async def start(self) -> None:
        """Open the ledger, begin to deliver, then to take mail. Raises what opening the ledger or the port raises."""
        settings = self._settings
        self.database = Database.open(settings.database)
        folder = self.database.file.parent if self.database.file else None
        self._room = SpoolRoom(settings.spool, folder=folder)
        lease = queue.Worker.of_this_process(self.clock())
        self._delivery = Delivery(settings.delivery, report=self._report, clock=self.clock)
        self._undecided = Undecided(self._delivery.submit)
        withdrawal = Withdrawal(self._delivery, owner=lease.id)
        directory = Directory(settings.identity)
        self._intake = Intake(
            settings,
            owner=lease.id,
            clock=self.clock,
            has_room=lambda: self._delivery.has_room,
            metrics=self._metrics,
            directory=directory,
            look=withdrawal.look,
        )
        self.writer = self._new_writer(owner=lease.id)
        self._finisher, self._rendering = self._ready_to_render()
        self.chores = Chores(
            settings,
            database=self.database,
            writer=self.writer,
            delivery=self._delivery,
            worker=lease,
            lease=self._intake.lease,
            withdrawal=withdrawal,
            room=self._room,
            clock=self.clock,
        )
        directory.warm_up()
        with self.database.read() as connection:
            directory.renew(connection)
        self.writer.start()
        await self.chores.tick()
        running = (self._delivery.run(), self.chores.run(), withdrawal.run(self.writer.run), *self._webhook_sender())
        self._tasks = [asyncio.create_task(work) for work in running]
        self._server = await serve_smtp(
            settings.listen,
            self,
            extensions=self._delivery.hop_extensions,
            refused=self._metrics.refused,
            sock=self._sock,
        )

    async def stop(self, grace: timedelta = GRACE) -> None:
        """Take no more mail, finish what is under way, give up what was not begun, close the ledger."""
        await self._server.close(grace=grace)
        await self._delivery.drain(grace)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self.chores.resign()
        finally:
            await self.writer.stop()
            await self._rendering.close()
            self.database.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def port(self) -> int:
        """The port on which mail is taken."""
        return self._server.port

    async def settled(self) -> None:
        """Return when all that is due has been tried, nothing is on its way, and the ledger knows what became of it."""
        await self.chores.tick()
        while self._delivery.backlog.parcels:
            self._progress.clear()
            await self._progress.wait()
        await self.writer.run(lambda _: None)

    def use(self, policy: Policy) -> None:
        """Decide by `policy` from the next batch on."""
        self._intake.policy = policy
        self.chores.use(policy)

    async def take(self, arrival: Arrival) -> SmtpReply:
        """The answer after the dot. Raises TemporaryError, or whatever else went wrong: the sender then keeps the mail."""
        begun = perf_counter()
        self._room.require(len(arrival.octets))
        self._metrics.received(len(arrival.octets))
        pending = await self._intake.read(arrival)
        if pending.submission.message.control.render:
            self._room.require(len(arrival.octets) * len(arrival.envelope.recipients))
            answer = await self._rendering.take(arrival, pending)
        else:
            if pending.client.reply_token:
                pending = replace(pending, submission=await self._finisher.with_reply_token(pending.submission))
            answer = (await self._decided(pending)).answer
        self._metrics.took(Stage.ANSWER, perf_counter() - begun)
        return answer

    async def _decided(self, pending: Pending) -> Taken:
        submission = pending.submission
        if self._settings.fail is Fail.CLOSED or submission.is_unrendered or submission.render_failure:
            return await self.writer.put(pending)
        try:
            return await self.writer.put(pending)
        except TemporaryError:
            raise
        except Exception:  # noqa: BLE001 - the operator chose: rather undecided than late (`fail = "open"`)
            _log.exception("decided_nothing", id=submission.id)
            parcel = undecided_parcel(pending, expire=self._settings.delivery.expire)
            return Taken(await self._undecided.pass_on(parcel))

    def _ready_to_render(self) -> tuple[Finisher, Rendering]:
        """What templates need. Raises ConfigError where mail is to be signed and cannot be."""
        rendering = self._settings.rendering
        token_key = b""
        if rendering.address or rendering.unsubscribe_url:
            with self.database.write() as connection:
                token_key = secrets.key_of(connection, secrets.REPLY_KEY, now=self.clock())
        finisher = Finisher(rendering, signer=Signer.load(rendering.keys), token_key=token_key)
        return finisher, Rendering(
            self._settings,
            database=self.database,
            clock=self.clock,
            policy=lambda: self._intake.policy,
            put=self._decided,
            trace=self._intake.trace,
            finisher=finisher,
            token_key=token_key,
        )

    def _new_writer(self, *, owner: str) -> Writer[Pending, Taken]:
        """What commits what intake decides."""
        return Writer(
            self.database,
            commit=self._intake.decide_batch,
            committed=self._hand_over,
            disown=lambda connection, ids: queue.disown(connection, ids, owner=owner),
            name=lambda pending: pending.submission.id,
        )

    def _webhook_sender(self) -> list[Coroutine[Any, Any, None]]:
        """What sends the news of held mail, where anybody wants it."""
        webhook = self._settings.holding.webhook
        if webhook is None:
            return []
        # httpx is large, and a worker without a webhook has no use for it.
        from mailguard.relay.webhook import WebhookSender  # noqa: PLC0415

        return [WebhookSender(webhook, database=self.database, writer=self.writer, clock=self.clock).run()]

    def _hand_over(self, taken: Sequence[Taken]) -> None:
        """What was just committed goes to delivery in memory, without being read back."""
        now = perf_counter()
        for one in taken:
            if one.parcel is not None:
                self._handed_over[one.parcel.message] = now
                self._delivery.submit(one.parcel)
            self._count(one)
        if taken:
            self._metrics.committed(len(taken))
            self._metrics.connected(self._server.connections)

    def _count(self, one: Taken) -> None:
        if one.entry is None:
            return
        if one.entry.decision.is_replay:
            self._metrics.replayed()
        else:
            self._metrics.decided(one.entry.decision.action, [finding.code for finding in one.entry.decision.findings])

    def _report(self, outcomes: Sequence[Outcome]) -> None:
        self._progress.set()
        ours = self._undecided.take(outcomes)
        for outcome in ours:
            self._metrics.delivered(outcome.state)
            if (begun := self._handed_over.pop(outcome.message, None)) is not None:
                self._metrics.took(Stage.SEND, perf_counter() - begun)
        if ours:
            self.writer.report(ours)
