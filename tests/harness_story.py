"""A company that writes to its customers through `mailguard serve`, and customers who answer: what the stories are told with.

Mail goes in by SMTP and out to a real sink, replies come by HTTP or by IMAP from a real Dovecot, and what is asked is asked as a
program asks it: over HTTP, or with the command line.
"""

from __future__ import annotations

import asyncio
import base64
import imaplib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from prometheus_client import CollectorRegistry

from mailguard.cli.app import run
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.context import Context
from mailguard.policy.foresight import Intent
from mailguard.policy.reply import Kind
from mailguard.relay.reply_metrics import ReplyMetrics
from mailguard.relay.reply_process import ReplyReception
from mailguard.relay.resolution import Directory
from mailguard.replies.context import context
from mailguard.store.replies import Filter, StoredReply, find
from tests.harness import FrozenClock, Relay, running_relay
from tests.harness_client import calling, id_in, wire
from tests.harness_dovecot import PASSWORD, USER, Dovecot
from tests.harness_serve import PATIENCE, Server, serving
from tests.harness_sink import Sink, running_sink

CUSTOMERS = Path(__file__).parents[1] / "fixtures" / "customers.csv"
TOKEN = "token-of-the-stories-0123456789"
SENT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)

_numbers = count(1)


@dataclass
class Company:
    """What a story needs. `address` is what the company's mail is from."""

    server: Server
    sink: Sink
    http: httpx.AsyncClient
    address: str = "cards@bank.example"
    sent: dict[str, str] = field(default_factory=dict)

    async def write(self, to: str, text: str, *, subject: str = "Your card", **fields: str) -> dict[str, Any]:
        """Send a mail; what `why` says of it, with what was `said` in the dialogue and the `message_id`.

        A program writes it, unless there is an `Auto_Submitted` that says "no" (RFC 3834 5) or something else.
        """
        message_id = f"{next(_numbers)}@bank.example"
        octets = letter(text, sender=self.address, to=to, subject=subject, message_id=message_id, **fields)
        async with calling(self.server.port) as peer:
            await peer.begin(f"<{to}>")
            await peer.send(wire(octets))
            said = await peer.answer()
        document: dict[str, Any] = await self.server.why(id_in(said))
        return document | {"said": said, "message_id": message_id}

    async def answer(self, reply: Mapping[str, Any], text: str, *, to: str, auto_submitted: str = "no") -> dict[str, Any]:
        """Answer a customer's reply; by hand, unless `auto_submitted` says otherwise."""
        return await self.write(
            to, text, subject="Re: Your card", In_Reply_To=f"<{reply['message_id']}>", Auto_Submitted=auto_submitted
        )

    async def context(self, address: str, **asked: Any) -> dict[str, Any]:
        """The context, over HTTP."""
        return await self._got("GET", "/v1/context", params={"address": address, **asked})

    async def take(self, reply: bytes) -> dict[str, Any]:
        """Hand a customer's mail in."""
        return await self._got("POST", "/v1/replies", content=reply, headers={"Content-Type": "message/rfc822"})

    async def tell(self, event: str, **values: Any) -> dict[str, Any]:
        """Say what happened."""
        return await self._got("POST", "/v1/events", json={"event": event, "id": f"event-{next(_numbers)}", **values})

    async def replies(self, address: str) -> list[dict[str, Any]]:
        """All that the person behind an address has written, oldest first."""
        found = await self._got("GET", "/v1/replies", params={"address": address})
        return sorted(found["replies"], key=lambda reply: str(reply["id"]))

    async def replies_of(self, address: str, number: int) -> list[dict[str, Any]]:
        """Wait until there are so many: another process takes them in."""
        async with asyncio.timeout(PATIENCE):
            while len(found := await self.replies(address)) < number:  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # what another process writes down is no event here
        return found

    async def until(self, mail: Mapping[str, Any], state: str) -> dict[str, Any]:
        """Wait until a mail to one recipient is in this state; what `why` says of it then."""
        async with asyncio.timeout(PATIENCE):
            while (found := await self.server.why(mail["id"]))["recipients"][0]["state"] != state:  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # what another process writes down is no event here
        document: dict[str, Any] = found
        return document

    async def received(self, mail: Mapping[str, Any]) -> bytes:
        """Wait until a mail has left; the octets that the next hop has."""
        await self.server.nothing_under_way()
        (found,) = [octets for _, _, octets in self.sink.messages if f"Message-ID: <{mail['message_id']}>".encode() in octets]
        return found

    async def _got(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        answer = await self.http.request(method, path, **request)
        assert answer.is_success, answer.text
        document: dict[str, Any] = answer.json()
        return document


@asynccontextmanager
async def open_company(folder: Path, *, mailbox: Dovecot | None = None, **sections: Any) -> AsyncIterator[Company]:
    """A company with the table of customers of the fixtures, whose mailbox is on `mailbox` where one is given."""
    async with AsyncExitStack() as stack:
        sink = await stack.enter_async_context(running_sink())
        server = await stack.enter_async_context(serving(folder, sink.port, **settings(mailbox), **sections))
        imported = await server.command("customers", "import", str(CUSTOMERS), "--source", "crm")
        assert imported.status == 0, imported
        url = f"http://{server.log.of('ready')[0]['http']}"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE))
        yield Company(server, sink, http)


def settings(mailbox: Dovecot | None) -> dict[str, Any]:
    """The sections of the configuration that the stories have in common."""
    account = [imap_account(mailbox)] if mailbox else []
    return {
        "client": [{"name": "cards", "networks": ["127.0.0.0/8"], "trust_fields": True}],
        "http": {"listen": "127.0.0.1:0"},
        "http.tokens": [{"name": "crm-sync", "token": TOKEN, "scopes": ["context", "replies", "events"]}],
        **({"replies.imap": account} if account else {}),
    }


def imap_account(mailbox: Dovecot) -> dict[str, Any]:
    """The configuration of a company's mailbox."""
    return {
        "host": "127.0.0.1",
        "port": mailbox.port,
        "tls": "none",
        "username": USER,
        "password": PASSWORD,
        "poll": "1s",
    }


def letter(text: str, *, sender: str, to: str, subject: str, message_id: str, **fields: str) -> bytes:
    """A mail of the company's; `fields` with `_` for `-`."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    automatic = "" if "Auto_Submitted" in fields else "Auto-Submitted: auto-generated\r\n"
    return (
        f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{message_id}>\r\n"
        f"Date: {format_datetime(SENT)}\r\n{automatic}{more}\r\n" + text.replace("\n", "\r\n") + "\r\n"
    ).encode()


def answer(text: str, to: Mapping[str, Any], *, sender: str = "Jane Doe <jane.doe@y.example>") -> bytes:
    """A customer's answer to a mail, with the mail quoted."""
    thread = f"<{to['message_id']}>"
    return (
        f"From: {sender}\r\nTo: Bank <cards@bank.example>\r\nSubject: Re: Your card\r\nMessage-ID: <{next(_numbers)}@customer.example>"
        f"\r\nDate: {format_datetime(SENT)}\r\nIn-Reply-To: {thread}\r\nReferences: {thread}\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"{text}\r\n\r\nOn Mon, 16 Nov 2026 at 09:00, <cards@bank.example> wrote:\r\n\r\n> We need to hear from you.\r\n"
    ).encode()


def data(**values: Any) -> str:
    """The value of Mailguard-Data."""
    return base64.b64encode(json.dumps(values).encode()).decode()


def deliver(mailbox: Dovecot, octets: bytes, *, at: datetime) -> None:
    """Put a mail into the company's mailbox, as if it had come at that time."""
    with imaplib.IMAP4("127.0.0.1", mailbox.port) as session:
        session.authenticate("PLAIN", lambda _: b"\0" + USER.encode() + b"\0" + PASSWORD.encode())
        status, _ = session.append("INBOX", "", imaplib.Time2Internaldate(at.astimezone()), octets)
        assert status == "OK"


def codes(document: Mapping[str, Any]) -> list[str]:
    """The findings."""
    return [finding["code"] for finding in document["findings"]]


@dataclass
class Days:
    """A bank whose relay and whose taking in of replies have one clock, that is moved from day to day."""

    relay: Relay
    clock: FrozenClock
    address: str = "cards@bank.example"

    async def write(self, to: str, text: str, *, subject: str = "Your card", **fields: str) -> dict[str, Any]:
        """Send a mail now; what `why` says of it, with its `message_id`."""
        message_id = f"{next(_numbers)}@bank.example"
        octets = letter(text, sender=self.address, to=to, subject=subject, message_id=message_id, **fields)
        said = await self.relay.send(octets, self.address, [to])
        await self.relay.settled()
        return self.relay.why(id_in(f"{said.code} {said.text}")) | {"message_id": message_id}

    async def replied(self, number: int) -> list[StoredReply]:
        """Wait until so many replies of humans are in the ledger."""
        async with asyncio.timeout(PATIENCE):
            while len(found := self._replies()) < number:  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # what another thread writes down is no event here
        return found

    def context(self, address: str, **intent: Any) -> Context:
        """The context of a mail that is to be written now."""
        database, limits = self.relay.worker.database, self.relay.config.limits
        with database.read() as connection:
            whose = Directory(self.relay.config.relay.identity).resolve_mailboxes(
                connection, [parse_mailbox(address)], limits=limits
            )
            return context(connection, whose[0], Intent(**intent), limits=limits, now=self.clock())

    def received(self, mail: Mapping[str, Any]) -> bytes:
        """The octets of a mail as they left."""
        (found,) = [
            octets for _, _, octets in self.relay.sink.messages if f"Message-ID: <{mail['message_id']}>".encode() in octets
        ]
        return found

    def _replies(self) -> list[StoredReply]:
        with self.relay.worker.database.read() as connection:
            return find(connection, Filter(kinds=[Kind.HUMAN]))


@asynccontextmanager
async def open_days(mailbox: Dovecot, *, beginning: datetime) -> AsyncIterator[Days]:
    """A bank with the table of customers of the fixtures, at that moment."""
    clock = FrozenClock(beginning)
    sections = {"replies": {"imap": [imap_account(mailbox)]}}
    clients = settings(None)["client"]
    async with running_relay(clock=clock, own_domains=["bank.example"], clients=clients, sections=sections) as relay:
        (relay.config.folder / "mailguard.toml").touch()
        importing = [
            "customers",
            "import",
            str(CUSTOMERS),
            "--source",
            "crm",
            "-c",
            str(relay.config.folder / "mailguard.toml"),
        ]
        assert await asyncio.to_thread(run, importing) == 0
        reception = ReplyReception(
            relay.config.database_url,
            relay.config.replies,
            relay.config.reply_sources,
            metrics=ReplyMetrics(CollectorRegistry()),
            clock=clock,
        )
        await reception.start()
        try:
            yield Days(relay, clock)
        finally:
            assert await reception.stop()
