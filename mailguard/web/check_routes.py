"""`/v1/check`: a message and its audience, checked before anything goes out. So often an hour, and one at a time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from mailguard.config.bearer import Scope, Token
from mailguard.relay.settings import RelaySettings
from mailguard.web.authorization import Needs, actor, guarded, may
from mailguard.web.body import JSON, check_media_type, json_body, read_body
from mailguard.web.check_body import CheckBody, HttpCheckDocument
from mailguard.web.check_desk import Asker
from mailguard.web.check_process import Refused, answer_apart
from mailguard.web.problem import Refusal
from mailguard.web.rate import Rate

MOST_OCTETS: Final = 33_554_432
"""Octets of a message and its audience."""

MOST_WAITING: Final = 4
"""Checks that may wait for their turn."""

HOUR: Final = 3_600.0


class Checking:
    """The one place where checks are made: one at a time, each token so often an hour."""

    def __init__(self, settings: Callable[[], RelaySettings], *, an_hour: int) -> None:
        self._settings = settings
        self._rate = Rate(an_hour, seconds=HOUR)
        self._turn = CapacityLimiter(1)
        self._waiting = 0

    async def answer(self, body: bytes, asker: Asker) -> HttpCheckDocument:
        """Return the document. Raises Refusal: 429 too often, 503 where too many wait, and what the check refuses."""
        if self._waiting > MOST_WAITING:
            raise _busy("too many checks wait for their turn; try again")
        if wait := self._rate.wait(asker.name, now=time.monotonic()):
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"the token has asked for all the checks that it has in an hour (http.check_rate); try again in {wait} s",
                headers={"Retry-After": str(wait)},
            )
        self._waiting += 1
        try:
            found = await run_sync(lambda: answer_apart(body, asker, self._settings()), limiter=self._turn)
        finally:
            self._waiting -= 1
        if isinstance(found, Refused):
            raise _busy(found.detail) if found.status is HTTPStatus.SERVICE_UNAVAILABLE else Refusal(found.status, found.detail)
        return found


def check_routes(checking: Checking, tokens: Sequence[Token]) -> APIRouter:
    """Return the route; it needs the scope `check`, and `context` for what tells of persons."""
    router = APIRouter(prefix="/v1", tags=["check"], dependencies=[Depends(Needs(Scope.CHECK, tokens))])

    @router.post(
        "/check",
        summary="May this message go out to this audience?",
        response_model=HttpCheckDocument,
        responses=guarded(
            _400="The body is no JSON, or ended early.",
            _408="The body did not come in time.",
            _413="The body is too large; check it with: mailguard check.",
            _415="The body is no application/json.",
            _422="A member is missing, unknown or not what it is to be, or nothing can be read of it.",
            _429="The token has asked for all the checks that it has in an hour.",
        ),
        openapi_extra=json_body(CheckBody),
    )
    async def check(request: Request) -> Any:
        check_media_type(request, JSON)
        body = await read_body(request, most=MOST_OCTETS)
        _check_json(body)
        asker = Asker(actor(request), may(request, Scope.CONTEXT))
        document = await checking.answer(body, asker)
        return Response(document.model_dump_json(by_alias=True), media_type=JSON)

    return router


def _check_json(body: bytes) -> None:
    """Raise Refusal (400) for what plainly is no JSON; that a large body is none, is found out where it is read."""
    if len(body) > 1_048_576:
        return
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(HTTPStatus.BAD_REQUEST, "the body is no JSON") from None


def _busy(detail: str) -> Refusal:
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "10"})
