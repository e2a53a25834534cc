"""One next hop: the mail waiting for it, its pool of reused connections, and its health.

A hop that cannot be connected to is left alone for a growing pause and then asked again, whether mail waits or not: that is
how its recovery is noticed. Which hop a mail goes to, and what becomes of an answer, is the scheduler's business.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import structlog

from mailguard.relay.consignment import Consignment
from mailguard.relay.extensions import Extensions
from mailguard.relay.hop_answer import HopAnswer, Kind
from mailguard.relay.hop_connection import HopConnection
from mailguard.relay.hop_opening import HopRefusedError, HopUnreachableError, Opener
from mailguard.relay.settings import DeliverySettings, NextHop
from mailguard.relay.transaction import Transaction

_log = structlog.get_logger(__name__)

PAUSE_FIRST = timedelta(milliseconds=500)
"""The pause after the first failure to connect; it doubles with each further one."""

_PAUSE_LEAST = timedelta(milliseconds=10)

PAUSE_UNREACHABLE = timedelta(seconds=5)
"""The longest pause for a hop that was not reached: its recovery is to be noticed soon, and asking costs next to nothing."""

PAUSE_REFUSED = timedelta(minutes=1)
"""The longest pause for a hop that was reached and refused (AUTH, TLS, greeting): asking too often is what locks one out."""

Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class Scheduler(Protocol):
    """Whom a hop tells what happened."""

    def answered(self, hop: Hop, consignment: Consignment, answers: list[HopAnswer]) -> None:
        """The hop answered for each destination."""

    def divided(self, hop: Hop, consignment: Consignment) -> None:
        """The hop takes this mail only one recipient at a time."""

    def lacking(self, hop: Hop, consignment: Consignment, text: str) -> None:
        """The hop does not offer what this mail needs."""

    def came_up(self, hop: Hop) -> None:
        """A hop that was down can be used again."""

    def went_down(self, hop: Hop) -> None:
        """The hop could (again) not be connected to, and no connection to it is left."""


@dataclass(slots=True)
class HopCounts:
    """What happened at one hop since the start."""

    connections: int = 0
    failed_connections: int = 0
    transactions: int = 0
    stale_connections: int = 0


class Hop:
    """A next hop as the scheduler sees it: mail is put to it, and it sends as many at once as it has connections."""

    def __init__(self, hop: NextHop, *, settings: DeliverySettings, scheduler: Scheduler, jitter: Callable[[], float]) -> None:
        self.name = str(hop)
        self.offered: Extensions | None = None
        self.last_failure = ""
        self.counts = HopCounts()
        self._is_reply_aware = hop.reply_aware
        self._settings = settings
        self._scheduler = scheduler
        self._jitter = jitter
        self._opener = Opener(hop, hostname=settings.hostname, timeout=settings.connect_timeout)
        self._spawn: Spawn | None = None
        self._waiting: deque[Consignment] = deque()
        self._idle: list[HopConnection] = []
        self._open: set[HopConnection] = set()
        self._busy: dict[HopConnection, Consignment] = {}
        self._connecting: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._next_try: asyncio.TimerHandle | None = None
        self._is_closed = False

    @property
    def is_down(self) -> bool:
        """Whether the last connection failed and none is left."""
        return self._failures > 0 and not self._open

    @property
    def transactions_under_way(self) -> int:
        """How many connections are sending."""
        return len(self._busy)

    @property
    def waiting(self) -> Iterable[Consignment]:
        """What waits for a connection."""
        return self._waiting

    @property
    def under_way(self) -> Iterable[Consignment]:
        """What is being sent."""
        return self._busy.values()

    def start(self, spawn: Spawn) -> None:
        """Open a first connection, to learn what the hop offers, and begin to send."""
        self._spawn = spawn
        self._connect()

    def put(self, consignment: Consignment) -> None:
        """Send this as soon as a connection is free."""
        self._waiting.append(consignment)
        self._dispatch()

    def put_first(self, consignment: Consignment) -> None:
        """Send this before what waits already."""
        self._waiting.appendleft(consignment)
        self._dispatch()

    def take_waiting(self) -> list[Consignment]:
        """Return what waits; it waits here no more."""
        waiting = list(self._waiting)
        self._waiting.clear()
        return waiting

    def withdraw(self, messages: Collection[str]) -> list[Consignment]:
        """Return what waits of these messages; it waits here no more."""
        waiting = self.take_waiting()
        self._waiting.extend(one for one in waiting if one.parcel.message not in messages)
        return [one for one in waiting if one.parcel.message in messages]

    def break_off(self, text: str) -> None:
        """Give up the transactions under way."""
        for connection in list(self._busy):
            connection.break_off(text)

    def close(self) -> None:
        """Close every connection, open none any more."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._next_try is not None:
            self._next_try.cancel()
        self._stop_connecting()
        for connection in list(self._open):
            if connection.is_usable:
                connection.quit()
            else:
                connection.break_off("mailguard stops")

    # What a connection calls

    def finished(self, connection: HopConnection, transaction: Transaction) -> None:
        """Use the connection for the next mail, then tell what became of this one."""
        consignment = self._busy.pop(connection)
        self.counts.transactions += 1
        answers = transaction.answers
        if answers[0].kind is Kind.UNTOUCHED:
            self.counts.stale_connections += 1
        if connection.is_usable:
            self._idle.append(connection)
            self._dispatch()
        self._scheduler.answered(self, consignment, answers)

    def closed(self, connection: HopConnection) -> None:
        """Forget the connection; open another one if mail waits."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if self.is_down and not self._is_closed:
            self._scheduler.went_down(self)
            if self._next_try is None and not self._connecting:
                self._connect()
        self._open_more()

    # Sending

    def _dispatch(self) -> None:
        while self._waiting and self._idle:
            connection = self._idle.pop()  # the one used last: the others may grow old and close
            if connection.is_usable:
                self._send(self._waiting.popleft(), connection)
        self._open_more()

    def _send(self, consignment: Consignment, connection: HopConnection) -> None:
        lacking = connection.offered.lacking_for(consignment)
        if lacking:
            self._idle.append(connection)
            self._scheduler.lacking(self, consignment, lacking)
            return
        if self._is_reply_aware and len(consignment.destinations) > 1:
            self._idle.append(connection)
            self._scheduler.divided(self, consignment)
            return
        try:
            transaction = Transaction(
                consignment,
                connection.offered,
                is_fresh=connection.is_fresh,
                reset_first=connection.needs_reset,
                is_reply_aware=self._is_reply_aware,
            )
        except Exception:  # noqa: BLE001 - the mail is kept: deferred like one that the hop cannot take now
            _log.exception("mail_not_sendable", message=consignment.parcel.message)
            self._idle.append(connection)
            answer = HopAnswer(Kind.LATER, "mailguard could not send this mail; see its log")
            self._scheduler.answered(self, consignment, [answer] * len(consignment.destinations))
            return
        self._busy[connection] = consignment
        connection.send(transaction)

    # Connecting

    def _open_more(self) -> None:
        """Open connections while mail waits, at most doubling their number in one go: a burst need not open them all."""
        if self._is_closed or self._next_try is not None:
            return
        wanted = len(self._waiting) - len(self._connecting)
        allowed = min(
            self._settings.connections - len(self._open) - len(self._connecting),
            max(1, len(self._open)) - len(self._connecting),
        )
        for _ in range(min(wanted, allowed)):
            self._connect()

    def _connect(self) -> None:
        if self._spawn is not None:
            task = self._spawn(self._open_connection())
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    async def _open_connection(self) -> None:
        try:
            opened = await self._opener.open()
        except (HopUnreachableError, HopRefusedError) as error:
            most = PAUSE_REFUSED if isinstance(error, HopRefusedError) else PAUSE_UNREACHABLE
            self._failed(str(error), most=most)
        except Exception as error:  # noqa: BLE001 - mail waits for this hop: it must be asked again
            _log.exception("next_hop_failed", hop=self.name)
            self._failed(type(error).__name__, most=PAUSE_REFUSED)
        else:
            self._opened(opened.transport, opened.offered)

    def _stop_connecting(self) -> None:
        """Cancel what is still connecting, until it is: Python 3.11's wait_for loses a cancellation that comes as it ends."""
        for task in self._connecting:
            task.cancel()
        if self._connecting:
            asyncio.get_running_loop().call_later(0.01, self._stop_connecting)

    def _opened(self, transport: asyncio.Transport, offered: Extensions) -> None:
        if self._is_closed:
            transport.abort()
            return
        was_down = self.is_down
        self._connecting.discard(asyncio.current_task())
        self._failures = 0
        self.offered = offered
        self.counts.connections += 1
        connection = HopConnection(transport, offered=offered, owner=self, command_timeout=self._settings.command_timeout)
        self._open.add(connection)
        self._idle.append(connection)
        if was_down:
            _log.info("next_hop_up", hop=self.name)
            self._scheduler.came_up(self)
        self._dispatch()
        connection.is_fresh = not connection.is_usable

    def _failed(self, reason: str, *, most: timedelta) -> None:
        """Leave the hop alone for a while. With connections left it is not down, only not to be asked for more."""
        self._connecting.discard(asyncio.current_task())
        self._failures += 1
        self.last_failure = f"no connection to {self.name}: {reason}"
        self.counts.failed_connections += 1
        first = max(min(PAUSE_FIRST, self._settings.retry_first), _PAUSE_LEAST)
        pause = min(first * 2 ** min(self._failures - 1, 20), most) * (1 - 0.25 * self._jitter())
        _log.warning("next_hop_unavailable", hop=self.name, reason=reason, pause=round(pause.total_seconds(), 5))
        if self._is_closed:
            return
        if self._next_try is None:
            self._next_try = asyncio.get_running_loop().call_later(pause.total_seconds(), self._try_again)
        if self.is_down:
            self._scheduler.went_down(self)

    def _try_again(self) -> None:
        self._next_try = None
        if self._open:
            self._open_more()
        elif not self._connecting:
            self._connect()
