"""A ledger with mail as a relay takes it, for the tests of judging it again: contents that can be read, a clock moved by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mailguard.mail.envelope import Envelope, ForwardPath
from mailguard.mail.mailbox import parse_mailbox
from mailguard.relay.arrival import Arrival
from mailguard.relay.intake import Intake
from mailguard.relay.metrics import open_metrics
from mailguard.relay.replay import Span, Terms, span
from mailguard.relay.resolution import Directory
from mailguard.relay.settings import Client, DeliverySettings, Identity, Listen, NextHop, Policy, RelaySettings
from mailguard.store.database import Database
from tests.builders import NOW
from tests.harness import FrozenClock
from tests.ledger import open_ledger

SHOP = Client(name="shop", trusts_fields=True)
PLAIN = Client(name="plain")
ANN, BOB = "ann@people.example", "bob@people.example"


def letter(text: str, *fields: str, to: str = ANN, number: int = 1) -> bytes:
    """A mail that says `text`."""
    head = ("From: shop@sender.example", f"To: {to}", f"Message-ID: <{number}@sender.example>", f"Subject: {text}", *fields)
    date = "Date: Mon, 16 Nov 2026 10:00:00 +0100"
    return "\r\n".join((*head, date, "", f"We write to say that {text} is ready.", "")).encode()


@dataclass
class Taken:
    """A ledger, and intake that writes to it."""

    database: Database
    url: str
    clock: FrozenClock
    intake: Intake

    def take(self, octets: bytes, *recipients: str, client: Client = SHOP, after: timedelta = timedelta()) -> str:
        """Have a mail decided and written down; return its id."""
        self.clock.move_to(self.clock() + after)
        paths = tuple(ForwardPath(parse_mailbox(one)) for one in recipients or (ANN,))
        envelope = Envelope("shop@sender.example", paths)
        pending = self.intake._read(Arrival(client, "127.0.0.1", "shop.example", "ESMTP", envelope, octets))
        with self.database.write() as connection:
            taken = self.intake.decide_batch(connection, [pending], ())[0]
        return taken.entry.id if taken.entry else ""

    def span(self, *policies: Policy, since: timedelta = timedelta()) -> Span:
        with self.database.read() as connection:
            return span(connection, NOW + since, policies or [Policy()])


@contextmanager
def taking(folder: Path, policy: Policy | None = None) -> Iterator[Taken]:
    """A new ledger and its intake, at the tests' beginning."""
    url = f"sqlite:///{folder}/ledger.db"
    settings = RelaySettings(
        database=url,
        listen=Listen(hostname="relay.example"),
        delivery=DeliverySettings(next_hops=(NextHop(host="127.0.0.1"),)),
        policy=policy or Policy(),
    )
    clock = FrozenClock(NOW)
    with closing(open_ledger(url)) as database:
        intake = Intake(
            settings,
            owner="test",
            clock=clock,
            has_room=lambda: True,
            metrics=open_metrics(None),
            directory=Directory(Identity()),
        )
        yield Taken(database, url, clock, intake)


def terms(tried: Policy | None = None, *, current: Policy | None = None, clients: tuple[Client, ...] = (SHOP, PLAIN)) -> Terms:
    """Terms with the same clients on both sides."""
    now = current or Policy()
    return Terms(policy=tried or now, clients=clients, current=now, current_clients=clients)
