"""A check of a broadcast against a ledger of its own, for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mailguard.relay.broadcast_check import run_check
from mailguard.relay.broadcast_request import BroadcastRequest, CheckResult
from mailguard.relay.settings import DeliverySettings, Listen, RelaySettings
from mailguard.sources.audience_columns import find_columns
from mailguard.sources.audience_source import open_audience
from mailguard.store.database import Database
from tests.builders import NOW
from tests.check_documents import NEWSLETTER, audience
from tests.ledger import open_ledger


@dataclass
class Heard:
    """What a check said on the way."""

    stages: list[str] = field(default_factory=list)
    done: int = 0
    interrupts_at: str = ""

    def stage(self, name: str, expected: int) -> None:  # noqa: ARG002 - as it is called
        self.stages.append(name)

    def went_on(self, done: int) -> None:
        self.done = done
        if self.stages[-1] == self.interrupts_at:
            raise KeyboardInterrupt


@dataclass
class Checks:
    """Makes checks in one folder, with a database of its own."""

    folder: Path
    settings: RelaySettings
    database: Database

    def request(self, *addresses: str, octets: bytes = NEWSLETTER, name: str = "news.eml", **changes: Any) -> BroadcastRequest:
        source = open_audience(str(audience(self.folder, *addresses)))
        columns = find_columns(source)
        return BroadcastRequest(files=[(name, octets)], source=source, source_name="audience.csv", columns=columns, **changes)

    def run(self, request: BroadcastRequest, listener: Heard | None = None, **options: Any) -> CheckResult:
        return run_check(request, self.database, self.settings, listener=listener or Heard(), clock=lambda: NOW, **options)

    def check(self, *addresses: str, **changes: Any) -> CheckResult:
        return self.run(self.request(*addresses, **changes))


def checks_in(folder: Path, changed: Callable[[RelaySettings], RelaySettings] = lambda settings: settings) -> Checks:
    """Checks in a folder; close its database."""
    url = f"sqlite:///{folder}/ledger.db"
    settings = RelaySettings(database=url, listen=Listen(hostname="relay.example"), delivery=DeliverySettings(next_hops=()))
    return Checks(folder, changed(settings), open_ledger(url))


def codes(found: Sequence[Any]) -> set[str]:
    """The codes of findings."""
    return {one.code for one in found}
