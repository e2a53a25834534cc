"""Delivery: takes parcels, sends them over the next hops, and reports what became of each recipient.

Lives in one event loop and works event by event: a parcel put in finds an idle connection, its last reply makes the outcome,
and the connection takes the next one. Nothing here is durable: what was not reported is still in the ledger. Knows neither
the ledger nor SMTP.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from mailguard.policy.facts import State
from mailguard.policy.parcel import Attempt, Destination, Outcome, Parcel
from mailguard.relay.consignment import Consignment
from mailguard.relay.hop_answer import HopAnswer, Kind
from mailguard.relay.next_hop import Hop, HopCounts
from mailguard.relay.retry import Attempted, Schedule, next_step
from mailguard.relay.settings import DeliverySettings

_log = structlog.get_logger(__name__)

MOST_PARCELS = 2000
"""Parcels in memory beyond which more are to stay in the spool."""

MOST_OCTETS = 67_108_864
"""Octets of parcels in memory beyond which more are to stay in the spool."""

OFFERED_AT_FIRST = frozenset({"8BITMIME", "SMTPUTF8", "DSN"})
"""What a next hop is taken to offer before the first one was heard: what any mail server of today does."""


class Backlog(NamedTuple):
    """What is in memory: waiting and under way."""

    parcels: int
    octets: int


@dataclass(slots=True)
class DeliveryCounts:
    """Recipients by what became of them since the start; `uncertain` ones count as deferred too."""

    delivered: int = 0
    deferred: int = 0
    failed: int = 0
    expired: int = 0
    uncertain: int = 0
    octets: int = 0


class Delivery:
    """The scheduler of one worker.

    `report` is called in the event loop with a list of outcomes, once for each transaction, and must not raise. `clock`
    returns the aware time; `jitter` a number from 0 to 1.
    """

    def __init__(
        self,
        settings: DeliverySettings,
        *,
        report: Callable[[Sequence[Outcome]], None],
        clock: Callable[[], datetime],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.counts = DeliveryCounts()
        self._report = report
        self._clock = clock
        self._jitter = jitter
        self._schedule = Schedule(settings.retry_first, settings.retry_most)
        self._hops = [Hop(hop, settings=settings, scheduler=self, jitter=jitter) for hop in settings.next_hops]
        self._parcels = 0
        self._octets = 0
        self._room = asyncio.Event()
        self._room.set()
        self._down_since: float | None = None
        self._is_draining = False
        self._left_over: list[Consignment] = []
        self._stopped: set[str] = set()
        self._quiet = asyncio.Event()
        self._closed = asyncio.Event()

    # What the worker calls

    async def run(self) -> None:
        """Hear what the next hops offer, and deliver until closed."""
        async with asyncio.TaskGroup() as tasks:
            try:
                for hop in self._hops:
                    hop.start(tasks.create_task)
                await self._closed.wait()
            finally:
                self.close()

    def submit(self, parcel: Parcel) -> None:
        """Take a parcel over. Always takes it: `has_room` says whether to."""
        self._put(Consignment(parcel, parcel.destinations))

    @property
    def backlog(self) -> Backlog:
        """How much is in memory."""
        return Backlog(self._parcels, self._octets)

    @property
    def has_room(self) -> bool:
        """Whether to hand parcels over in memory; else they are better left in the spool. May be asked from any thread.

        There is room while the backlog is bounded, a next hop can be used, and delivery does not come to its end.
        """
        return self._room.is_set()

    async def wait_for_room(self) -> None:
        """Return when there is room (again)."""
        await self._room.wait()

    def hop_extensions(self) -> frozenset[str]:
        """Return which of 8BITMIME, SMTPUTF8 and DSN the next hops were last known to offer: what any of them does."""
        heard = [hop.offered.names() for hop in self._hops if hop.offered is not None]
        return frozenset().union(*heard) if heard else OFFERED_AT_FIRST

    def hop_counts(self) -> dict[str, HopCounts]:
        """Return what happened at each hop ("host:port") since the start."""
        return {hop.name: hop.counts for hop in self._hops}

    async def drain(self, grace: timedelta) -> list[Parcel]:
        """Finish what is under way, close, and return what was not begun, so that its owner can give it up.

        What is still under way after `grace` is broken off: before its last dot it counts as not begun, after it the mail is
        reported as deferred, for the hop may have it.
        """
        self._is_draining = True
        for hop in self._hops:
            for consignment in hop.take_waiting():
                self._leave(consignment)
                self._left_over.append(consignment)
        self._notice_changes()
        try:
            async with asyncio.timeout(grace.total_seconds()):
                await self._quiet.wait()
        except TimeoutError:
            for hop in self._hops:
                hop.break_off("mailguard stopped")
            await self._quiet.wait()
        self.close()
        return [consignment.as_parcel() for consignment in self._left_over]

    def messages(self) -> frozenset[str]:
        """Return the messages of which something is in memory."""
        return frozenset(one.parcel.message for hop in self._hops for one in (*hop.waiting, *hop.under_way))

    def withdraw(self, messages: Collection[str]) -> list[Parcel]:
        """Give back what is not begun of these messages. What is under way ends as it ends, and is then tried no more here."""
        withdrawn = [one for hop in self._hops for one in hop.withdraw(messages)]
        for consignment in withdrawn:
            self._leave(consignment)
        self._stopped.update(
            one.parcel.message for hop in self._hops for one in hop.under_way if one.parcel.message in messages
        )
        self._notice_changes()
        return [consignment.as_parcel() for consignment in withdrawn]

    def close(self) -> None:
        """End at once: transactions under way are broken off."""
        self._is_draining = True
        self._notice_changes()
        self._closed.set()
        for hop in self._hops:
            hop.close()

    # What a hop calls

    def answered(self, hop: Hop, consignment: Consignment, answers: list[HopAnswer]) -> None:
        """Report what is settled; send the rest again, here or at another hop."""
        self._leave(consignment)
        now = self._clock()
        is_stopped = self._is_stopped(consignment)
        other = None if is_stopped else self._alternative(hop, consignment)
        outcomes: list[Outcome] = []
        again: list[Destination] = []
        elsewhere: list[Destination] = []
        for destination, answer in zip(consignment.destinations, answers, strict=True):
            attempted = _tried(destination, Attempt(now, hop.name, answer.text, answer.kind is Kind.UNCERTAIN))
            if answer.kind is Kind.OVERFLOW or answer.kind is Kind.UNTOUCHED:
                again.append(destination)
            elif answer.kind is Kind.TROUBLE and other is not None:
                elsewhere.append(attempted)
            else:
                outcome = self._outcome(hop, consignment.parcel, attempted, kind=answer.kind, now=now)
                outcomes.append(replace(outcome, is_unknown=True) if answer.is_unknown else outcome)
        if is_stopped:
            outcomes += [Outcome(consignment.parcel.message, one.n, State.DEFERRED, one.attempts, now) for one in again]
            again.clear()
        if outcomes:
            self._report(outcomes)
        if elsewhere and other is not None:
            self._put(consignment.only(elsewhere, tried=hop.name), hop=other)
        if again:
            self._put(consignment.only(again), hop=hop)
        self._notice_changes()

    def divided(self, hop: Hop, consignment: Consignment) -> None:
        """Send the mail to each of its destinations by itself: what the hop is told is of one person alone."""
        self._leave(consignment)
        for destination in reversed(consignment.destinations):
            self._put(consignment.only([destination]), hop=hop)

    def lacking(self, hop: Hop, consignment: Consignment, text: str) -> None:
        """Send the mail to a hop that offers what it needs; fail it where every hop is known to lack it."""
        others = [other for other in self._hops if other is not hop and not _lacks(other, consignment)]
        usable = [other for other in others if not other.is_down and other.name not in consignment.tried]
        if usable:
            self._leave(consignment)
            self._put(consignment.only(consignment.destinations, tried=hop.name), hop=usable[0])
            return
        answer = HopAnswer(Kind.LATER if others else Kind.REFUSED, text)
        self.answered(hop, consignment, [answer] * len(consignment.destinations))

    def came_up(self, hop: Hop) -> None:
        """Give the hop what waits for hops that are down."""
        self._down_since = None
        for other in self._hops:
            if other.is_down:
                for consignment in other.take_waiting():
                    hop.put(consignment)
        self._notice_changes()

    def went_down(self, hop: Hop) -> None:
        """Give what waits to another hop. With none left, mail waits for `retry_first`, then is deferred."""
        usable = next((other for other in self._hops if not other.is_down), None)
        if usable is not None:
            for consignment in hop.take_waiting():
                usable.put(consignment)
            return
        now = asyncio.get_running_loop().time()
        if self._down_since is None:
            self._down_since = now
        if now - self._down_since >= self._schedule.first.total_seconds():
            self._defer_waiting()
        self._notice_changes()

    # Inside

    def _put(self, consignment: Consignment, *, hop: Hop | None = None) -> None:
        """Give a consignment to `hop`, before what waits there, or to the first hop that can be used."""
        if self._is_draining:
            self._left_over.append(consignment)
            return
        self._parcels += 1
        self._octets += len(consignment.parcel.octets)
        self._notice_changes()
        if hop is not None and not hop.is_down:
            hop.put_first(consignment)
        else:
            self._first_usable().put(consignment)

    def _is_stopped(self, consignment: Consignment) -> bool:
        """Whether the mail was withdrawn while this was under way; it is forgotten with the last that was."""
        message = consignment.parcel.message
        if message not in self._stopped:
            return False
        if not any(one.parcel.message == message for hop in self._hops for one in hop.under_way):
            self._stopped.discard(message)
        return True

    def _leave(self, consignment: Consignment) -> None:
        self._parcels -= 1
        self._octets -= len(consignment.parcel.octets)

    def _first_usable(self) -> Hop:
        return next((hop for hop in self._hops if not hop.is_down), self._hops[0])

    def _alternative(self, hop: Hop, consignment: Consignment) -> Hop | None:
        """Return another hop that can be used and was not tried in this round."""
        for other in self._hops:
            if other is not hop and not other.is_down and other.name not in consignment.tried:
                return other
        return None

    def _outcome(self, hop: Hop, parcel: Parcel, destination: Destination, *, kind: Kind, now: datetime) -> Outcome:
        attempts = destination.attempts
        attempted = Attempted(len(attempts), attempts[0].at, destination.expires_at)
        follows = next_step(kind, attempted, schedule=self._schedule, now=now, jitter=self._jitter())
        self._count(follows.state, kind, len(parcel.octets))
        is_relayed = "SUCCESS" in destination.notify.upper() and kind is Kind.TAKEN and not (hop.offered and hop.offered.dsn)
        return Outcome(parcel.message, destination.n, follows.state, attempts, follows.due_at, is_relayed=is_relayed)

    def _count(self, state: State, kind: Kind, octets: int) -> None:
        counts = self.counts
        if state is State.DELIVERED:
            counts.delivered += 1
            counts.octets += octets
        elif state is State.DEFERRED:
            counts.deferred += 1
        elif state is State.FAILED:
            counts.failed += 1
        else:
            counts.expired += 1
        if kind is Kind.UNCERTAIN:
            counts.uncertain += 1

    def _defer_waiting(self) -> None:
        for hop in self._hops:
            for consignment in hop.take_waiting():
                answer = HopAnswer(Kind.TROUBLE, hop.last_failure)
                self.answered(hop, consignment, [answer] * len(consignment.destinations))

    def _notice_changes(self) -> None:
        """Keep `has_room` and the end of what is under way up to date."""
        is_bounded = self._parcels < MOST_PARCELS and self._octets < MOST_OCTETS
        if is_bounded and not self._is_draining and self._down_since is None:
            self._room.set()
        else:
            self._room.clear()
        if self._is_draining and not any(hop.transactions_under_way for hop in self._hops):
            self._quiet.set()


def _tried(destination: Destination, attempt: Attempt) -> Destination:
    return replace(destination, attempts=(*destination.attempts, attempt))


def _lacks(hop: Hop, consignment: Consignment) -> bool:
    return hop.offered is not None and bool(hop.offered.lacking_for(consignment))
