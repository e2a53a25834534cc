"""`/v1/context` and `/v1/contexts`: the reply-aware context of one address, or of many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter

from mailguard.config.bearer import Scope, Token
from mailguard.mail.control import MailClass
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.context import Context
from mailguard.policy.foresight import Intent
from mailguard.web.authorization import Needs, guarded
from mailguard.web.body import json_body, read_json
from mailguard.web.desk import Desk
from mailguard.web.documents import Asked, ContextDocument, ContextQuery, ContextsDocument, ContextsQuery
from mailguard.web.threads import Threads

_MANY = TypeAdapter(ContextsQuery)


def context_routes(desk: Desk, threads: Threads, tokens: Sequence[Token]) -> APIRouter:
    """Return the routes; they need the scope `context`."""
    router = APIRouter(prefix="/v1", tags=["context"], dependencies=[Depends(Needs(Scope.CONTEXT, tokens))])

    async def ask(addresses: Sequence[str], asked: Asked) -> list[Context]:
        mailboxes = [parse_mailbox(address) for address in addresses]
        return await threads.read(lambda: desk.contexts(mailboxes, _intent(asked)))

    @router.get(
        "/context",
        summary="What is known of one address's person before a mail is written.",
        response_model=ContextDocument,
        responses=guarded(_422="A parameter is missing, unknown or not what it is to be."),
    )
    async def context(query: Annotated[ContextQuery, Query()]) -> Any:
        return JSONResponse((await ask([query.address], query))[0].as_document())

    @router.post(
        "/contexts",
        summary="The same for many addresses, all of one moment.",
        response_model=ContextsDocument,
        responses=guarded(
            _400="The body is no JSON, or ended early.",
            _408="The body did not come in time.",
            _413="The body is too large.",
            _415="The body is no application/json.",
            _422="A member is missing, unknown or not what it is to be.",
        ),
        openapi_extra=json_body(ContextsQuery),
    )
    async def contexts(request: Request) -> Any:
        query = await read_json(request, _MANY)
        return JSONResponse({"contexts": [one.as_document() for one in await ask(query.addresses, query)]})

    return router


def _intent(asked: Asked) -> Intent:
    return Intent(template=asked.template, mail_class=MailClass(asked.mail_class), asks=tuple(asked.asks))
