"""What mailguard's answers say, as typed values. A document that is not quite right says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from mailguard.client.reading import MalformedError, listed, moment, or_none, take, text, texts
from mailguard.client.reply_aware import ReplyAware

STATES: Final = frozenset({"none", "open", "acknowledged", "resolved"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What mailguard would find wrong with a mail to this person: a code, a sentence, and the ids that it rests on."""

    code: str
    text: str
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known of one person towards one address.

    Where mailguard could not be asked, `reply_aware` is UNKNOWN, `reply_state` is "unknown", all else is None or empty, and
    `problem` says why. `reply_state` is else none, open, acknowledged or resolved; `would` is deliver, hold or reject. Send
    `context_id` as `Mailguard-Context` with the mail that was written with it.
    """

    reply_aware: ReplyAware = ReplyAware.UNKNOWN
    reply_state: str = "unknown"
    context_id: str = ""
    open_replies: int | None = None
    last_reply_at: datetime | None = None
    last_reply_language: str | None = None
    sent_count: int | None = None
    last_sent_at: datetime | None = None
    last_same_template_at: datetime | None = None
    known_customer: bool | None = None
    known_fields: tuple[str, ...] = ()
    person: str | None = None
    probability: float | None = None
    would: str | None = None
    findings: tuple[Finding, ...] = ()
    problem: str = ""

    def as_values(self) -> dict[str, Any]:
        """Return the fields by name, for a template that has them as top-level names. `reply_aware` keeps its three values."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "problem"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenReply:
    """A mail that was handed in: its id in the ledger, what it is, and whether it was not there yet."""

    id: str
    kind: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenEvent:
    """What an event has done: the replies it has brought forward, the fields that are known now, the reply made of a score."""

    is_new: bool
    moved: tuple[str, ...]
    fields: tuple[str, ...]
    reply: str


def unknown(problem: str) -> Context:
    """Return the context of somebody of whom nothing could be learned."""
    return Context(problem=problem)


def read_context(document: object) -> Context:
    """Return the context that one answer holds. Raises MalformedError."""
    if not isinstance(document, dict):
        raise MalformedError("the context is no object")
    state = take(document, "reply_state", str)
    if state not in STATES:
        raise MalformedError("reply_state is none that is known")
    return Context(
        reply_aware=ReplyAware.of(take(document, "reply_aware", bool)),
        reply_state=state,
        context_id=take(document, "context_id", str),
        open_replies=_count(document, "open_replies"),
        last_reply_at=or_none(document, "last_reply_at", moment),
        last_reply_language=or_none(document, "last_reply_language", text),
        sent_count=_count(document, "sent_count"),
        last_sent_at=or_none(document, "last_sent_at", moment),
        last_same_template_at=or_none(document, "last_same_template_at", moment),
        known_customer=take(document, "known_customer", bool),
        known_fields=texts(document.get("known_fields", [])),
        person=or_none(document, "person", text),
        probability=or_none(document, "probability", _number),
        would=or_none(document, "would", text),
        findings=tuple(map(_finding, listed(document.get("findings", [])))),
    )


def read_taken_reply(document: object) -> TakenReply:
    """Return what became of a reply. Raises MalformedError."""
    if not isinstance(document, dict):
        raise MalformedError("the answer is no object")
    return TakenReply(id=take(document, "id", str), kind=take(document, "kind", str), is_new=take(document, "is_new", bool))


def read_taken_event(document: object) -> TakenEvent:
    """Return what an event has done. Raises MalformedError."""
    if not isinstance(document, dict):
        raise MalformedError("the answer is no object")
    return TakenEvent(
        is_new=take(document, "is_new", bool),
        moved=texts(document.get("moved")),
        fields=texts(document.get("fields")),
        reply=take(document, "reply", str),
    )


def _count(document: Mapping[str, Any], name: str) -> int:
    value = take(document, name, int)
    if value < 0:
        raise MalformedError(f"{name} is less than nothing")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedError("is no number")
    return float(value)


def _finding(value: object) -> Finding:
    if not isinstance(value, dict):
        raise MalformedError("a finding is no object")
    return Finding(take(value, "code", str), take(value, "text", str), texts(value.get("refs", [])))
