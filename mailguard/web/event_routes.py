"""`/v1/events`: what the system of record says happened."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import Discriminator, Tag, TypeAdapter

from mailguard.config.bearer import Scope, Token
from mailguard.relay.clock import system_clock
from mailguard.replies.events import Event, EventError, EventKind
from mailguard.web.authorization import Needs, actor, guarded
from mailguard.web.body import JSON, body_of, read_json
from mailguard.web.desk import Desk
from mailguard.web.documents import EventBody, EventsBody, TakenEventDocument, TakenEventsDocument
from mailguard.web.problem import ONE, SEVERAL, Refusal
from mailguard.web.threads import Threads


def _kind(body: Any) -> str:
    """Return which of the two a body is meant to be, so that its mistakes are told as that one's."""
    return SEVERAL if isinstance(body, dict) and "events" in body else ONE


_ONE_OR_MORE: TypeAdapter[EventBody | EventsBody] = TypeAdapter(
    Annotated[Annotated[EventBody, Tag(ONE)] | Annotated[EventsBody, Tag(SEVERAL)], Discriminator(_kind)]
)


def event_routes(desk: Desk, threads: Threads, tokens: Sequence[Token]) -> APIRouter:
    """Return the route; it needs the scope `events`."""
    router = APIRouter(prefix="/v1", tags=["events"], dependencies=[Depends(Needs(Scope.EVENTS, tokens))])

    @router.post(
        "/events",
        summary="Say what happened: one event, or several of which all count or none.",
        response_model=TakenEventDocument | TakenEventsDocument,
        responses=guarded(
            _400="The body is no JSON, or ended early.",
            _408="The body did not come in time.",
            _413="The body is too large.",
            _415="The body is no application/json.",
            _422="A member is missing, unknown or not what it is to be; or it names nobody, or a reply that is not there.",
        ),
        openapi_extra=body_of({JSON: {"schema": _schema()}}),
    )
    async def events(request: Request) -> Any:
        body = await read_json(request, _ONE_OR_MORE)
        told = body.events if isinstance(body, EventsBody) else [body]
        now = system_clock()
        try:
            taken = await threads.write(lambda: desk.tell([_event(one, actor(request), now) for one in told]))
        except EventError as error:
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
        documents = [dataclasses.asdict(one) for one in taken]
        return JSONResponse({"events": documents} if isinstance(body, EventsBody) else documents[0])

    return router


def _event(body: EventBody, source: str, now: datetime) -> Event:
    """Return the event. Its source is who proved to be it, and its id is that one's own: two systems may count alike."""
    given = body.model_dump(exclude={"event", "id", "at"})
    return Event(kind=EventKind(body.event), id=f"{source}:{body.id}", source=source, at=body.at or now, **given)


def _schema() -> dict[str, Any]:
    one = EventBody.model_json_schema()
    many = {"type": "array", "items": one, "minItems": 1, "maxItems": 1000}
    several = {"type": "object", "properties": {"events": many}, "required": ["events"], "additionalProperties": False}
    return {"anyOf": [one, several]}
