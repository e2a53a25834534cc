"""`/v1/holds`: held mail by its causes, and what a person does about all mail of one."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter

from mailguard.config.bearer import Scope, Token
from mailguard.store.filter import HeldFor
from mailguard.store.hold_groups import HoldGroup
from mailguard.store.holds import Verb
from mailguard.web.authorization import Needs, actor, guarded
from mailguard.web.body import json_body, read_json
from mailguard.web.decision_desk import DecisionDesk
from mailguard.web.decision_documents import (
    AssignBody,
    DoneDocument,
    GroupActBody,
    HoldDocument,
    HoldsDocument,
    NoteBody,
)
from mailguard.web.decision_routes import BODY_STATUSES, done, optional_body
from mailguard.web.problem import Refusal
from mailguard.web.threads import Threads

Id = Annotated[str, Path(description="The group's id.", pattern=r"^G[0-9a-f]{8}$")]

_ACT: Final = TypeAdapter(GroupActBody)
_ASSIGN: Final = TypeAdapter(AssignBody)
_NOTE: Final = TypeAdapter(NoteBody)


def hold_routes(desk: DecisionDesk, threads: Threads, tokens: Sequence[Token]) -> APIRouter:
    """Return the routes; they need the scope `decisions`."""
    router = APIRouter(prefix="/v1/holds", tags=["holds"], dependencies=[Depends(Needs(Scope.DECISIONS, tokens))])
    _add_showing(router, desk, threads)
    for name, verb in (("release", Verb.RELEASED), ("drop", Verb.DROPPED)):
        _add_settling(router, desk, threads, name=name, verb=verb)
    _add_assign(router, desk, threads)
    _add_note(router, desk, threads)
    return router


def _add_showing(router: APIRouter, desk: DecisionDesk, threads: Threads) -> None:
    @router.get("", summary="Held mail, one entry a cause.", response_model=HoldsDocument, responses=guarded())
    async def holds() -> Any:
        found = await threads.read(desk.holds)
        return JSONResponse({"holds": [_document(group).model_dump(mode="json", by_alias=True) for group in found]})


def _add_settling(router: APIRouter, desk: DecisionDesk, threads: Threads, *, name: str, verb: Verb) -> None:
    @router.post(
        f"/{{id}}/{name}",
        name=f"{name} group",
        operation_id=f"{name}_group",
        summary=f"Have all mail that is held for this {verb}.",
        response_model=DoneDocument,
        responses=guarded(
            **BODY_STATUSES, _404="Nothing is held for that.", _409=f"Nothing of it can be {verb}: none came before that time."
        ),
        openapi_extra=json_body(GroupActBody, is_required=False),
    )
    async def settle(id: Id, request: Request) -> Any:
        body = await optional_body(request, _ACT)
        cause = await _cause(desk, threads, id)
        chosen, who = desk.group(cause, body.before), actor(request)
        changed = await threads.write(lambda: desk.settle(verb, chosen, actor=who, reason=body.reason))
        if not changed.recipients:
            raise Refusal(HTTPStatus.CONFLICT, f"nothing of {id} can be {verb}; see /v1/holds")
        return done(changed, verb)


def _add_assign(router: APIRouter, desk: DecisionDesk, threads: Threads) -> None:
    @router.post(
        "/{id}/assign",
        summary="Say who looks after mail that is held for this.",
        response_model=HoldDocument,
        responses=guarded(**BODY_STATUSES, _404="Nothing is held for that."),
        openapi_extra=json_body(AssignBody),
    )
    async def assign(id: Id, request: Request) -> Any:
        body, who = await read_json(request, _ASSIGN), actor(request)
        await _cause(desk, threads, id)
        await threads.write(lambda: desk.assign(id, body.assignee, actor=who))
        return await _shown(desk, threads, id)


def _add_note(router: APIRouter, desk: DecisionDesk, threads: Threads) -> None:
    @router.post(
        "/{id}/note",
        summary="Write a note beside mail that is held for this.",
        response_model=HoldDocument,
        responses=guarded(**BODY_STATUSES, _404="Nothing is held for that."),
        openapi_extra=json_body(NoteBody),
    )
    async def note(id: Id, request: Request) -> Any:
        body, who = await read_json(request, _NOTE), actor(request)
        await _cause(desk, threads, id)
        await threads.write(lambda: desk.note(id, body.text, actor=who))
        return await _shown(desk, threads, id)


async def _cause(desk: DecisionDesk, threads: Threads, id: str) -> HeldFor:
    found = await threads.read(lambda: desk.hold(id))
    if found is None:
        raise Refusal(HTTPStatus.NOT_FOUND, f"nothing is held as {id}; see /v1/holds")
    return found


async def _shown(desk: DecisionDesk, threads: Threads, id: str) -> JSONResponse:
    """Return the group as it is now. Raises Refusal (404) where somebody has settled it meanwhile."""
    found = next((group for group in await threads.read(desk.holds) if group.id == id), None)
    if found is None:
        raise Refusal(HTTPStatus.NOT_FOUND, f"nothing is held as {id} any more; see /v1/holds")
    return JSONResponse(_document(found).model_dump(mode="json", by_alias=True))


def _document(group: HoldGroup) -> HoldDocument:
    return HoldDocument(
        id=group.id,
        finding=group.finding,
        messages=group.messages,
        recipients=group.recipients,
        repeats=group.repeats,
        client=group.client,
        mail_class=group.mail_class,
        template=group.template,
        subject=group.subject,
        since=group.since,
        newest_at=group.newest_at,
        expires_at=group.expires_at,
        assignee=group.assignee,
        notes=group.notes,
    )
