"""What a request carries, read to a bound in octets and time. Knows no route."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any, Final, TypeVar

from fastapi import Request
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect

from mailguard.web.problem import Refusal, mistakes

T = TypeVar("T")

JSON: Final = "application/json"

MOST_JSON: Final = 4 * 1024 * 1024
"""Octets of a JSON document."""

PATIENCE: Final = 60.0
"""Seconds that a body may take to arrive."""


async def read_body(request: Request, *, most: int) -> bytes:
    """Return the body's octets. Raises Refusal: 413 beyond `most`, 408 where it does not come, 400 where it ends early."""
    if _declared(request) > most:
        raise _too_large(most)
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for piece in request.stream():
                body += piece
                if len(body) > most:
                    raise _too_large(most)
    except TimeoutError:
        raise Refusal(HTTPStatus.REQUEST_TIMEOUT, "the body did not come in time") from None
    except ClientDisconnect:
        raise Refusal(HTTPStatus.BAD_REQUEST, "the body ended early") from None
    return bytes(body)


async def read_json(request: Request, kind: TypeAdapter[T]) -> T:
    """Return the body as what it is to be. Raises Refusal: 415 for another media type, 400 for no JSON, 422 for other JSON."""
    check_media_type(request, JSON)
    body = await read_body(request, most=MOST_JSON)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(HTTPStatus.BAD_REQUEST, "the body is no JSON") from None
    try:
        return kind.validate_json(body) if document is not None else kind.validate_python(document)
    except ValidationError as error:
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, mistakes(error)) from None


def check_media_type(request: Request, *wanted: str) -> None:
    """Raise Refusal (415) where the body is of no media type of these."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in wanted:
        text = f"the body is {given or 'of no media type'}; send Content-Type: {wanted[0]}"
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, text)


def json_body(model: type[BaseModel], *, is_required: bool = True) -> dict[str, Any]:
    """Return what OpenAPI is to say of a body that `read_json` reads. `model` has no other models in it."""
    return body_of({JSON: {"schema": model.model_json_schema()}}, is_required=is_required)


def body_of(content: dict[str, Any], *, is_required: bool = True) -> dict[str, Any]:
    """Return what OpenAPI is to say of a body of these media types."""
    return {"requestBody": {"required": is_required, "content": content}}


def _declared(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0


def _too_large(most: int) -> Refusal:
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {most} octets")
