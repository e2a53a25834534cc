"""mailguard.web.app: what the routes answer."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from mailguard.web.app import Api, create_app
from mailguard.web.desk import Desk


def fails() -> str:
    raise OSError("disk full of ada@x.example")


async def asked(
    path: str,
    *,
    method: str = "GET",
    readiness: Callable[[], str] = lambda: "",
    metrics: Callable[[], bytes] = lambda: b"mailguard_messages_total 1.0\n",
) -> httpx.Response:
    app = create_app(readiness=readiness, metrics=metrics)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://mailguard") as client:
        return await client.request(method, path)


async def test_process_that_answers_is_alive_whatever_the_database_does() -> None:
    response = await asked("/healthz", readiness=fails)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_server_that_takes_mail_is_ready() -> None:
    response = await asked("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


async def test_server_that_cannot_take_mail_says_why() -> None:
    response = await asked("/readyz", readiness=lambda: "no worker is alive")
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "no worker is alive",
    }


async def test_metrics_are_text_for_prometheus() -> None:
    response = await asked("/metrics")
    assert response.text == "mailguard_messages_total 1.0\n"
    assert response.headers["content-type"].startswith("text/plain; version=")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("POST", "/healthz", 405), ("GET", "/docs", 404)]
)
async def test_what_is_not_there_is_a_problem(method: str, path: str, status: int) -> None:
    response = await asked(path, method=method)
    assert (response.status_code, response.json()["status"]) == (status, status)
    assert response.headers["content-type"] == "application/problem+json"


async def test_failure_tells_nothing_of_its_cause() -> None:
    response = await asked("/readyz", readiness=fails)
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert "ada" not in response.text


async def test_without_tokens_there_is_no_api(desk: Desk) -> None:
    app = create_app(readiness=lambda: "", metrics=lambda: b"", api=Api(desk=desk))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mailguard") as client:
        assert (await client.get("/v1/context?address=ada@x.example")).status_code == 404
        assert (await client.get("/u/token")).status_code == 404


async def test_openapi_describes_every_route_and_its_problem() -> None:
    document = (await asked("/openapi.json")).json()
    assert set(document["paths"]) == {"/healthz", "/readyz", "/metrics"}
    answers = document["paths"]["/readyz"]["get"]["responses"]
    assert "application/problem+json" in answers["503"]["content"]
    assert "text/plain" in document["paths"]["/metrics"]["get"]["responses"]["200"]["content"]
