"""mailguard.web.problem: what is refused is told as RFC 9457 says, with what to do."""

from __future__ import annotations

import httpx
import pytest

from mailguard.config.bearer import Scope
from tests.unit.web.conftest import bearer


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("", "address: Field required"),
        ("address=ada", "address: 'ada' is no mailbox; write NAME@DOMAIN"),
        ("address=ada@x.example&templat=card", "templat: Extra inputs are not permitted"),
        ("address=ada@x.example&class=loud", "class: Input should be 'critical', 'service' or 'bulk'"),
        (f"address={'a' * 400}@x.example", "address: String should have at most 318 characters"),
        ("address=ada@x.example&template=a%00b", "template: String should match pattern"),
    ],
)
async def test_mistake_says_where_it_is_and_what_to_write(client: httpx.AsyncClient, query: str, detail: str) -> None:
    answer = await client.get(f"/v1/context?{query}", headers=bearer(Scope.CONTEXT))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith(detail)


async def test_many_mistakes_are_not_all_told(client: httpx.AsyncClient) -> None:
    body = {"addresses": ["x"] * 9}
    answer = await client.post("/v1/contexts", json=body, headers=bearer(Scope.CONTEXT))
    assert answer.json()["detail"].endswith("(and 4 more)")


async def test_path_tells_all_its_methods(client: httpx.AsyncClient) -> None:
    answer = await client.put("/v1/replies")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert (await client.get("/v1/replies/01JD/resolve")).headers["allow"] == "POST"


async def test_what_is_not_there_says_where_to_look(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v2/context")).json()["detail"] == "Not Found; see /openapi.json"
