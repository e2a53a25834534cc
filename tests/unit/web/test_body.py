"""mailguard.web.body: what a request carries, to a bound in octets and time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import httpx
import pytest
from fastapi import Request
from pydantic import TypeAdapter
from starlette.types import Message

from mailguard.config.bearer import Scope
from mailguard.web import body
from mailguard.web.body import read_body, read_json
from mailguard.web.problem import Refusal
from tests.unit.web.conftest import bearer


def request(messages: Iterable[Message], **headers: str) -> Request:
    remaining = iter(messages)

    async def receive() -> Message:
        return next(remaining)

    fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": fields}, receive)


def piece(octets: bytes, *, is_last: bool = True) -> Message:
    return {"type": "http.request", "body": octets, "more_body": not is_last}


async def test_body_is_read_up_to_the_bound() -> None:
    assert await read_body(request([piece(b"12", is_last=False), piece(b"34")]), most=4) == b"1234"


@pytest.mark.parametrize("headers", [{}, {"content_length": "5"}, {"content_length": "²"}])
async def test_body_beyond_the_bound_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Refusal) as refused:
        await read_body(request([piece(b"12", is_last=False), piece(b"345")], **headers), most=4)
    assert refused.value.status_code == 413


async def test_body_that_ends_early_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        await read_body(request([piece(b"12", is_last=False), {"type": "http.disconnect"}]), most=4)
    assert (refused.value.status_code, refused.value.detail) == (400, "the body ended early")


async def test_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "PATIENCE", 0.0)

    async def slow() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(Refusal) as refused:
        await read_body(Request({"type": "http", "method": "POST", "path": "/", "headers": []}, slow), most=4)
    assert refused.value.status_code == 408


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'"\\ud800"', 422),
        (b"null", 422),
        (b"[" * 100_000, 400),
        (b"\xff", 400),
        (b'"1"', 422),
        (b"1e999", 422),
    ],
)
async def test_what_is_not_the_json_that_is_wanted_is_refused(octets: bytes, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        await read_json(request([piece(octets)], content_type="application/json; charset=utf-8"), TypeAdapter(list[int]))
    assert refused.value.status_code == status


async def test_other_media_type_is_refused_with_the_right_one(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/contexts", content=b"{}", headers=bearer(Scope.CONTEXT) | {"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["detail"]) == (415, "the body is text/plain; send Content-Type: application/json")
