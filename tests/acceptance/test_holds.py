"""Holds that people can live with, on a real `serve`: many mails of one cause, a webhook that has its bad days, exceptions."""

from __future__ import annotations

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from mailguard.relay.clock import system_clock
from mailguard.store.database import Database
from mailguard.store.overrides import NewOverride, make
from tests.harness_client import calling, id_in, letter, wire
from tests.harness_postfix import free_port
from tests.harness_serve import Server, serving
from tests.harness_sink import Sink, running_sink
from tests.harness_webhook import receiving

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = b64encode(b"a secret that two of us have").decode()
TOKEN = "0123456789abcdef-moderator"
REPS = ", ".join(f"rep{number}@agents.example" for number in range(11))
MANY = 22


def price_list(number: int) -> bytes:
    """One of the many that a script sends to each rep, all reps in copy."""
    return letter(f"Dear all, the prices of order {number}000.", message_id=f"prices{number}@crm.example", to=REPS)


async def send(server: Server, content: bytes, to: str) -> str:
    return (await send_all(server, [(content, to)]))[0]


async def send_all(server: Server, mails: Iterable[tuple[bytes, str]]) -> list[str]:
    """Send mails over one connection; the answers."""
    answers = []
    async with calling(server.port) as peer:
        for content, to in mails:
            await peer.begin(f"<{to}>")
            await peer.send(wire(content))
            answers.append(await peer.answer())
    return answers


def documented_check() -> Callable[[dict[str, str], bytes, str], bool]:
    """What the documentation gives receivers to verify events with."""
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(import hmac.*?)```", page, flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    found: Callable[[dict[str, str], bytes, str], bool] = names["is_genuine"]
    return found


async def test_monday_with_many_held_mails_of_one_cause(tmp_path: Path) -> None:
    """One line, one decision over HTTP, one event; the webhook was down when the mail was held, and a restart loses nothing."""
    http = f"127.0.0.1:{free_port()}"
    tokens = [{"name": "moderator", "token": TOKEN, "scopes": ["decisions"]}]
    async with running_sink() as sink, receiving("503 Monday", "204 No Content") as webhook:
        sections: dict[str, Any] = {
            "hold": {"webhook": webhook.url, "webhook_secret": SECRET}, "http": {"listen": http}, "http.tokens": tokens,
        }  # fmt: skip
        async with serving(tmp_path, sink.port, **sections) as server:
            lists = [(price_list(number), f"rep{number % 11}@agents.example") for number in range(MANY)]
            other = letter("Nothing like it.", message_id="other@crm.example")
            answers = await send_all(server, [*lists, (other, "ann@people.example")])
            await server.nothing_under_way()
            (group,) = (await server.command("queue", "groups")).document
            assert (group["finding"], group["messages"], group["recipients"]) == ("mass_cc", MANY, MANY)
            shown = (await server.command("queue", "show", group["id"])).document
            assert shown["domains"] == [{"domain": "agents.example", "recipients": MANY}]
            assert shown["samples"][0]["text"] == ["Dear all, the prices of order 0000."]
            assert len((await server.command("queue", "list", "--group", group["id"], "--limit", "99")).document) == MANY
        async with serving(tmp_path, sink.port, **sections) as server:
            first, again = (await webhook.wait_for(2))[:2]
            assert first.header["webhook-id"] == again.header["webhook-id"]
            for one in (first, again):
                assert documented_check()(dict(one.header), one.body, SECRET)
                assert not documented_check()(dict(one.header), one.body + b" ", SECRET)
            told = json.loads(again.body)
            assert (told["type"], told["data"]["messages"], told["data"]["groups"][0]["id"]) == (
                "hold.waiting",
                MANY,
                group["id"],
            )
            assert not [word for word in (b"agents.example", b"@", b"Your order", b"prices") if word in again.body]
            async with httpx.AsyncClient(
                base_url=f"http://{http}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
            ) as moderator:
                (held,) = (await moderator.get("/v1/holds")).json()["holds"]
                assert (held["id"], held["messages"]) == (group["id"], MANY)
                done = (await moderator.post(f"/v1/holds/{held['id']}/release", json={"reason": "they are right"})).json()
                assert done["recipients"] == MANY
                assert (await moderator.get("/v1/holds")).json()["holds"] == []
            await server.nothing_under_way()
            assert len([one for one in sink.taken if b"prices" in one.octets]) == MANY
            event = (await server.why(id_in(answers[0])))["events"][0]
            assert (event["actor"], event["verb"], event["reason"]) == ("moderator", "released", "they are right")


# --- exceptions ------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Server, Sink]]:
    """Two workers that have delivered everybody's first mail."""
    folder = tmp_path_factory.mktemp("mailguard")
    async with running_sink() as sink, serving(folder, sink.port, workers=2) as server:
        yield server, sink


async def ordered(server: Server, person: str, message_id: str, *, token: str = "", to: str = "") -> str:
    """Send the same mail to a person; the answer. A second one is a repeat."""
    more = f"Mailguard-Override: {token}\r\n" if token else ""
    mail = letter(f"Your order of {person} is ready.", message_id=f"{message_id}@shop.example", more=more)
    return await send(server, mail, to or f"{person}@people.example")


async def token_for(server: Server, **what: str) -> tuple[str, str]:
    """A token from the command, and its id."""
    options = [word for name, value in what.items() for word in (f"--{name}", value)]
    document = (await server.command("override", "create", *options, "--reason", "asked for it by phone")).document
    return document["token"], document["id"]


async def test_exception_lets_a_repeat_out_once_and_says_who_gave_it(shop: tuple[Server, Sink]) -> None:
    server, sink = shop
    assert (await ordered(server, "ann", "a1")).startswith("250")
    assert (await ordered(server, "ann", "a2")).startswith("550")
    token, id = await token_for(server, to="ann@people.example")
    let_out = await ordered(server, "ann", "a3", token=token)
    assert let_out.startswith("250")
    assert (await ordered(server, "ann", "a4", token=token)).startswith("550")
    await server.nothing_under_way()
    octets = [one.octets for one in sink.taken if one.recipients == ("ann@people.example",)]
    assert len(octets) == 2
    assert not [one for one in octets if b"Override" in one]
    why = await server.why(id_in(let_out))
    assert [one["code"] for one in why["findings"]] == ["repeat"]
    event = why["events"][0]
    assert (event["verb"], event["reason"]) == ("overridden", f"asked for it by phone (override {id})")
    (listed,) = [one for one in (await server.command("override", "list")).document if one["id"] == id]
    assert (listed["state"], listed["used_by"], event["actor"]) == ("used", id_in(let_out), listed["actor"])


async def test_exception_of_another_kind_changes_nothing_and_why_says_so(shop: tuple[Server, Sink]) -> None:
    server, _ = shop
    await ordered(server, "bob", "b1")
    elsewhere, _ = await token_for(server, to="eve@people.example")
    other_mail, _ = await token_for(server, message="<b9@shop.example>")
    revoked, id = await token_for(server, to="bob@people.example")
    await server.command("override", "revoke", id)
    new = NewOverride(actor="ann", reason="", expires_at=system_clock() - timedelta(seconds=1), mailbox="bob@people.example")
    with closing(Database.open(f"sqlite:///{server.database}")) as database, database.write() as connection:
        expired, _ = make(connection, new, now=system_clock())
    said = {
        elsewhere: "the override is for another recipient",
        other_mail: "the override is for another mail",
        revoked: "the override was revoked",
        expired: "the override has expired",
        f"o1.{'x' * 32}": "the override is none of ours",
    }
    for number, (token, reason) in enumerate(said.items()):
        answer = await ordered(server, "bob", f"b{number + 2}", token=token)
        assert answer.startswith("550")
        event = (await server.why(id_in(answer)))["events"][0]
        assert (event["verb"], event["reason"]) == ("override_refused", reason)
    assert (await ordered(server, "bob", "b9", token=other_mail)).startswith("250")


async def test_mail_that_would_pass_anyway_leaves_its_token_unused(shop: tuple[Server, Sink]) -> None:
    server, _ = shop
    token, id = await token_for(server, to="eve@people.example")
    assert (await ordered(server, "eve", "e1", token=token)).startswith("250")
    (listed,) = [one for one in (await server.command("override", "list")).document if one["id"] == id]
    assert listed["state"] == "open"
    assert (await ordered(server, "eve", "e2", token=token)).startswith("250")
    assert (await ordered(server, "eve", "e3", token=token)).startswith("550")


async def test_of_many_that_use_a_token_at_once_over_two_workers_one_is_let_out(shop: tuple[Server, Sink]) -> None:
    server, sink = shop
    await ordered(server, "kim", "k0")
    token, _ = await token_for(server, to="kim@people.example")
    async with AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(calling(server.port)) for _ in range(12)]
        for number, peer in enumerate(peers):
            more = f"Mailguard-Override: {token}\r\n"
            mail = letter("Your order of kim is ready.", message_id=f"k{number + 1}@shop.example", more=more)
            await peer.begin("<kim@people.example>")
            await peer.send(wire(mail).removesuffix(b".\r\n"))
        for peer in peers:
            peer.writer.write(b".\r\n")
        answers = await asyncio.gather(*(peer.answer() for peer in peers))
    assert sorted(answer[:3] for answer in answers) == ["250", *["550"] * 11]
    await server.nothing_under_way()
    assert len([one for one in sink.taken if one.recipients == ("kim@people.example",)]) == 2
