"""What is asked over HTTP and what the answers mean, without asking: no socket and no clock here.

A refusal that is the caller's mistake raises RefusedError; everything else that is no good answer, UnavailableError.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, TypedDict, TypeVar
from uuid import uuid4

from mailguard.client.check_result import Checked, read_checked
from mailguard.client.error import RefusedError, UnavailableError
from mailguard.client.reading import MalformedError
from mailguard.client.result import (
    Context,
    TakenEvent,
    TakenReply,
    read_context,
    read_taken_event,
    read_taken_reply,
)

T = TypeVar("T")

MOST_OCTETS: Final = 16_777_216
"""Octets of an answer that are read."""
_LONGEST_DETAIL: Final = 500
# Refusals that say nothing against the request: it may be right in a moment.
_MAY_PASS: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, its path relative to where mailguard's HTTP stands."""

    method: str
    path: str
    query: Mapping[str, str | list[str]] = field(default_factory=dict)
    content: bytes = b""
    content_type: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The fields that go with it."""
        return {"Accept": "application/json", "Accept-Encoding": "identity"} | (
            {"Content-Type": self.content_type} if self.content_type else {}
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """The HTTP status and all octets of the body."""

    status: int
    octets: bytes


class EventValues(TypedDict, total=False):
    """What an event says, by the names of `POST /v1/events`. With one `id`, told twice counts once."""

    id: str
    at: datetime
    customer: str
    person: str
    mailbox: str
    reply: str
    message_id: str
    fields: Mapping[str, str | None]
    score: int
    template: str
    text: str
    reason: str


class CheckValues(TypedDict, total=False):
    """What is said of a broadcast beside message and audience, by the names of `POST /v1/check`; `mail_class` is its class."""

    name: str
    map: Mapping[str, str]
    source: str
    data: Mapping[str, Any]
    mail_class: str
    template: str
    client: str
    clean: bool
    sign: bool
    valid_hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """The mail that is to be written: its template, its class (critical, service, bulk) and the fields that it asks for."""

    template: str = ""
    mail_class: str = ""
    asks: Sequence[str] = ()

    @property
    def members(self) -> dict[str, Any]:
        """What is said of it."""
        said = {"template": self.template, "class": self.mail_class, "asks": list(self.asks)}
        return {name: value for name, value in said.items() if value}


def ask_context(address: str, meant: Meant) -> Request:
    """Return the question for one address."""
    return Request(method="GET", path="v1/context", query={"address": address, **meant.members})


def ask_contexts(addresses: Sequence[str], meant: Meant) -> Request:
    """Return the question for many addresses."""
    return _post("v1/contexts", {"addresses": list(addresses), **meant.members})


def hand_in_reply(octets: bytes) -> Request:
    """Return what hands in one reply, as it came."""
    return Request(method="POST", path="v1/replies", content=octets, content_type="message/rfc822")


def tell_event(kind: str, values: EventValues) -> Request:
    """Return what tells one event, with an id of its own where none is given. Raises ValueError for a time without zone."""
    said = {name: _plain(value) for name, value in values.items()}
    return _post("v1/events", {"event": kind, "id": str(uuid4()), **said})


def ask_check(message: bytes, audience: Sequence[Mapping[str, Any]] | str, values: CheckValues) -> Request:
    """Return the question whether a message may go out to an audience: rows, or CSV."""
    said = {"class" if name == "mail_class" else name: value for name, value in values.items()}
    people = audience if isinstance(audience, str) else [dict(row) for row in audience]
    return _post("v1/check", {"message": b64encode(message).decode(), "encoding": "base64", "audience": people, **said})


def checked_in(answer: Answer) -> Checked:
    """Return what a check has found. Raises RefusedError, UnavailableError."""
    return _read(answer, read_checked)


def contexts_in(answer: Answer, *, count: int) -> list[Context]:
    """Return the contexts, in the order asked. Raises RefusedError, UnavailableError."""
    return _read(answer, lambda document: _contexts(document, count=count))


def context_in(answer: Answer) -> Context:
    """Return the context. Raises RefusedError, UnavailableError."""
    return _read(answer, read_context)


def taken_reply_in(answer: Answer) -> TakenReply:
    """Return what became of a reply that was handed in. Raises RefusedError, UnavailableError."""
    return _read(answer, read_taken_reply)


def taken_event_in(answer: Answer) -> TakenEvent:
    """Return what an event has done. Raises RefusedError, UnavailableError."""
    return _read(answer, read_taken_event)


def _read(answer: Answer, read: Callable[[object], T]) -> T:
    _refuse(answer)
    try:
        return read(json.loads(answer.octets))
    except MalformedError as error:
        raise UnavailableError(f"the answer is malformed: {error}") from error
    except (ValueError, RecursionError) as error:
        raise UnavailableError("the answer is no JSON") from error


def _refuse(answer: Answer) -> None:
    """Raise for a status that is no success."""
    if 400 <= answer.status < 500 and answer.status not in _MAY_PASS:
        raise RefusedError(answer.status, _detail(answer.octets))
    if not 200 <= answer.status < 300:
        raise UnavailableError(f"HTTP status {answer.status}")


def _detail(octets: bytes) -> str:
    """Return what a problem (RFC 9457) says."""
    try:
        problem = json.loads(octets)
    except (ValueError, RecursionError):
        return "no reason was given"
    said = [problem.get(name) for name in ("title", "detail")] if isinstance(problem, dict) else []
    return ": ".join(each for each in said if isinstance(each, str))[:_LONGEST_DETAIL] or "no reason was given"


def _contexts(document: object, *, count: int) -> list[Context]:
    found = document.get("contexts") if isinstance(document, dict) else document
    if not isinstance(found, list) or len(found) != count:
        raise MalformedError("it does not have one context for each address")
    return [read_context(each) for each in found]


def _post(path: str, document: Mapping[str, Any]) -> Request:
    return Request(method="POST", path=path, content=json.dumps(document).encode(), content_type="application/json")


def _plain(value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError("a time needs a zone")
    return value.isoformat()
