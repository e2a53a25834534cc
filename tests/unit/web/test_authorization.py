"""mailguard.web.authorization: who may ask what, route by route."""

from __future__ import annotations

import httpx
import pytest

from mailguard.config.bearer import Scope
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
}


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("scope", Scope)
async def test_token_opens_what_its_scope_says_and_nothing_else(
    client: httpx.AsyncClient, method: str, path: str, scope: Scope
) -> None:
    answer = await client.request(method, path, headers=bearer(scope))
    if scope is ROUTES[method, path]:
        assert answer.status_code not in {401, 403}
        return
    assert answer.status_code == 403
    assert answer.json()["detail"].startswith(f"the token has not the scope {ROUTES[method, path]}")
    assert f'error="insufficient_scope", scope="{ROUTES[method, path]}"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_nobody_gets_in_without_a_token(client: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await client.request(method, path, content=b"not even read")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="mailguard"')
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
