"""Members of an answer, read strictly: what is not quite what it is to be, is nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

T = TypeVar("T")


class MalformedError(ValueError):
    """An answer is not what mailguard answers; the message says where."""


def take(document: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """Return a member that must be there and of that kind. Raises MalformedError."""
    value = document.get(name)
    if type(value) is not kind:
        raise MalformedError(f"{name} is missing, or no {kind.__name__}")
    return value


def or_none(document: Mapping[str, Any], name: str, read: Callable[[object], T]) -> T | None:
    """Return a member as `read` does, None where it is null or absent. Raises MalformedError with its name."""
    value = document.get(name)
    if value is None:
        return None
    try:
        return read(value)
    except MalformedError as error:
        raise MalformedError(f"{name} {error}") from error


def text(value: object) -> str:
    """Return a text. Raises MalformedError."""
    if not isinstance(value, str):
        raise MalformedError("is no text")
    return value


def moment(value: object) -> datetime:
    """Return a time with a zone (RFC 3339). Raises MalformedError."""
    try:
        found = datetime.fromisoformat(text(value))
    except ValueError as error:
        raise MalformedError("is no time") from error
    if found.tzinfo is None:
        raise MalformedError("has no zone")
    return found


def listed(value: object) -> list[Any]:
    """Return a list. Raises MalformedError."""
    if not isinstance(value, list):
        raise MalformedError("a list is missing")
    return value


def texts(value: object) -> tuple[str, ...]:
    """Return a list of texts. Raises MalformedError."""
    return tuple(text(each) for each in listed(value))
