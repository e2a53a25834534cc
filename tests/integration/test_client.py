"""mailguard.client against the real application over loopback: what it asks is what is answered."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn

from mailguard.client import AsyncClient, Client, RefusedError, ReplyAware
from mailguard.config.bearer import Scope, Token, digest_of
from mailguard.relay.settings import DeliverySettings, Listen, RelaySettings
from mailguard.replies.settings import ReplySettings
from mailguard.store.database import Database
from mailguard.web.app import Api, create_app
from mailguard.web.desk import Desk
from tests.check_documents import NEWSLETTER, PEOPLE

LONG = timedelta(seconds=30)
SECRET = "0123456789abcdef-everything"
NARROW = "0123456789abcdef-replies"
TOKENS = (
    Token("all", digest_of(SECRET), frozenset(Scope)),
    Token("narrow", digest_of(NARROW), frozenset({Scope.REPLIES})),
)
REPLY = (
    b"From: Ada <ada@mail.example>\r\nTo: service@corp.example\r\nSubject: Re: Your card\r\nMessage-ID: <r1@mail.example>\r\n"
    b"Date: Thu, 19 Nov 2026 08:12:00 +0000\r\n\r\nI told you last week.\r\n"
)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The application on a port of its own."""
    database = f"sqlite:///{tmp_path}/mailguard.db"
    Database.open(database).close()
    relay = RelaySettings(database=database, listen=Listen(), delivery=DeliverySettings(next_hops=()))
    desk = Desk(relay, ReplySettings())
    app = create_app(readiness=lambda: "", metrics=lambda: b"", api=Api(desk=desk, tokens=TOKENS))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()
    desk.close()


def test_broadcast_is_checked_signed_and_cleaned(url: str) -> None:
    message = NEWSLETTER.replace(b"coats", b"co\xc3\xa4ts").replace(b"MIME", b"Content-Transfer-Encoding: 8bit\r\nMIME")
    with Client(url, token=SECRET) as client:
        found = client.check(message, [{"email": address} for address in PEOPLE], sign=True, clean=True, mail_class="bulk")
        assert (found.passes, found.clean, found.counts["persons"]) == (True, PEOPLE, 3)
        assert found.token.startswith("c1.")
        failed = client.check(b"Subject: x\r\n\r\nDear {{ name }}", "email\nada@x.example\n")
        assert "placeholder" in {one.code for one in failed.findings if one.is_error}
        with pytest.raises(RefusedError):
            client.check(b"", [])


def test_context_of_one_and_of_many(url: str) -> None:
    with Client(url, token=SECRET, timeout=LONG) as client:
        one = client.context("ada@mail.example", template="card", mail_class="service", asks=["income", "phone"])
        many = client.contexts(["ada@mail.example", "bea@mail.example"], mail_class="bulk")
    assert (one.reply_aware, one.reply_state, one.problem) == (ReplyAware.NO, "none", "")
    assert one.context_id.startswith("C0-")
    assert [context.would for context in many] == ["deliver", "deliver"]


def test_reply_is_taken_once_and_an_event_turns_the_flag(url: str) -> None:
    with Client(url, token=SECRET, timeout=LONG) as client:
        first, second = client.reply(REPLY), client.reply(REPLY)
        assert (first.kind, first.is_new, second.is_new, second.id) == ("human", True, False, first.id)
        told = client.event("field_known", id="e-1", mailbox="ada@mail.example", fields={"income": None}, at=datetime.now(UTC))
        again = client.event("field_known", id="e-1", mailbox="ada@mail.example", fields={"income": None})
    assert (told.is_new, told.fields, again.is_new) == (True, ("income",), False)


async def test_async_client_asks_the_same(url: str) -> None:
    async with AsyncClient(url, token=SECRET, timeout=LONG) as client:
        assert (await client.context("ada@mail.example")).reply_aware.is_no
        assert len(await client.contexts(["ada@mail.example"])) == 1


@pytest.mark.parametrize(
    ("token", "address", "status"),
    [
        ("", "ada@mail.example", 401),
        ("wrong", "ada@mail.example", 401),
        (NARROW, "ada@mail.example", 403),
        (SECRET, "ada", 422),
    ],
)
def test_caller_s_mistake_is_refused_with_a_reason(url: str, token: str, address: str, status: int) -> None:
    with Client(url, token=token, timeout=LONG) as client, pytest.raises(RefusedError) as caught:
        client.context(address)
    assert caught.value.status == status
    assert caught.value.detail != "no reason was given"
