"""Problems as RFC 9457 says: how they are told, how a route raises one, and how OpenAPI describes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException

PROBLEM_TYPE: Final = "application/problem+json"

MOST_DETAILS: Final = 5
"""Mistakes of one request that are told."""

ONE: Final = "one"
SEVERAL: Final = "several"
"""What a body is called that may be one thing or several, where pydantic is to tell which; no place in the body."""

_NO_PLACES: Final = frozenset({"query", "path", "body", ONE, SEVERAL})

_log = structlog.get_logger(__name__)


class Problem(BaseModel):
    """A problem (RFC 9457 3)."""

    type: str = Field("about:blank", description="A URI that names the kind of problem.")
    title: str = Field(description="The kind of problem, in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="This occurrence, and what to do.")


class Refusal(HTTPException):
    """A request that is not done; `detail` says why, and what to do."""

    def __init__(self, status: HTTPStatus, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status.value, detail, dict(headers or {}))


def problem(status: HTTPStatus, detail: str, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return a problem as a response."""
    body = Problem(title=status.phrase, status=status.value, detail=detail)
    return JSONResponse(body.model_dump(), status_code=status.value, media_type=PROBLEM_TYPE, headers=dict(headers or {}))


def described(**statuses: str) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI is to say of these statuses, such as `_404="There is none."`."""
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        int(name.removeprefix("_")): {"description": text, "content": content, "model": Problem}
        for name, text in statuses.items()
    }


def mistakes(error: ValidationError | RequestValidationError) -> str:
    """Return what is wrong with a request, one clause a mistake: where, and what to write."""
    found = error.errors()
    said = [f"{_place(one['loc'])}: {str(one['msg']).removeprefix('Value error, ')}" for one in found[:MOST_DETAILS]]
    more = f" (and {len(found) - MOST_DETAILS} more)" if len(found) > MOST_DETAILS else ""
    return "; ".join(said) + more


def tell_problems(app: FastAPI) -> None:
    """Have the application tell as problems whatever it refuses, and whatever fails."""
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(Exception, _of_failure)


def _place(location: tuple[int | str, ...]) -> str:
    inner = [str(part) for part in location if part not in _NO_PLACES]
    return ".".join(inner) or "the request"


async def _of_http(request: Request, error: Exception) -> JSONResponse:
    """Tell what a route refuses, or what Starlette does (404, 405)."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    if isinstance(error, Refusal):
        return problem(HTTPStatus(error.status_code), error.detail, headers=error.headers)
    headers = {"Allow": _allowed(request)} if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else error.headers
    return problem(HTTPStatus(error.status_code), f"{error.detail}; see /openapi.json", headers=headers)


def _allowed(request: Request) -> str:
    """Return all methods that a path has (RFC 9110 10.2.1): a route alone knows but its own."""
    paths: dict[str, Any] = request.app.openapi()["paths"]
    methods = {method.upper() for path, item in paths.items() if _pattern(path).fullmatch(request.url.path) for method in item}
    return ", ".join(sorted(methods))


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, re.split(r"\{\w+\}", path))))


async def _of_validation(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, mistakes(error))


async def _of_failure(request: Request, error: Exception) -> JSONResponse:
    """Tell nothing of what went wrong; the log has it, and of the path only its shape: an unsubscribe link is a secret."""
    route = request.scope.get("route")
    _log.error("http_failed", route=getattr(route, "path", ""), exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "mailguard failed; its log says why")
