"""`/v1/replies`: taking customers' mail in, showing what came, and saying that somebody has seen to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter

from mailguard.config.bearer import Scope, Token
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.reply import Kind, ReplyState
from mailguard.replies.document import ReplyDocument
from mailguard.store.replies import Filter
from mailguard.web.authorization import Needs, actor, guarded
from mailguard.web.body import body_of, check_media_type, json_body, read_body, read_json
from mailguard.web.desk import Desk, Wish
from mailguard.web.documents import MoveBody, RepliesDocument, ReplyQuery, TakenDocument
from mailguard.web.problem import Refusal
from mailguard.web.threads import Threads

MAIL: Final = "message/rfc822"
MAIL_UTF8: Final = "message/global"  # RFC 6532 3.7

_MOVE = TypeAdapter(MoveBody)

Id = Annotated[str, Path(description="The reply's id.", pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$")]


def reply_routes(desk: Desk, threads: Threads, tokens: Sequence[Token], *, most: int) -> APIRouter:
    """Return the routes; they need the scope `replies`. `most`: octets of a mail that is taken."""
    router = APIRouter(prefix="/v1/replies", tags=["replies"], dependencies=[Depends(Needs(Scope.REPLIES, tokens))])
    _add_taking(router, desk, threads, most=most)
    _add_showing(router, desk, threads)
    for verb, state in (("acknowledge", ReplyState.ACKNOWLEDGED), ("resolve", ReplyState.RESOLVED)):
        _add_move(router, desk, threads, verb=verb, state=state)
    return router


def _add_taking(router: APIRouter, desk: Desk, threads: Threads, *, most: int) -> None:
    @router.post(
        "",
        status_code=HTTPStatus.CREATED,
        summary="Take one mail in, as it came.",
        response_model=TakenDocument,
        responses={HTTPStatus.OK: {"description": "It was there already.", "model": TakenDocument}}
        | guarded(
            _400="The body is empty, or ended early.",
            _408="The body did not come in time.",
            _413="The mail is too large.",
            _415="The body is no message/rfc822.",
            _422="The mail cannot be read; it is kept aside.",
        ),
        openapi_extra=body_of({MAIL: {"schema": {"type": "string", "format": "binary", "minLength": 1}}}),
    )
    async def take(request: Request) -> Any:
        check_media_type(request, MAIL, MAIL_UTF8)
        octets = await read_body(request, most=most)
        if not octets.strip():
            raise Refusal(HTTPStatus.BAD_REQUEST, "the body is empty; send the mail as it came, header and all")
        taken = await threads.write(lambda: desk.take(octets, source=f"http:{actor(request)}"))
        if taken.kind is None:
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"{taken.error}; the mail is kept aside")
        status = HTTPStatus.CREATED if taken.is_new else HTTPStatus.OK
        return JSONResponse({"id": taken.id, "kind": taken.kind.value, "is_new": taken.is_new}, status_code=status)


def _add_showing(router: APIRouter, desk: Desk, threads: Threads) -> None:
    @router.get(
        "",
        summary="What came in, the newest first.",
        response_model=RepliesDocument,
        responses=guarded(_422="A parameter is unknown or not what it is to be."),
    )
    async def replies(query: Annotated[ReplyQuery, Query()]) -> Any:
        found = await threads.read(lambda: desk.replies(_wish(query)))
        return JSONResponse({"replies": _plain(found)})

    @router.get(
        "/{id}",
        summary="One reply.",
        response_model=dict[str, Any],
        responses=guarded(_404="There is no such reply.", _422="That is no id."),
    )
    async def reply(id: Id) -> Any:
        return JSONResponse(_plain(await _shown(desk, threads, id)))


def _add_move(router: APIRouter, desk: Desk, threads: Threads, *, verb: str, state: ReplyState) -> None:
    @router.post(
        f"/{{id}}/{verb}",
        name=verb,
        operation_id=f"{verb}_reply",
        summary=f"Say that a reply is {state}; one that is there or further stays.",
        response_model=dict[str, Any],
        responses=guarded(
            _400="The body is no JSON, or ended early.",
            _404="There is no such reply.",
            _408="The body did not come in time.",
            _409="Nobody owes it an answer: it is no human's.",
            _413="The body is too large.",
            _415="The body is no application/json.",
            _422="A member is unknown or not what it is to be.",
        ),
        openapi_extra=json_body(MoveBody, is_required=False),
    )
    async def say(id: Id, request: Request) -> Any:
        has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
        body = await read_json(request, _MOVE) if has_body else MoveBody()
        moved = await threads.write(lambda: desk.move(id, state, actor=actor(request), reason=body.reason))
        shown = await _shown(desk, threads, id)
        if moved is None:
            raise Refusal(HTTPStatus.CONFLICT, f"{id} is {shown.kind}; only a human's reply is owed an answer")
        return JSONResponse(_plain(shown))


def _plain(shown: ReplyDocument | Sequence[ReplyDocument]) -> Any:
    """Return what JSON can hold; times as `replies list --json` and the contexts have them, in UTC with a Z."""
    return jsonable_encoder(shown, custom_encoder={datetime: lambda at: at.isoformat().replace("+00:00", "Z")})


async def _shown(desk: Desk, threads: Threads, id: str) -> ReplyDocument:
    found = await threads.read(lambda: desk.reply(id))
    if found is None:
        raise Refusal(HTTPStatus.NOT_FOUND, f"there is no reply {id}")
    return found


def _wish(query: ReplyQuery) -> Wish:
    chosen = Filter(
        kinds=[Kind(query.kind)] if query.kind else (),
        states=[ReplyState(query.state)] if query.state else (),
        brand=query.brand,
        since=query.since,
        until=query.until,
    )
    mailbox = parse_mailbox(query.address) if query.address else None
    return Wish(chosen, mailbox, query.limit, is_overdue=query.overdue)
