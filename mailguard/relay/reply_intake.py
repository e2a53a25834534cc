"""Takes over what LMTP brings: several replies that wait are one transaction, and each has its answer once that is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import Connection

from mailguard.mail.smtp_reply import SmtpReply
from mailguard.policy.parcel import Outcome
from mailguard.relay.arrival import Arrival
from mailguard.relay.writer import Writer
from mailguard.replies.incoming import Incoming, Taken
from mailguard.replies.reply_ledger import Counted, Ingest, ReplyLedger
from mailguard.replies.source import Batch, Clock
from mailguard.store.database import Database

SOURCE = "lmtp"

_log = structlog.get_logger(__name__)


class ReplyIntake:
    """What stands behind the LMTP server. `ledger` is asked where a mail makes a whole transaction fail: it puts that aside."""

    def __init__(self, database: Database, ingest: Ingest, *, ledger: ReplyLedger, counted: Counted, clock: Clock) -> None:
        self._ingest = ingest
        self._ledger = ledger
        self._counted = counted
        self._clock = clock
        # Nothing here is anybody's to deliver, so a commit that ended badly has nothing to let go of by name.
        self._writer: Writer[Any, Taken] = Writer(database, commit=self._commit, committed=self._count, name=lambda _: "")

    def start(self) -> None:
        """Begin to take mail."""
        self._writer.start()

    async def stop(self) -> None:
        """Finish what waits."""
        await self._writer.stop()

    async def take(self, arrival: Arrival) -> SmtpReply:
        """Return the answer for every recipient. Raises what the database raises: the mail server then keeps the reply."""
        recipients = tuple(path.mailbox.wire for path in arrival.envelope.recipients)
        mail = Incoming(arrival.octets, SOURCE, self._clock(), recipients, name=f"from {arrival.peer}")
        try:
            (read,) = await asyncio.to_thread(self._ingest.read, [mail])
            taken = await self._writer.put(read)
        except Exception as error:  # noqa: BLE001 - whether the mail or the database is to blame shows when it is alone
            _log.warning("reply_alone", error=str(error)[:200])
            taken = (await asyncio.to_thread(self._ledger.take, Batch(SOURCE, "", (mail,))))[0]
        return SmtpReply(250, "2.0.0", f"{taken.id} taken" if taken.id else "put aside, it cannot be read")

    def _count(self, taken: Sequence[Taken]) -> None:
        self._counted(SOURCE, taken)

    def _commit(self, connection: Connection, mails: Sequence[Any], _: Sequence[Outcome]) -> list[Taken]:
        return self._ingest.take(connection, mails, now=self._clock())
