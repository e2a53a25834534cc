"""`/v1/broadcasts`: how far each checked broadcast has gone."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from mailguard.config.bearer import Scope, Token
from mailguard.store.broadcast_document import BroadcastDocument
from mailguard.store.broadcasts import broadcasts, find_broadcast
from mailguard.web.authorization import Needs, guarded
from mailguard.web.desk import Desk
from mailguard.web.problem import Refusal
from mailguard.web.threads import Threads

Id = Annotated[str, Path(description="The broadcast's id.", pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$")]
Limit = Annotated[int, Query(ge=1, le=100, description="At most this many.")]


class BroadcastsDocument(BaseModel):
    """Signed broadcasts, newest first; what has become of their mail is shown of each one alone."""

    broadcasts: list[BroadcastDocument]


def broadcast_routes(desk: Desk, threads: Threads, tokens: Sequence[Token]) -> APIRouter:
    """Return the routes; they need the scope `decisions`."""
    router = APIRouter(prefix="/v1/broadcasts", tags=["broadcasts"], dependencies=[Depends(Needs(Scope.DECISIONS, tokens))])

    @router.get(
        "",
        summary="Signed broadcasts, newest first.",
        response_model=BroadcastsDocument,
        responses=guarded(_422="A parameter is not what it is to be."),
    )
    async def listed(limit: Limit = 20) -> Any:
        found = await threads.read(lambda: desk.read(lambda connection: broadcasts(connection, limit=limit)))
        return JSONResponse({"broadcasts": [_plain(BroadcastDocument.of(one)) for one in found]})

    @router.get(
        "/{id}",
        summary="One broadcast, and what has become of its mail.",
        response_model=BroadcastDocument,
        responses=guarded(_404="There is no such broadcast.", _422="That is no id."),
    )
    async def shown(id: Id) -> Any:
        found = await threads.read(lambda: desk.read(lambda connection: find_broadcast(connection, id)))
        if found is None:
            raise Refusal(HTTPStatus.NOT_FOUND, f"there is no broadcast {id}")
        return JSONResponse(_plain(BroadcastDocument.of(found)))

    return router


def _plain(document: BroadcastDocument) -> Any:
    return document.model_dump(mode="json", exclude_none=True)
