"""`/u/TOKEN`: one-click unsubscription (RFC 8058), for mail programs by POST, for people by a page with one button.

GET changes nothing: mail scanners and previews open every link.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from mailguard.web import unsubscribe_page as page
from mailguard.web.body import body_of, read_body
from mailguard.web.desk import Desk
from mailguard.web.problem import described
from mailguard.web.threads import Threads

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"

MOST_BODY: Final = 4_096
_PART: Final = re.compile(
    rb'name="?' + page.FIELD.encode() + rb'"?[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n' + page.VALUE.encode() + rb"\r\n--"
)

TokenPath = Annotated[str, Path(description="What the link ends with.")]


def unsubscribe_routes(desk: Desk, threads: Threads) -> APIRouter:
    """Return the routes. They need no token of [[http.tokens]]: the link itself proves who has it."""
    router = APIRouter(prefix="/u", tags=["unsubscription"], default_response_class=HTMLResponse)
    unknown: dict[int | str, dict[str, Any]] = {404: _page("The link is not ours, or too old.")}

    @router.get(
        "/{token}",
        summary="A page with one button. Nothing is changed.",
        responses={200: _page("The page."), **unknown, **_unavailable()},
    )
    async def ask(token: TokenPath) -> Any:
        is_known = await threads.read(lambda: desk.knows(token))
        return _shown(page.asking()) if is_known else _shown(page.unknown(), HTTPStatus.NOT_FOUND)

    @router.post(
        "/{token}",
        summary="Unsubscribe (RFC 8058).",
        responses={
            200: _page("It is done."),
            400: _page("The body does not say List-Unsubscribe=One-Click."),
            **unknown,
            **described(_408="The body did not come in time.", _413="The body is too large."),
            **_unavailable(),
        },
        openapi_extra=body_of({FORM: {"schema": _FORM_SCHEMA}, MULTIPART: {"schema": _FORM_SCHEMA}}),
    )
    async def unsubscribe(token: TokenPath, request: Request) -> Any:
        if not _is_one_click(request.headers.get("content-type", ""), await read_body(request, most=MOST_BODY)):
            return _shown(page.not_asked(), HTTPStatus.BAD_REQUEST)
        # Anybody may ask this: who only guesses gets no place in the line of those who write.
        is_known = await threads.read(lambda: desk.knows(token))
        is_done = is_known and await threads.write(lambda: desk.unsubscribe(token))
        return _shown(page.done()) if is_done else _shown(page.unknown(), HTTPStatus.NOT_FOUND)

    return router


_FORM_SCHEMA: Final = {
    "type": "object",
    "properties": {page.FIELD: {"type": "string", "const": page.VALUE}},
    "required": [page.FIELD],
}


def _is_one_click(media_type: str, body: bytes) -> bool:
    """Return whether the body is the form that a mail program sends (RFC 8058 3.2), in either way of writing forms."""
    if media_type.lower().startswith(MULTIPART):
        return _PART.search(body) is not None
    return (page.FIELD, page.VALUE) in parse_qsl(body.decode("latin-1"))


def _shown(text: str, status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    return HTMLResponse(text, status_code=status.value, headers=page.HEADERS)


def _page(text: str) -> dict[str, Any]:
    return {"description": text, "content": {"text/html": {"schema": {"type": "string"}}}}


def _unavailable() -> dict[int | str, dict[str, Any]]:
    return described(_503="The database cannot be asked now; try again.")
