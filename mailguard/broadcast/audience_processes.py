"""The pieces of an audience, judged: here where it is small, in several processes where it is not. Their order is kept.

Each process opens the database for itself and only reads. Knows nothing of what is judged.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing import get_context
from typing import Final

from mailguard.broadcast.audience_judging import Judged, Judging, Raw
from mailguard.broadcast.audience_row import RowReading
from mailguard.broadcast.whom import ResolverFactory
from mailguard.errors import MailguardError
from mailguard.policy.limits import Limits
from mailguard.policy.submission import Submission
from mailguard.sources.audience_columns import AudienceColumns
from mailguard.store.child_process import live_with_parent
from mailguard.store.collector import still
from mailguard.store.database import Database
from mailguard.store.engine import read_widely

PIECE: Final = 2_000
"""Rows that are judged at once."""

SMALL: Final = 8
"""Pieces up to which an audience is judged in this process: to start others takes as long."""

_AHEAD: Final = 2
"""Pieces that wait for each process beyond the one in work: what bounds the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """All that a process is told. `database`: a URL."""

    database: str
    columns: AudienceColumns
    prototype: Submission
    limits: Limits
    region: str
    source: str
    brand: str
    resolver: ResolverFactory

    def judging(self) -> Judging:
        """What judges in the process that calls it."""
        reading = RowReading(self.columns, self.limits, region=self.region, source=self.source)
        return Judging(self.prototype, self.limits, reading, self.resolver(), brand=self.brand)


def judged_pieces(task: Task, pieces: Iterator[Sequence[Raw]], *, processes: int) -> Generator[Judged]:
    """The pieces in order, each judged. Raises MailguardError where one of the processes is killed."""
    first = list(islice(pieces, SMALL + 1))
    if len(first) <= SMALL or processes < 2:
        with ExitStack() as stack:
            desk = _Desk(task, stack)
            yield from map(desk.judge, chain(first, pieces))
        return
    # Not by fork: this process has open databases, and perhaps threads.
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_begin, initargs=(task,))
    try:
        with _no_interrupts():
            for _ in range(processes):  # each task that finds nobody idle starts a process
                pool.submit(os.getpid)
        yield from _in_order(pool, chain(first, pieces), most=processes * _AHEAD)
    except BrokenProcessPool as error:
        raise MailguardError(
            "a process that judges the audience was killed, perhaps out of memory; run the check again"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(pool: ProcessPoolExecutor, pieces: Iterator[Sequence[Raw]], *, most: int) -> Iterator[Judged]:
    waiting: deque[Future[Judged]] = deque()
    for piece in pieces:
        waiting.append(pool.submit(_judge, piece))
        if len(waiting) > most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


class _Desk:
    """One process's database and what it judges with."""

    def __init__(self, task: Task, stack: ExitStack) -> None:
        self._database = Database.open(task.database, create=False)
        stack.callback(self._database.close)
        self._judging = task.judging()

    def judge(self, rows: Sequence[Raw]) -> Judged:
        with still(), self._database.read() as connection:
            read_widely(connection)
            return self._judging.judge(connection, rows)


_DESKS: Final[list[_Desk]] = []
"""That of this process, where it is one of several."""


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Start processes that never see Ctrl-C, which is for this one to act on: the mask goes on to them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(task: Task) -> None:
    """End with the process that asked, however that ends."""
    live_with_parent()
    _DESKS.append(_Desk(task, ExitStack()))


def _judge(rows: Sequence[Raw]) -> Judged:
    return _DESKS[0].judge(rows)
