from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from mailguard.mail.envelope import Envelope, ForwardPath
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.reply import Kind
from mailguard.relay.arrival import Arrival
from mailguard.relay.clock import system_clock
from mailguard.relay.reply_intake import ReplyIntake
from mailguard.relay.settings import Client
from mailguard.replies.incoming import Incoming, Taken
from mailguard.replies.reply_ledger import ReplyLedger
from mailguard.store.database import Database


class Ingest:
    def __init__(self) -> None:
        self.taken: list[Incoming] = []
        self.error: Exception | None = None

    def read(self, mails: Sequence[Incoming]) -> Sequence[Incoming]:
        return mails

    def take(self, _: Connection, mails: Sequence[Any], *, now: object) -> list[Taken]:
        assert now
        if self.error:
            raise self.error
        self.taken += mails
        return [Taken("01JD", Kind.HUMAN, is_new=True) for _ in mails]


def arrival() -> Arrival:
    envelope = Envelope("", (ForwardPath(parse_mailbox("us@corp.example")),))
    return Arrival(Client(name="lmtp"), "127.0.0.1", "mx", "LMTP", envelope, b"Subject: x\r\n\r\n")


async def test_answer_is_given_when_the_reply_is_written(tmp_path: Path) -> None:
    database, ingest, counted = Database.open(f"sqlite:///{tmp_path}/ledger.db"), Ingest(), []
    ledger = ReplyLedger(database, ingest, clock=system_clock)
    intake = ReplyIntake(database, ingest, ledger=ledger, counted=lambda *what: counted.append(what), clock=system_clock)
    intake.start()
    assert str(await intake.take(arrival())) == "250 2.0.0 01JD taken"
    ingest.error = RecursionError()
    assert str(await intake.take(arrival())) == "250 2.0.0 put aside, it cannot be read"
    ingest.error = OSError("the disk is full")
    with pytest.raises(OSError, match="full"):
        await intake.take(arrival())
    await intake.stop()
    database.close()
    assert ingest.taken[0].envelope_recipients == ("us@corp.example",)
    assert [source for source, _ in counted] == ["lmtp"]
