"""The one writer of a worker: a thread that turns whatever waits into one durable transaction after another.

While a commit runs, the next batch gathers by itself; nothing is ever delayed to make a batch larger. Knows nothing of what
a mail is or how it is decided: that is told by the function it is built with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

import structlog
from sqlalchemy import Connection

from mailguard.policy.parcel import Outcome
from mailguard.store.database import Database

_log = structlog.get_logger(__name__)

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")
AnyT = TypeVar("AnyT")

MOST_IN_BATCH = 200
"""Pieces of work in one transaction: enough to share the cost of a commit, few enough to answer the first of them soon."""


MOST_DOUBTFUL = 10_000
"""Ids of mails in transactions that ended badly, which are remembered until one ends well."""


@dataclass(frozen=True, slots=True)
class _Operation:
    """Work of its own kind: a transaction by itself, whose failure is its caller's alone."""

    call: Callable[[Connection], Any]
    answer: Future[Any]


@dataclass(slots=True)
class _Batch(Generic[ItemT, ResultT]):
    """What had gathered when a transaction began."""

    items: list[tuple[ItemT, asyncio.Future[ResultT]]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    operations: list[_Operation] = field(default_factory=list)
    pieces: int = 0
    is_last: bool = False

    def take(self, piece: Any) -> None:
        """Add a piece of work from the queue."""
        self.pieces += 1
        match piece:
            case None:
                self.is_last = True
            case _Operation():
                self.operations.append(piece)
            case tuple():
                self.items.append(piece)
            case _:
                self.outcomes.extend(piece)


class Writer(Generic[ItemT, ResultT]):
    """Commits items (mails to be decided), outcomes (of deliveries) and operations (anything else), in order of arrival.

    `commit` does what one transaction is to do and returns one result for each item, in order. `committed` is called in the
    event loop with the results of a batch, before the senders are answered. Where a batch raises, its items are tried again
    one by one, so that one poisonous mail costs nobody else theirs; where no transaction can be had, all of it is refused.
    """

    def __init__(
        self,
        database: Database,
        *,
        commit: Callable[[Connection, Sequence[ItemT], Sequence[Outcome]], list[ResultT]],
        committed: Callable[[Sequence[ResultT]], None],
        disown: Callable[[Connection, Sequence[str]], object] = lambda *_: None,
        name: Callable[[ItemT], str] = str,
    ) -> None:
        self._database = database
        self._commit = commit
        self._committed = committed
        self._disown = disown
        self._name = name
        self._doubtful: list[str] = []
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = Thread(target=self._run, name="mailguard-writer", daemon=True)

    def start(self) -> None:
        """Begin to take work."""
        self._thread.start()

    async def put(self, item: ItemT) -> ResultT:
        """The result of `item` once it is durable. Raises what deciding or writing it raised."""
        answer: asyncio.Future[ResultT] = self._loop.create_future()
        self._queue.put((item, answer))
        return await answer

    def report(self, outcomes: Sequence[Outcome]) -> None:
        """Have `outcomes` written with the next transaction."""
        self._queue.put(outcomes)

    async def run(self, operation: Callable[[Connection], AnyT]) -> AnyT:
        """What `operation` returns, in a transaction of its own, once it is durable. Raises what it raised."""
        answer: Future[AnyT] = Future()
        self._queue.put(_Operation(operation, answer))
        return await asyncio.wrap_future(answer)

    async def stop(self) -> None:
        """Finish what waits, then end the thread."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        outcomes: list[Outcome] | None = []
        while outcomes is not None:
            outcomes = self._work(outcomes)

    def _work(self, left_over: list[Outcome]) -> list[Outcome] | None:
        """Do one round; return the outcomes that must be tried again, None after the last round.

        A function of its own, so that nothing holds on to a batch, which may be large, while the next is waited for.
        """
        batch = self._gather(left_over)
        outcomes = self._write(batch)
        for operation in batch.operations:
            self._operate(operation)
        return None if batch.is_last else outcomes

    def _gather(self, left_over: list[Outcome]) -> _Batch[ItemT, ResultT]:
        """Wait for work, then take all that is there. `left_over` are outcomes whose transaction failed."""
        batch: _Batch[ItemT, ResultT] = _Batch(outcomes=left_over)
        batch.take(self._queue.get())
        self._gather_more(batch)
        return batch

    def _gather_more(self, batch: _Batch[ItemT, ResultT]) -> None:
        """Take what has come meanwhile, as far as there is room in the batch."""
        while batch.pieces < MOST_IN_BATCH and not batch.is_last:
            try:
                batch.take(self._queue.get_nowait())
            except Empty:
                return

    def _write(self, batch: _Batch[ItemT, ResultT]) -> list[Outcome]:
        """Commit items and outcomes together; return the outcomes that could not be written and must be tried again."""
        if not batch.items and not batch.outcomes:
            return []
        has_begun = False
        try:
            with self._transaction(batch.items) as connection:
                has_begun = True
                # Other processes have had their turn before ours: what came while we stood in line need not wait for another.
                self._gather_more(batch)
                results = self._commit(connection, [item for item, _ in batch.items], batch.outcomes)
        except Exception as error:  # noqa: BLE001 - the mail stays with its sender, item by item
            _log.exception("batch_failed", items=len(batch.items), outcomes=len(batch.outcomes))
            return self._write_singly(batch) if has_begun else self._refuse_all(batch, error)
        self._loop.call_soon_threadsafe(self._answer, batch.items, results)
        return []

    def _refuse_all(self, batch: _Batch[ItemT, ResultT], error: Exception) -> list[Outcome]:
        """Refuse what waits for a ledger that is locked or away: each by itself would only wait as long again."""
        for _, answer in batch.items:
            self._loop.call_soon_threadsafe(_refuse, answer, error)
        return batch.outcomes

    def _write_singly(self, batch: _Batch[ItemT, ResultT]) -> list[Outcome]:
        for item, answer in batch.items:
            try:
                with self._transaction([(item, answer)]) as connection:
                    results = self._commit(connection, [item], ())
            except Exception as error:  # noqa: BLE001 - the sender is answered 451 and keeps the mail
                self._loop.call_soon_threadsafe(_refuse, answer, error)
            else:
                self._loop.call_soon_threadsafe(self._answer, [(item, answer)], results)
        return self._write_outcomes(batch.outcomes)

    def _write_outcomes(self, outcomes: list[Outcome]) -> list[Outcome]:
        if not outcomes:
            return []
        try:
            with self._transaction([]) as connection:
                self._commit(connection, (), outcomes)
        except Exception:  # noqa: BLE001 - what was delivered must still be recorded when the database is back
            _log.exception("outcomes_failed", outcomes=len(outcomes))
            return outcomes
        return []

    @contextmanager
    def _transaction(self, items: list[tuple[ItemT, asyncio.Future[ResultT]]]) -> Iterator[Connection]:
        """One transaction for `items`, as they are at its end.

        A commit may have been done although its answer was lost. What it wrote would be this worker's and in nobody's memory,
        so the next transaction lets go of it.
        """
        doubtful = self._doubtful
        try:
            with self._database.write() as connection:
                if doubtful:
                    self._disown(connection, doubtful)
                yield connection
        except BaseException:
            self._doubtful = [*doubtful, *(self._name(item) for item, _ in items)][-MOST_DOUBTFUL:]
            raise
        self._doubtful = []

    def _operate(self, operation: _Operation) -> None:
        if not operation.answer.set_running_or_notify_cancel():
            return  # whoever asked has gone
        try:
            with self._database.write() as connection:
                result = operation.call(connection)
        except Exception as error:  # noqa: BLE001 - carried to the caller, who decides
            operation.answer.set_exception(error)
        else:
            operation.answer.set_result(result)

    def _answer(self, items: list[tuple[ItemT, asyncio.Future[ResultT]]], results: list[ResultT]) -> None:
        self._committed(results)
        for (_, answer), result in zip(items, results, strict=True):
            if not answer.done():
                answer.set_result(result)


def _refuse(answer: asyncio.Future[Any], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
