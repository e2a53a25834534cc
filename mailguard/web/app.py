"""The HTTP application: health, readiness, metrics. Routes ask and answer; what they ask is handed in.

Problems are told as RFC 9457 says.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from mailguard import __version__

PROBLEM_TYPE: Final = "application/problem+json"

_log = structlog.get_logger(__name__)


class Problem(BaseModel):
    """A problem (RFC 9457 3)."""

    type: str = Field("about:blank", description="A URI that names the kind of problem.")
    title: str = Field(description="The kind of problem, in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="This occurrence, and what to do.")


class Status(BaseModel):
    """How the server is."""

    status: str = Field(description="`ok` for a process that is alive, `ready` for a server that takes mail.")


def create_app(*, readiness: Callable[[], str], metrics: Callable[[], bytes]) -> FastAPI:
    """Return the application.

    `readiness` returns "" when mail can be taken, else what is wrong; `metrics` returns the text for Prometheus. Both may
    block: they are called in a thread.
    """
    app = FastAPI(title="mailguard", version=__version__, docs_url=None, redoc_url=None)
    _add_health(app, readiness)
    _add_metrics(app, metrics)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_failure)
    return app


def problem(status: HTTPStatus, detail: str) -> JSONResponse:
    """Return a problem as a response."""
    body = Problem(title=status.phrase, status=status.value, detail=detail)
    return JSONResponse(body.model_dump(), status_code=status.value, media_type=PROBLEM_TYPE)


def _add_health(app: FastAPI, readiness: Callable[[], str]) -> None:
    @app.get("/healthz", tags=["health"], summary="Is the process alive?")
    async def healthz() -> Status:
        return Status(status="ok")

    @app.get(
        "/readyz",
        tags=["health"],
        summary="Can mail be taken?",
        response_model=Status,
        responses={503: {"description": "Not now; the detail says why.", "content": _described(Problem)}},
    )
    def readyz() -> Any:
        wrong = readiness()
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, wrong) if wrong else Status(status="ready")


def _add_metrics(app: FastAPI, metrics: Callable[[], bytes]) -> None:
    @app.get(
        "/metrics",
        tags=["metrics"],
        summary="Counts and times of all workers, for Prometheus.",
        response_class=PlainTextResponse,
    )
    def show() -> PlainTextResponse:
        return PlainTextResponse(metrics(), media_type=CONTENT_TYPE_LATEST)


def _described(model: type[BaseModel]) -> dict[str, Any]:
    return {PROBLEM_TYPE: {"schema": model.model_json_schema()}}


async def _of_http(_request: Request, error: Exception) -> JSONResponse:
    """Tell what Starlette refuses (404, 405) as a problem."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    response = problem(HTTPStatus(error.status_code), f"{error.detail}; see /openapi.json")
    response.headers.update(error.headers or {})
    return response


async def _of_failure(request: Request, error: Exception) -> JSONResponse:
    """Tell nothing of what went wrong; the log has it."""
    _log.error("http_failed", path=request.url.path, exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "mailguard failed; its log says why")
