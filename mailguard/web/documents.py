"""What comes in and goes out as JSON, as OpenAPI describes it. Shapes only; what they mean is for their makers to say."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from mailguard.errors import AddressError
from mailguard.mail.control import MAX_ASKED, MAX_VALUE_CHARACTERS, MailClass, read_names
from mailguard.mail.mailbox import MAX_MAILBOX_OCTETS, parse_mailbox

MOST_CONTEXTS = 1_000
MOST_EVENTS = 1_000
MOST_REPLIES = 1_000

ClassName = Literal["critical", "service", "bulk"]
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}")
Line = Annotated[str, StringConstraints(max_length=MAX_VALUE_CHARACTERS, pattern=r"^[^\x00-\x1F\x7F]*$")]
Words = Annotated[str, StringConstraints(max_length=65_536, pattern=r"^[^\x00]*$")]


def _check_address(text: str) -> str:
    try:
        parse_mailbox(text)
    except AddressError:
        raise ValueError(f"{text[:80]!r} is no mailbox; write NAME@DOMAIN") from None
    return text


def _check_moment(value: Any) -> Any:
    """Return what may be a time as RFC 3339 writes it: pydantic alone would take a number of seconds, too."""
    if isinstance(value, str) and not _DATE.match(value):
        raise ValueError("is no time; write it as RFC 3339 does, such as 2026-11-19T08:12:00Z")
    if value is not None and not isinstance(value, str):
        raise ValueError("is no text; write a time as RFC 3339 does, such as 2026-11-19T08:12:00Z")
    return value


def _check_asks(names: list[str]) -> list[str]:
    return list(read_names(",".join(names)))


def _split(value: Any) -> Any:
    """Return the names of each text of a list: a query may have them with commas."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return [name for each in value for name in each.split(",")]
    return value


Address = Annotated[
    str,
    StringConstraints(max_length=MAX_MAILBOX_OCTETS),
    AfterValidator(_check_address),
    Field(description="A mailbox, such as ada@customer.example.", json_schema_extra={"format": "email"}),
]
Moment = Annotated[AwareDatetime, BeforeValidator(_check_moment)]
Asks = Annotated[list[Line], BeforeValidator(_split), AfterValidator(_check_asks)]


class Asked(BaseModel):
    """What is told of a mail that is to be written."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)

    template: Line = Field("", description="The name of its template.")
    mail_class: ClassName = Field(MailClass.SERVICE.value, alias="class", description="Its class.")
    asks: Asks = Field([], description="The fields that it asks the customer for.", max_length=MAX_ASKED)


class ContextQuery(Asked):
    """One address, and the mail that is to be written to it."""

    address: Address


class ContextsQuery(Asked):
    """Many addresses, and the mail that is to be written to each."""

    addresses: list[Address] = Field(max_length=MOST_CONTEXTS, description="The mailboxes; the answer has their order.")


class ContextDocument(BaseModel):
    """What is known of one person towards one mailbox."""

    context_id: str = Field(description="Send it as Mailguard-Context with the mail that was written with this.")
    reply_aware: bool = Field(description="The person has answered, and the answer is open or acknowledged.")
    reply_state: Literal["none", "open", "acknowledged", "resolved"]
    open_replies: int = Field(description="Replies that nobody has resolved, within reply_window.")
    last_reply_at: datetime | None
    last_reply_language: str | None = Field(description="ISO 639-1, of the last reply.")
    sent_count: int = Field(description="Mails sent, counted up to 1,000 a mailbox.")
    last_sent_at: datetime | None
    last_same_template_at: datetime | None = Field(description="Among the last 200 mails of a mailbox.")
    known_customer: bool
    known_fields: list[str] = Field(description="Names of the fields that are on file, never their values.")
    person: str | None
    probability: float | None
    would: Literal["deliver", "hold", "reject"] = Field(description="What the rules that need no text lead to.")
    findings: list[dict[str, Any]] = Field(description="Each with code, text and refs.")


class ContextsDocument(BaseModel):
    """The contexts, in the order of the addresses."""

    contexts: list[ContextDocument]


class ReplyQuery(BaseModel):
    """Which replies; all that is given must be true."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["", "open", "acknowledged", "resolved"] = Field("", description="Their state; empty is any.")
    kind: Literal["", "human", "automatic", "bounce", "complaint", "unsubscribe"] = Field("", description="What they are.")
    address: Address | None = Field(None, description="A mailbox; the replies of the person whose it is.")
    brand: Line = Field("", description="The brand that they were written to.")
    overdue: bool = Field(default=False, description="Only those whose due time has passed; by that, oldest first.")
    since: Moment | None = Field(None, description="Taken in at this time or later.")
    until: Moment | None = Field(None, description="Taken in before this time.")
    limit: int = Field(100, ge=1, le=MOST_REPLIES, description="At most so many, the newest.")


class RepliesDocument(BaseModel):
    """Replies, the newest first."""

    replies: list[dict[str, Any]]


class TakenDocument(BaseModel):
    """What became of a mail that was handed in."""

    id: str = Field(description="Its id in the ledger; that of the first copy where this is another one.")
    kind: Literal["human", "automatic", "bounce", "complaint", "unsubscribe"]
    is_new: bool = Field(description="False: it was there already, and nothing was done.")


class MoveBody(BaseModel):
    """Why a reply is acknowledged or resolved."""

    model_config = ConfigDict(extra="forbid")

    reason: Words = Field("", max_length=500, description="Why; it is recorded.")


class EventBody(BaseModel):
    """What the system of record says happened."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    event: Literal["field_known", "acknowledged", "resolved", "ticket_closed", "task_done", "score_given"]
    id: Annotated[Line, StringConstraints(min_length=1)] = Field(description="The event's own id; the same one counts once.")
    at: Moment | None = Field(None, description="When it happened; now where it is not said.")
    customer: Line = Field("", description="Of whom: a record, such as crm:4711.")
    person: Line = Field("", description="Of whom: a person, such as P17.")
    mailbox: Annotated[str, StringConstraints(max_length=MAX_MAILBOX_OCTETS)] = Field("", description="Of whom: a mailbox.")
    reply: Line = Field("", description="Which reply: its id.")
    message_id: Line = Field("", description="Which reply: its Message-ID.")
    fields: dict[Line, Words | None] = Field({}, description="field_known: the fields; null where the value is not told.")
    score: int | None = Field(None, ge=0, le=10, description="score_given: the score.")
    template: Line = Field("", description="score_given: the survey's template.")
    text: Words = Field("", description="score_given: what the customer said with it.")
    reason: Words = Field("", max_length=500, description="Why; it is recorded.")


class EventsBody(BaseModel):
    """Several events: all of them count, or none."""

    model_config = ConfigDict(extra="forbid")

    events: list[EventBody] = Field(min_length=1, max_length=MOST_EVENTS)


class TakenEventDocument(BaseModel):
    """What an event has done."""

    is_new: bool = Field(description="False: it was taken before, and nothing was done.")
    moved: list[str] = Field(description="The replies that it has brought forward.")
    fields: list[str] = Field(description="The fields that are known from now on.")
    reply: str = Field(description="The reply that a score was written down as, else empty.")


class TakenEventsDocument(BaseModel):
    """What each event has done, in order."""

    events: list[TakenEventDocument]
