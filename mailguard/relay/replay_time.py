"""Recorded time: which transaction comes next, and what is to become of those before it until then.

Mail comes in batches that no change divides: within one, each decision sees those before it, as in the relay's own. Knows how
nothing is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Final

from sqlalchemy import Connection

from mailguard.policy.facts import State
from mailguard.policy.history import COUNTED
from mailguard.relay.replay_mail import Transaction, transactions
from mailguard.store.database import Database
from mailguard.store.own_mail import OWN_CLIENT
from mailguard.store.recorded import Extent, recorded
from mailguard.store.recorded_changes import Change, changes, turned

MOST_IN_BATCH: Final = 200
MOST_OCTETS: Final = 33_554_432
"""Transactions, and octets of them, in one batch."""

MOST_SPAN: Final = timedelta(hours=1)
"""Between the first and the last of a batch: what counts for days may be told once for all of it."""

_Waiting = list[tuple[datetime, int, Change]]


class RecordedTime:
    """What was recorded in `of`, passing once more. To be used by one reader, once."""

    def __init__(self, source: Database, of: Extent, since: datetime) -> None:
        self._source = source
        self._extent = of
        self._since = since
        self._changes = changes(source)
        self._next = next(self._changes, None)
        self._numbers = count()
        self._turns: _Waiting = []
        # A delivery is news only for a mailbox that bounced: it divides no batch.
        self._deliveries: _Waiting = []
        self._parts: list[tuple[datetime, int, Transaction]] = []

    def batches(self) -> Iterator[list[Transaction]]:
        """All transactions in the order of decisions. A batch is either before `since`, or after it."""
        batch: list[Transaction] = []
        octets = 0
        for one in self._transactions():
            is_full = len(batch) >= MOST_IN_BATCH or octets + one.mail.size > MOST_OCTETS
            if batch and (is_full or one.at - batch[0].at > MOST_SPAN or self._is_news(one.at) or self._begins(batch[-1], one)):
                yield batch
                batch, octets = [], 0
            batch.append(one)
            octets += one.mail.size
            self._expect(one)
        if batch:
            yield batch

    def pass_until(self, connection: Connection, at: datetime) -> None:
        """Write into another ledger what was written until then."""
        while self._next is not None and self._next.at <= at:
            self._next.apply(connection)
            self._next = next(self._changes, None)
        for waiting in (self._turns, self._deliveries):
            while waiting and waiting[0][0] <= at:
                heappop(waiting)[2].apply(connection)

    def _transactions(self) -> Iterator[Transaction]:
        """Messages in the order of their places, their later parts when their time has come."""
        for page in recorded(self._source, self._extent):
            for mail in page:
                first, *parts = transactions(mail)
                while self._parts and self._parts[0][0] < first.at:
                    yield heappop(self._parts)[2]
                yield first
                for part in parts:
                    heappush(self._parts, (part.at, next(self._numbers), part))
        while self._parts:
            yield heappop(self._parts)[2]

    def _is_news(self, at: datetime) -> bool:
        """Whether something is due by then that a decision may rest on."""
        is_changed = self._next is not None and self._next.at <= at
        return is_changed or bool(self._turns and self._turns[0][0] <= at)

    def _begins(self, before: Transaction, one: Transaction) -> bool:
        """Whether `since` lies between the two."""
        return (before.at < self._since) is not (one.at < self._since)

    def _expect(self, one: Transaction) -> None:
        """Remember what will become of the mail."""
        if one.mail.client == OWN_CLIENT:
            return
        for recipient in one.recipients:
            for turn in recipient.turns:
                # A held repeat of held mail is counted when it is let out, not before.
                change = turned(one.mail, recipient, turn, is_counted=turn.state in COUNTED)
                waiting = self._deliveries if turn.state is State.DELIVERED else self._turns
                heappush(waiting, (turn.at, next(self._numbers), change))
