"""The HTTP application: which routes there are. Routes ask and answer; what they ask is handed in.

Problems are told as RFC 9457 says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from mailguard import __version__
from mailguard.config.bearer import Token
from mailguard.web.broadcast_routes import broadcast_routes
from mailguard.web.check_routes import Checking, check_routes
from mailguard.web.context_routes import context_routes
from mailguard.web.decision_desk import DecisionDesk
from mailguard.web.decision_routes import decision_routes
from mailguard.web.desk import Desk, UnavailableError
from mailguard.web.event_routes import event_routes
from mailguard.web.hold_routes import hold_routes
from mailguard.web.problem import described, problem, tell_problems
from mailguard.web.reply_routes import reply_routes
from mailguard.web.threads import Threads
from mailguard.web.unsubscribe_routes import unsubscribe_routes


class Status(BaseModel):
    """How the server is."""

    status: str = Field(description="`ok` for a process that is alive, `ready` for a server that takes mail.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What answers beside health and metrics. `most`: octets of a reply that is taken. `check_rate`: checks an hour, 0 any.

    Without `tokens` there is no /v1, without `unsubscribes` no /u.
    """

    desk: Desk
    tokens: Sequence[Token] = ()
    unsubscribes: bool = False
    most: int = 26_214_400
    check_rate: int = 0


def create_app(*, readiness: Callable[[], str], metrics: Callable[[], bytes], api: Api | None = None) -> FastAPI:
    """Return the application.

    `readiness` returns "" when mail can be taken, else what is wrong; `metrics` returns the text for Prometheus. Both may
    block: they are called in a thread.
    """
    app = FastAPI(title="mailguard", version=__version__, docs_url=None, redoc_url=None)
    _add_health(app, readiness)
    _add_metrics(app, metrics)
    if api is not None:
        _add_api(app, api)
    tell_problems(app)
    app.add_exception_handler(UnavailableError, _of_database)
    return app


def _add_api(app: FastAPI, api: Api) -> None:
    threads = Threads()
    if api.tokens:
        app.include_router(context_routes(api.desk, threads, api.tokens))
        app.include_router(reply_routes(api.desk, threads, api.tokens, most=api.most))
        app.include_router(event_routes(api.desk, threads, api.tokens))
        deciding = DecisionDesk(api.desk)
        app.include_router(decision_routes(deciding, threads, api.tokens))
        app.include_router(hold_routes(deciding, threads, api.tokens))
        app.include_router(broadcast_routes(api.desk, threads, api.tokens))
        app.include_router(check_routes(Checking(lambda: api.desk.settings, an_hour=api.check_rate), api.tokens))
    if api.unsubscribes:
        app.include_router(unsubscribe_routes(api.desk, threads))


def _add_health(app: FastAPI, readiness: Callable[[], str]) -> None:
    @app.get("/healthz", tags=["health"], summary="Is the process alive?")
    async def healthz() -> Status:
        return Status(status="ok")

    @app.get(
        "/readyz",
        tags=["health"],
        summary="Can mail be taken?",
        response_model=Status,
        responses=described(_503="Not now; the detail says why."),
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


async def _of_database(_request: Request, error: Exception) -> JSONResponse:
    """Tell that the database cannot be asked; the log has the cause."""
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error), headers={"Retry-After": "1"})
