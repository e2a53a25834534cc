"""A relay for tests: the real worker, a real next hop and a real client over loopback, and a clock that is moved by hand."""

from __future__ import annotations

import asyncio
import json
import smtplib
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mailguard.config.config import Config
from mailguard.config.sections import Settings
from mailguard.mail.mailbox import parse_mailbox
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.policy.facts import Suppression
from mailguard.relay.metrics import open_metrics
from mailguard.relay.worker import Worker
from mailguard.replies.incoming import Incoming, Taken
from mailguard.replies.ingest import Ingest
from mailguard.store import ledger
from mailguard.store.suppressions import Suppressed, suppress
from tests.harness_sink import Sink, running_sink
from tests.ledger import open_ledger


class FrozenClock:
    """A clock that stands still until it is moved. Call it for the time."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def __call__(self) -> datetime:
        return self._now

    def move_to(self, now: datetime) -> None:
        """Set the time; it never goes back."""
        assert now >= self._now
        self._now = now.astimezone(UTC)


@dataclass
class Kept:
    """What the next hop was given: (reverse-path, recipients, octets), in order."""

    sink: Sink

    @property
    def messages(self) -> list[tuple[str, tuple[str, ...], bytes]]:
        return [(one.reverse_path, one.recipients, one.octets) for one in self.sink.taken]


@dataclass
class Relay:
    """The running relay, as a test uses it."""

    worker: Worker
    sink: Kept
    config: Config
    _session: smtplib.SMTP | None = field(default=None)

    async def send(self, raw: bytes, sender: str, recipients: Sequence[str], *, client: str | None = None) -> SmtpReply:
        """The answer after the dot, or the first refusal, of one transaction; its text begins with the enhanced status."""
        assert client is None
        return await asyncio.to_thread(self._send, raw, sender, recipients)

    async def settled(self) -> None:
        """Return when nothing is on its way any more: delivery is idle and its outcomes are in the ledger."""
        await self.worker.settled()

    def suppress(self, mailbox: str, reason: str) -> None:
        """Have this mailbox's person get no bulk mail from now on."""
        with self.worker.database.write() as connection:
            person = parse_mailbox(mailbox).canonical
            suppress(connection, Suppressed(person, Suppression(reason), self.worker.clock(), "test", ""))

    def take_reply(self, raw: bytes) -> Taken:
        """Have a mail from customers' side taken in, now."""
        now = self.worker.clock()
        ingest = Ingest(self.config.replies)
        mails = ingest.read([Incoming(raw, "test", now)])
        with self.worker.database.write() as connection:
            return ingest.take(connection, mails, now=now)[0]

    def why(self, id: str) -> dict[str, Any]:
        """The document that `mailguard why --json` prints."""
        with self.worker.database.read() as connection:
            found = ledger.why(connection, id)
        assert found is not None, f"{id} is not in the ledger"
        document: dict[str, Any] = json.loads(found.as_json())
        return document

    def close(self) -> None:
        if self._session is not None:
            self._session.close()

    def _send(self, raw: bytes, sender: str, recipients: Sequence[str]) -> SmtpReply:
        if self._session is None:
            self._session = smtplib.SMTP("127.0.0.1", self.worker.port, local_hostname="client.example", timeout=60)
            self._session.ehlo()
        session = self._session
        options = ["BODY=8BITMIME"] if not raw.isascii() else []
        if not all(path.isascii() for path in (sender, *recipients)):
            options.append("SMTPUTF8")
            session.command_encoding = "utf-8"
        refused = self._envelope(session, sender, recipients, options)
        code, text = refused or session.data(raw)
        if code >= 400:
            session.rset()
        return SmtpReply(code, "", text.decode())

    def _envelope(
        self, session: smtplib.SMTP, sender: str, recipients: Sequence[str], options: Sequence[str]
    ) -> tuple[int, bytes] | None:
        code, text = session.mail(sender, options)
        if code != 250:
            return code, text
        for recipient in recipients:
            code, text = session.rcpt(recipient)
            if code != 250:
                return code, text
        return None


@asynccontextmanager
async def running_relay(
    *,
    clock: FrozenClock,
    policy: Mapping[str, Any] | None = None,
    own_domains: Sequence[str] = (),
    clients: Sequence[Mapping[str, Any]] = (),
    classify: Sequence[Mapping[str, Any]] = (),
    relay: Mapping[str, Any] | None = None,
    sections: Mapping[str, Any] | None = None,
) -> AsyncIterator[Relay]:
    """A relay on a free port with an SQLite ledger of its own, in front of a sink; settings as in the file."""
    with tempfile.TemporaryDirectory(prefix="mailguard-") as folder:
        async with running_sink() as sink:
            document = {
                "relay": {
                    "listen": "127.0.0.1:0",
                    "hostname": "relay.example",
                    "next_hop": [f"smtp://127.0.0.1:{sink.port}?tls=none"],
                    "own_domains": list(own_domains),
                    **_with_port(relay or {}, sink.port),
                },
                "policy": dict(policy or {}),
                "client": [dict(client) for client in clients],
                "classify": [dict(rule) for rule in classify],
                **(sections or {}),
            }
            config = Config(Settings.model_validate(document), "", Path(folder))
            open_ledger(config.database_url).close()
            worker = Worker(config.relay, metrics=open_metrics(None), clock=clock)
            async with worker:
                running = Relay(worker, Kept(sink), config)
                try:
                    yield running
                finally:
                    await asyncio.to_thread(running.close)


def _with_port(relay: Mapping[str, Any], port: int) -> dict[str, Any]:
    """The settings, with the sink's port for PORT in next hops."""
    hops = [hop.replace("PORT", str(port)) for hop in relay.get("next_hop", ())]
    return {**relay, **({"next_hop": hops} if hops else {})}
