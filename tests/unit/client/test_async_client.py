"""mailguard.client.async_client: over loopback, from servers that answer and from those that do not."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from datetime import timedelta

import pytest

from mailguard.client import AsyncClient, RefusedError, UnavailableError
from tests.unit.client.conftest import CONTEXT, HOSTILE, Behaviour, Server, answers, drips_header, says_nothing

Serving = Callable[[Behaviour], Server]
SOON = timedelta(milliseconds=80)
LONG = timedelta(seconds=30)


async def test_context_is_asked_with_the_token(serving: Serving) -> None:
    server = serving(answers(CONTEXT))
    async with AsyncClient(server.url, token="secret", timeout=LONG) as client:
        context = await client.context("ada+x@mail.example", template="card", mail_class="bulk", asks=["income", "phone"])
    assert context.reply_aware.is_yes
    head = server.requests[0]
    assert b"GET /v1/context?address=ada%2Bx%40mail.example&template=card&class=bulk&asks=income&asks=phone HTTP/1.1" in head
    assert b"Authorization: Bearer secret\r\n" in head


@pytest.mark.parametrize("name", HOSTILE)
async def test_no_good_answer_is_unknown(serving: Serving, name: str) -> None:
    within = LONG if name not in {"says nothing", "drips its header", "drips its body"} else SOON
    async with AsyncClient(serving(HOSTILE[name]).url, timeout=within) as client:
        context = await client.context("ada@mail.example")
    if name != "null for truth":
        assert context.problem
    assert context.reply_aware.is_unknown


async def test_refused_connection_is_unknown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    async with AsyncClient(f"http://127.0.0.1:{port}", timeout=LONG) as client:
        assert (await client.context("ada@mail.example")).reply_aware.is_unknown


async def test_full_backlog_is_unknown() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        async with AsyncClient(f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=SOON) as client:
            found = await asyncio.gather(*(client.context("ada@mail.example") for _ in range(8)))
    assert all(context.reply_aware.is_unknown for context in found)


async def test_unknown_of_many_is_one_for_each(serving: Serving) -> None:
    async with AsyncClient(serving(says_nothing).url, timeout=SOON) as client:
        found = await client.contexts(["a@x.example", "b@x.example"])
    assert [context.reply_aware.is_unknown for context in found] == [True, True]


async def test_many_are_asked_at_once(serving: Serving) -> None:
    server = serving(answers({"contexts": [CONTEXT, CONTEXT]}))
    async with AsyncClient(server.url, timeout=LONG) as client:
        assert len(await client.contexts(["a@x.example", "b@x.example"])) == 2
        assert await client.contexts([]) == []
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [401, 403, 422])
async def test_caller_s_mistake_raises(serving: Serving, status: int) -> None:
    async with AsyncClient(serving(answers({"detail": "no"}, status)).url, timeout=LONG) as client:
        with pytest.raises(RefusedError, match="no"):
            await client.context("ada@mail.example")


async def test_strict_client_raises(serving: Serving) -> None:
    async with AsyncClient(serving(drips_header).url, timeout=SOON, strict=True) as client:
        with pytest.raises(UnavailableError, match=r"within 0\.08 s"):
            await client.context("ada@mail.example")
        with pytest.raises(UnavailableError):
            await client.contexts(["ada@mail.example"])


async def test_what_is_handed_in_is_never_lost_silently(serving: Serving) -> None:
    async with AsyncClient(serving(answers({}, 500)).url) as client:
        with pytest.raises(UnavailableError):
            await client.reply(b"From: a@x.example\r\n\r\n")
        with pytest.raises(UnavailableError):
            await client.event("resolved", reply="01K")


async def test_reply_and_event_are_handed_in(serving: Serving) -> None:
    replies = serving(answers({"id": "01K", "kind": "human", "is_new": True}, 201))
    async with AsyncClient(replies.url) as client:
        assert (await client.reply(b"From: a@x.example\r\n\r\nhello")).id == "01K"
    events = serving(answers({"is_new": True, "moved": ["01K"], "fields": [], "reply": ""}))
    async with AsyncClient(events.url) as client:
        assert (await client.event("resolved", reply="01K")).moved == ("01K",)
    assert b"POST /v1/events HTTP/1.1" in events.requests[0]


async def test_proxies_of_the_environment_are_not_asked(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serving(answers(CONTEXT))
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    server = serving(answers(json.dumps(CONTEXT).encode()))
    async with AsyncClient(server.url, timeout=LONG) as client:
        await client.context("ada@mail.example")
    assert (len(server.requests), len(proxy.requests)) == (1, 0)
