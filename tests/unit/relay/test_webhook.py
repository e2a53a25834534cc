"""mailguard.relay.webhook: events leave signed, once, again where they were not taken, and not for ever; over real HTTP."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Any

import pytest

from mailguard.relay.settings import Webhook
from mailguard.relay.webhook import GIVEN_UP_AFTER, WebhookSender, wait_after
from mailguard.relay.writer import Writer
from mailguard.replies.source_settings import Password
from mailguard.store.database import Database
from mailguard.store.webhook_events import Event, put
from tests.builders import NOW
from tests.harness import FrozenClock, running_relay
from tests.harness_postfix import free_port
from tests.harness_webhook import HANGS, Delivered, receiving
from tests.ledger import open_ledger

SECRET = "whsec_" + b64encode(b"0123456789abcdef0123456789abcdef").decode()
EVENT = Event("hold.waiting", {"finding": "mass_cc", "messages": 3})


def is_genuine(one: Delivered) -> bool:
    """What a receiver does, as the specification says it."""
    signed = f"{one.header['webhook-id']}.{one.header['webhook-timestamp']}.".encode() + one.body
    expected = digest(b64decode(SECRET.removeprefix("whsec_")), signed, sha256)
    return one.header["webhook-signature"] == f"v1,{b64encode(expected).decode()}"


class Desk:
    """A ledger, its writer and a sender, with a clock that is moved by hand."""

    def __init__(self, database: Database, clock: FrozenClock, writer: Writer[Any, Any]) -> None:
        self.database = database
        self.clock = clock
        self.writer = writer

    def sender(self, url: str, secret: Password | None = None, *, patience: float = 10) -> WebhookSender:
        webhook = Webhook(url=url, secret=secret or Password(text=SECRET))
        given = timedelta(seconds=patience)
        return WebhookSender(webhook, database=self.database, writer=self.writer, clock=self.clock, patience=given)

    def tell(self) -> None:
        with self.database.write() as connection:
            put(connection, [EVENT], now=self.clock())

    def row(self) -> Any:
        with self.database.read() as connection:
            return connection.exec_driver_sql("SELECT attempts, last_answer, done_at FROM webhook_event").one()


@asynccontextmanager
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    database = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    writer: Writer[Any, Any] = Writer(database, commit=lambda *_: [], committed=lambda _: None)
    writer.start()
    try:
        yield Desk(database, FrozenClock(NOW), writer)
    finally:
        await writer.stop()
        database.close()


async def test_event_is_sent_once_and_its_signature_holds(tmp_path: Path) -> None:
    async with at_desk(tmp_path) as desk, receiving() as receiver:
        desk.tell()
        sender = desk.sender(receiver.url)
        for _ in range(2):
            await sender.tick()
        (one,) = receiver.requests
        assert is_genuine(one)
        assert (one.path, one.header["content-type"]) == ("/hook?of=mail", "application/json")
        assert json.loads(one.body) == {"type": "hold.waiting", "timestamp": "2026-11-16T09:00:00Z", "data": EVENT.document}
        assert desk.row().last_answer == "204 No Content"


async def test_event_that_is_not_taken_is_sent_again_later_the_same(tmp_path: Path) -> None:
    answers = ("500 Oh", "302 Found", "429 Slow", "299 Well")
    async with at_desk(tmp_path) as desk, receiving(*answers) as receiver:
        desk.tell()
        sender = desk.sender(receiver.url)
        for attempt in range(1, 5):
            await sender.tick()
            assert len(receiver.requests) == attempt
            await sender.tick()
            assert len(receiver.requests) == attempt
            desk.clock.move_to(desk.clock() + wait_after(attempt))
        assert (desk.row().attempts, desk.row().last_answer) == (4, "299")
        assert len({one.header["webhook-id"] for one in receiver.requests}) == 1
        assert len({one.header["webhook-timestamp"] for one in receiver.requests}) == 4
        assert all(map(is_genuine, receiver.requests))


async def test_endpoint_that_hangs_is_left_and_tried_again(tmp_path: Path) -> None:
    async with at_desk(tmp_path) as desk, receiving(HANGS, "204 No Content") as receiver:
        desk.tell()
        sender = desk.sender(receiver.url, patience=0.05)
        await sender.tick()
        assert desk.row().last_answer == "no answer within 0.05 s"
        desk.clock.move_to(NOW + wait_after(1))
        await desk.sender(receiver.url).tick()
        assert desk.row().done_at is not None


async def test_endpoint_that_is_not_there_is_given_up_after_a_day(tmp_path: Path) -> None:
    async with at_desk(tmp_path) as desk:
        desk.tell()
        sender = desk.sender(f"http://127.0.0.1:{free_port()}/")
        tries = 0
        while desk.row().done_at is None:
            tries += 1
            await sender.tick()
            desk.clock.move_to(desk.clock() + wait_after(tries))
        assert 24 <= tries <= 32
        assert desk.clock() - NOW <= GIVEN_UP_AFTER + wait_after(tries)


@pytest.mark.parametrize("secret", [Password(file="/nowhere/secret"), Password(text="short"), Password(variable="NOWHERE")])
async def test_secret_that_cannot_be_had_sends_nothing_unsigned(tmp_path: Path, secret: Password) -> None:
    async with at_desk(tmp_path) as desk, receiving() as receiver:
        desk.tell()
        await desk.sender(receiver.url, secret).tick()
        assert receiver.requests == []
        assert desk.row().last_answer.startswith("the webhook's secret: ")


def test_waits_grow_to_an_hour() -> None:
    assert [wait_after(attempts).total_seconds() for attempts in (1, 2, 3, 6, 7, 99)] == [2, 8, 32, 2048, 3600, 3600]


async def test_relay_tells_a_webhook_of_held_mail_and_goes_on_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [f"p{number}@people.example" for number in range(11)]
    mail = f"To: {', '.join(people)}\r\nSubject: To all of you\r\nMessage-ID: <1@x.example>\r\n\r\nhello\r\n".encode()
    clock = FrozenClock(NOW)
    monkeypatch.setattr("mailguard.relay.webhook.POLL", 0.01)
    async with receiving("503 Not now", "204 No Content") as receiver:
        sections = {"hold": {"webhook": receiver.url, "webhook_secret": SECRET}}
        async with running_relay(clock=clock, sections=sections) as relay:
            await relay.send(mail, "shop@sender.example", people[:1])
            clock.move_to(NOW + timedelta(minutes=2))
            await relay.settled()
            (one,) = await receiver.wait_for(1)
            assert (await relay.send(b"Subject: hello\r\n\r\nhello\r\n", "shop@sender.example", people[:1])).code == 250
            clock.move_to(NOW + timedelta(minutes=3))
            first, again = await receiver.wait_for(2)
            assert first.body == again.body
            document = json.loads(one.body)["data"]
            assert (document["finding"], document["messages"], document["groups"][0]["client"]) == ("mass_cc", 1, "local")
            assert not [word for word in (b"example", b"@", b"To all", b"hello") if word in one.body]
            clock.move_to(NOW + timedelta(days=4, hours=13))
            await relay.settled()
            *_, warning = await receiver.wait_for(3)
            assert json.loads(warning.body)["type"] == "hold.expiring"
            assert json.loads(warning.body)["data"]["id"] == document["groups"][0]["id"]
