"""`/v1/decisions` and `/v1/overrides`: what was decided and why, and what a person does about a mail."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter

from mailguard.config.bearer import Scope, Token
from mailguard.mail.mailbox import parse_mailbox
from mailguard.relay.recall_document import RecallDocument
from mailguard.store.document import MessageDocument
from mailguard.store.filter import Filter
from mailguard.store.holds import Changed, Verb
from mailguard.web.authorization import Needs, actor, guarded
from mailguard.web.body import json_body, read_json
from mailguard.web.decision_desk import DecisionDesk, OverrideWish, Wanted
from mailguard.web.decision_documents import (
    ActBody,
    DecisionQuery,
    DecisionsDocument,
    DoneDocument,
    OverrideBody,
    OverrideDocument,
)
from mailguard.web.problem import Refusal
from mailguard.web.threads import Threads

Id = Annotated[str, Path(description="The mail's id.", pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$")]

T = TypeVar("T", bound=ActBody)

_ACT: Final = TypeAdapter(ActBody)
_OVERRIDE: Final = TypeAdapter(OverrideBody)

BODY_STATUSES: Final = {
    "_400": "The body is no JSON, or ended early.",
    "_408": "The body did not come in time.",
    "_413": "The body is too large.",
    "_415": "The body is no application/json.",
    "_422": "A member is missing, unknown or not what it is to be.",
}


def decision_routes(desk: DecisionDesk, threads: Threads, tokens: Sequence[Token]) -> APIRouter:
    """Return the routes; they need the scope `decisions`."""
    router = APIRouter(prefix="/v1", dependencies=[Depends(Needs(Scope.DECISIONS, tokens))])
    _add_showing(router, desk, threads)
    for name, verb in (("release", Verb.RELEASED), ("drop", Verb.DROPPED)):
        _add_settling(router, desk, threads, name=name, verb=verb)
    _add_recall(router, desk, threads)
    _add_override(router, desk, threads)
    return router


async def optional_body(request: Request, kind: TypeAdapter[T]) -> T:
    """Return the body, that of nothing said where there is none."""
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    return await read_json(request, kind) if has_body else kind.validate_python({})


def done(changed: Changed, verb: Verb) -> JSONResponse:
    """Return what was done."""
    return JSONResponse(
        {"done": verb, "messages": changed.messages, "recipients": changed.recipients, "joined": changed.joined}
    )


def _add_showing(router: APIRouter, desk: DecisionDesk, threads: Threads) -> None:
    @router.get(
        "/decisions",
        tags=["decisions"],
        summary="What was decided, oldest first.",
        response_model=DecisionsDocument,
        responses=guarded(_422="A parameter is unknown or not what it is to be."),
    )
    async def decisions(query: Annotated[DecisionQuery, Query()]) -> Any:
        found = await threads.read(lambda: desk.decisions(_wanted(query)))
        return JSONResponse({"decisions": [_plain(one) for one in found.messages], "next": found.cursor})

    @router.get(
        "/decisions/{id}",
        tags=["decisions"],
        summary="One decision in full, as `why` has it.",
        response_model=dict[str, Any],
        responses=guarded(_404="There is no such mail.", _422="That is no id."),
    )
    async def decision(id: Id) -> Any:
        return JSONResponse(_plain(await _shown(desk, threads, id)))


def _add_settling(router: APIRouter, desk: DecisionDesk, threads: Threads, *, name: str, verb: Verb) -> None:
    @router.post(
        f"/decisions/{{id}}/{name}",
        name=name,
        operation_id=f"{name}_mail",
        tags=["decisions"],
        summary=f"Have a mail {verb}, as `queue {name}` does.",
        response_model=DoneDocument,
        responses=guarded(
            **BODY_STATUSES, _404="There is no such mail.", _409=f"Nothing of it can be {verb}: see its recipients' states."
        ),
        openapi_extra=json_body(ActBody, is_required=False),
    )
    async def settle(id: Id, request: Request) -> Any:
        body = await optional_body(request, _ACT)
        await _shown(desk, threads, id)
        chosen, who = Filter(ids=(id,)), actor(request)
        changed = await threads.write(lambda: desk.settle(verb, chosen, actor=who, reason=body.reason))
        if not changed.recipients:
            raise Refusal(HTTPStatus.CONFLICT, f"nothing of {id} can be {verb}; see its states at /v1/decisions/{id}")
        return done(changed, verb)


def _add_recall(router: APIRouter, desk: DecisionDesk, threads: Threads) -> None:
    @router.post(
        "/decisions/{id}/recall",
        tags=["decisions"],
        summary="Take a mail back: what has not left is cancelled; who got it is named.",
        response_model=RecallDocument,
        responses=guarded(**BODY_STATUSES, _404="There is no such mail."),
        openapi_extra=json_body(ActBody, is_required=False),
    )
    async def recall(id: Id, request: Request) -> Any:
        body = await optional_body(request, _ACT)
        who = actor(request)
        found = await threads.write(lambda: desk.recall(id, actor=who, reason=body.reason))
        if found is None:
            raise _no_mail(id)
        return JSONResponse(found.model_dump(mode="json"))


def _add_override(router: APIRouter, desk: DecisionDesk, threads: Threads) -> None:
    @router.post(
        "/overrides",
        status_code=HTTPStatus.CREATED,
        tags=["overrides"],
        summary="Make a token that lets one mail out that would be held or rejected.",
        response_model=OverrideDocument,
        responses=guarded(**BODY_STATUSES, _404="There is no such mail."),
        openapi_extra=json_body(OverrideBody),
    )
    async def override(request: Request) -> Any:
        body = await read_json(request, _OVERRIDE)
        if (body.to is None) == (not body.message):
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "say what the token is for: either to, or message")
        wish = OverrideWish(
            mailbox=parse_mailbox(body.to) if body.to is not None else None,
            message=body.message,
            reason=body.reason,
            lasts=timedelta(minutes=body.minutes),
        )
        who = actor(request)
        made = await threads.write(lambda: desk.override(wish, actor=who))
        if made is None:
            raise _no_mail(body.message)
        token, id, until = made
        document = OverrideDocument(token=token, id=id, expires_at=until)
        return JSONResponse(document.model_dump(mode="json"), status_code=HTTPStatus.CREATED)


async def _shown(desk: DecisionDesk, threads: Threads, id: str) -> MessageDocument:
    found = await threads.read(lambda: desk.decision(id))
    if found is None:
        raise _no_mail(id)
    return found


def _no_mail(id: str) -> Refusal:
    return Refusal(HTTPStatus.NOT_FOUND, f"there is no mail {id}")


def _plain(document: MessageDocument) -> Any:
    return json.loads(document.as_json())


def _wanted(query: DecisionQuery) -> Wanted:
    return Wanted(
        since=query.since,
        action=query.action,
        client=query.client,
        finding=query.finding,
        broadcast=query.broadcast,
        after=query.cursor,
        limit=query.limit,
    )
