"""Mail at the writer's desk, for benchmarks of intake: letters, the transaction alone, and the whole relay around it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mailguard.mail.envelope import Envelope, ForwardPath
from mailguard.mail.mailbox import parse_mailbox
from mailguard.relay.arrival import Arrival
from mailguard.relay.clock import system_clock
from mailguard.relay.intake import Intake
from mailguard.relay.metrics import open_metrics
from mailguard.relay.resolution import Directory
from mailguard.relay.settings import Client, DeliverySettings, Identity, Listen, NextHop, RelaySettings
from mailguard.store.database import Database
from tests.benchmarks.load import Relay, cpu_seconds

CLIENT = Client(name="shop", trusts_fields=True)


@dataclass(frozen=True)
class Letter:
    """A mail to one recipient, as it is sent."""

    to: str
    octets: bytes


def letter(mailbox: str, number: int, *, shown: str = "", fields: str = "") -> Letter:
    """A mail of 4 KB about order `number`; `shown`: the To field, where it is not the mailbox alone."""
    head = (
        f"From: shop@sender.example\r\nTo: {shown or mailbox}\r\nMessage-ID: <{number}@sender.example>\r\n"
        f"Date: Sat, 21 Nov 2026 11:59:35 +0000\r\nSubject: Your order {number}\r\n{fields}\r\n"
    )
    return Letter(mailbox, (head + "We have packed it and it leaves our house today.\r\n" * 80).encode())


@dataclass
class Desk:
    """The writer's side of intake over one ledger, and what each kind of mail cost it: seconds of CPU a message."""

    file: Path
    costs: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.database = Database.open(f"sqlite:///{self.file}")
        settings = RelaySettings(
            database=f"sqlite:///{self.file}",
            listen=Listen(),
            delivery=DeliverySettings(next_hops=(NextHop(host="127.0.0.1"),)),
        )
        self.intake = Intake(
            settings,
            owner="benchmark",
            clock=system_clock,
            has_room=lambda: True,
            metrics=open_metrics(None),
            directory=Directory(Identity()),
        )

    def take(self, kind: str, letters: Sequence[Letter]) -> None:
        """Read and decide a batch: all that intake does but for the session's dialogue."""
        begun = time.process_time()
        pending = [
            self.intake._read(
                Arrival(
                    CLIENT,
                    "127.0.0.1",
                    "shop.example",
                    "ESMTP",
                    Envelope("shop@sender.example", (ForwardPath(parse_mailbox(one.to)),)),
                    one.octets,
                )
            )
            for one in letters
        ]
        with self.database.write() as connection:
            self.intake.decide_batch(connection, pending, [])
        self.costs[kind].append((time.process_time() - begun) / len(letters))


def sent(relay: Relay, letters: Sequence[Letter], folder: Path) -> tuple[float, float]:
    """Messages a second until the last was answered, and microseconds of CPU a message."""
    file = folder / "letters"
    file.write_bytes(b"".join(b"%b %d\n%b" % (one.to.encode(), len(one.octets), one.octets) for one in letters))
    cpu, begun = cpu_seconds(relay.pid), time.perf_counter()
    subprocess.run([sys.executable, "-m", "tests.benchmarks.letters", str(relay.port), str(file)], check=True)
    seconds = time.perf_counter() - begun
    return len(letters) / seconds, (cpu_seconds(relay.pid) - cpu) / len(letters) * 1e6
