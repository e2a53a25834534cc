"""mailguard.web.check_routes: the route, its scopes and its bounds."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from mailguard.config.bearer import Scope, Token, digest_of
from mailguard.store.database import Database
from mailguard.web import check_routes
from mailguard.web.app import Api, create_app
from mailguard.web.check_desk import Asker
from mailguard.web.check_routes import Checking
from mailguard.web.desk import Desk
from mailguard.web.problem import PROBLEM_TYPE, Refusal
from tests.check_documents import NEWSLETTER, PEOPLE
from tests.unit.web.conftest import MOST, bearer, settings_for

BOTH = {"Authorization": "Bearer 0123456789abcdef-both"}
BODY = {"message": NEWSLETTER.decode(), "audience": [{"email": address} for address in PEOPLE]}


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    """The application with two tokens, each of which may check twice an hour."""
    tokens = (
        Token("check-user", digest_of("0123456789abcdef-check"), frozenset({Scope.CHECK})),
        Token("both", digest_of("0123456789abcdef-both"), frozenset({Scope.CHECK, Scope.CONTEXT})),
        Token("context-user", digest_of("0123456789abcdef-context"), frozenset({Scope.CONTEXT})),
    )
    api = Api(desk=desk, tokens=tokens, most=MOST, check_rate=2)
    return create_app(readiness=lambda: "", metrics=lambda: b"", api=api)


async def ask(client: httpx.AsyncClient, headers: dict[str, str], **changes: Any) -> httpx.Response:
    return await client.post("/v1/check", json=BODY | changes, headers=headers)


async def test_document_has_the_contracts_names(client: httpx.AsyncClient, database: Database) -> None:
    answer = await ask(client, BOTH)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert (document["verdict"], document["audience"]["persons"], document["token"]) == ("pass", 3, None)
    assert document["message"]["class"] == "bulk"


async def test_scope_check_alone_hears_nothing_of_persons(client: httpx.AsyncClient, database: Database) -> None:
    document = (await ask(client, bearer(Scope.CHECK))).json()
    assert (document["verdict"], document["audience"]["persons"]) == ("pass", None)
    refused = await ask(client, bearer(Scope.CHECK), sign=True)
    assert refused.status_code == 403
    assert "scope context" in refused.json()["detail"]


async def test_scope_check_is_needed(client: httpx.AsyncClient) -> None:
    assert (await ask(client, bearer(Scope.CONTEXT))).status_code == 403
    assert (await ask(client, {})).status_code == 401


async def test_signing_over_http(client: httpx.AsyncClient, database: Database) -> None:
    document = (await ask(client, BOTH, sign=True, clean=True)).json()
    assert document["token"].startswith("c1.")
    assert document["clean"] == list(PEOPLE)
    assert document["left_out"] == []


async def test_each_token_has_so_many_an_hour(client: httpx.AsyncClient, database: Database) -> None:
    assert [(await ask(client, BOTH)).status_code for _ in range(2)] == [200, 200]
    refused = await ask(client, BOTH)
    assert (refused.status_code, refused.headers["content-type"]) == (429, PROBLEM_TYPE)
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert (await ask(client, bearer(Scope.CHECK))).status_code == 200


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [(b"{", "application/json", 400), (b"{}", "text/plain", 415), (b"{}", "application/json", 422)],
)
async def test_bad_body_is_refused(
    client: httpx.AsyncClient, database: Database, content: bytes, kind: str, status: int
) -> None:
    answer = await client.post("/v1/check", content=content, headers=BOTH | {"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM_TYPE)


async def test_body_beyond_the_bound_is_refused(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_routes, "MOST_OCTETS", 100)
    assert (await ask(client, BOTH)).status_code == 413


async def test_only_so_many_wait(url: str, database: Database) -> None:
    checking = Checking(lambda: settings_for(url), an_hour=0)
    asker = Asker("crm", knows_persons=True)
    found = await asyncio.gather(*(checking.answer(b"[]", asker) for _ in range(10)), return_exceptions=True)
    refused = [one.status_code for one in found if isinstance(one, Refusal)]
    assert refused.count(422) == check_routes.MOST_WAITING + 1
    assert refused.count(503) == 10 - check_routes.MOST_WAITING - 1


def test_large_body_is_read_where_it_is_checked() -> None:
    check_routes._check_json(b"{" * 1_048_577)
    with pytest.raises(Refusal):
        check_routes._check_json(b"[" * 100_000)
