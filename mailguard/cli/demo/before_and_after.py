"""What the demo does before a mail goes out, and after one should not have: the check of a broadcast, and a recall."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from mailguard.broadcast.document import CheckDocument
from mailguard.relay.broadcast_check import run_check
from mailguard.relay.broadcast_request import BroadcastRequest, Signing
from mailguard.relay.recall import Terms, recall
from mailguard.relay.recall_document import RecallDocument
from mailguard.relay.settings import RelaySettings
from mailguard.sources.audience_columns import find_columns
from mailguard.sources.audience_source import open_audience
from mailguard.store.database import Database
from mailguard.store.recalls import Order, Target

ACTOR: Final = "demo"


@dataclass(frozen=True, slots=True)
class Before:
    """What checks need: the relay's settings and its ledger, where an audience can be written, and the time."""

    settings: RelaySettings
    database: Database
    folder: Path

    def check(self, name: str, octets: bytes, *, to: Sequence[str], now: datetime) -> CheckDocument:
        """Check a mail for these recipients, as `mailguard check … --sign` does. Blocks."""
        audience = self.folder / "audience.csv"
        with audience.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["email"], *([mailbox] for mailbox in to)])
        source = open_audience(str(audience))
        request = BroadcastRequest(
            files=[(name, octets)],
            source=source,
            source_name=audience.name,
            columns=find_columns(source),
            client=self.settings.listen.clients[0],
            signing=Signing(ACTOR),
            processes=1,
        )
        return run_check(request, self.database, self.settings, listener=_Silent(), clock=lambda: now).document

    def recall(self, id: str, *, now: datetime) -> RecallDocument | None:
        """Take a mail back, as `mailguard recall` does. Blocks until nothing of it is under way."""
        terms = Terms(hostname=self.settings.listen.hostname, draft_expire=timedelta(days=5))
        order = Order(now, ACTOR, "it was let out by mistake")
        return recall(self.database, Target(names=(id,)), order, terms, clock=lambda: now)


class _Silent:
    """Hears how far a check is, and says nothing: those of the demo are small."""

    def stage(self, name: str, expected: int) -> None:
        """Something begins."""

    def went_on(self, done: int) -> None:
        """Some of it is done."""
