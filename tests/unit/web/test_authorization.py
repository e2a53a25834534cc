"""mailguard.web.authorization: who may ask what, route by route."""

from __future__ import annotations

import httpx
import pytest
from fastapi import Request

from mailguard.config.bearer import Scope
from mailguard.web.authorization import may
from tests.unit.web.conftest import SECRETS, bearer

ID = "01JD00000000000000000000AA"
ROUTES = {
    ("GET", "/v1/context?address=ada@x.example"): Scope.CONTEXT,
    ("POST", "/v1/contexts"): Scope.CONTEXT,
    ("POST", "/v1/replies"): Scope.REPLIES,
    ("GET", "/v1/replies"): Scope.REPLIES,
    ("GET", f"/v1/replies/{ID}"): Scope.REPLIES,
    ("POST", f"/v1/replies/{ID}/acknowledge"): Scope.REPLIES,
    ("POST", f"/v1/replies/{ID}/resolve"): Scope.REPLIES,
    ("POST", "/v1/events"): Scope.EVENTS,
    ("POST", "/v1/check"): Scope.CHECK,
    ("GET", "/v1/decisions"): Scope.DECISIONS,
    ("GET", f"/v1/decisions/{ID}"): Scope.DECISIONS,
    **{("POST", f"/v1/decisions/{ID}/{verb}"): Scope.DECISIONS for verb in ("release", "drop", "recall")},
    ("GET", "/v1/holds"): Scope.DECISIONS,
    **{("POST", f"/v1/holds/G00000000/{verb}"): Scope.DECISIONS for verb in ("release", "drop", "assign", "note")},
    ("POST", "/v1/overrides"): Scope.DECISIONS,
    ("GET", "/v1/broadcasts"): Scope.DECISIONS,
    ("GET", f"/v1/broadcasts/{ID}"): Scope.DECISIONS,
}


@pytest.mark.parametrize("scope", Scope)
async def test_token_opens_what_its_scope_says_and_nothing_else(client: httpx.AsyncClient, scope: Scope) -> None:
    for (method, path), needed in ROUTES.items():
        answer = await client.request(method, path, headers=bearer(scope))
        if scope is needed:
            assert answer.status_code not in {401, 403}, path
            continue
        assert answer.status_code == 403, path
        assert answer.json()["detail"].startswith(f"the token has not the scope {needed}")
        assert f'error="insufficient_scope", scope="{needed}"' in answer.headers["www-authenticate"]


async def test_nobody_gets_in_without_a_token(client: httpx.AsyncClient) -> None:
    for method, path in ROUTES:
        answer = await client.request(method, path, content=b"not even read")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="mailguard"'), path
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "field",
    [
        "Bearer wrong-token-0123456789",
        f"Basic {SECRETS[Scope.CONTEXT]}",
        SECRETS[Scope.CONTEXT],
        "Bearer ",
        "",
        "Bearer \xff\xfe",
    ],
)
async def test_what_is_no_token_of_ours_is_refused(client: httpx.AsyncClient, field: str) -> None:
    headers = [(b"authorization", field.encode("latin-1"))]
    answer = await client.get("/v1/context?address=ada@x.example", headers=headers)
    assert answer.status_code == 401
    assert "ada" not in answer.text


def test_scopes_of_the_token_are_noted_beside_its_name() -> None:
    request = Request({"type": "http"})
    request.state.scopes = frozenset({Scope.CHECK})
    assert (may(request, Scope.CHECK), may(request, Scope.CONTEXT)) == (True, False)


async def test_scheme_is_read_without_regard_to_case(client: httpx.AsyncClient) -> None:
    headers = {"Authorization": f"bearer {SECRETS[Scope.CONTEXT]}"}
    assert (await client.get("/v1/context?address=ada@x.example", headers=headers)).status_code == 200


async def test_every_route_of_the_api_says_that_it_needs_a_token(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    guarded = {(method, path) for path, item in paths.items() if path.startswith("/v1") for method in item}
    assert len(guarded) == len(ROUTES)
    for method, path in guarded:
        assert paths[path][method]["security"] == [{"token": []}]
        assert {"401", "403", "503"} <= paths[path][method]["responses"].keys()
