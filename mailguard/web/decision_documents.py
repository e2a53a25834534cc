"""What comes in and goes out as JSON about decisions, held mail and overrides, as OpenAPI describes it. Shapes only."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mailguard.policy.finding import Action, Code
from mailguard.web.documents import Address, Line, Moment, Words

MOST_DECISIONS = 1_000
LONGEST_OVERRIDE = 30 * 24 * 60

Reason = Annotated[Words, StringConstraints(max_length=500)]


class DecisionQuery(BaseModel):
    """Which decisions; all that is given must be true."""

    model_config = ConfigDict(extra="forbid")

    since: Moment | None = Field(None, description="Received at this time or later.")
    action: Action | None = Field(None, description="What they came to.")
    client: Line = Field("", description="The client's name.")
    finding: Code | None = Field(None, description="With this finding.")
    broadcast: Line = Field("", description="Of this broadcast: its id.")
    cursor: int = Field(0, ge=0, le=2**62, description="From where on: `next` of the answer before; 0 is the beginning.")
    limit: int = Field(100, ge=1, le=MOST_DECISIONS, description="At most so many.")


class DecisionsDocument(BaseModel):
    """Decisions, oldest first."""

    decisions: list[dict[str, Any]] = Field(description="Each as `log --json` has it.")
    next: int = Field(description="The cursor for what follows; it is good for what comes later, too.")


class ActBody(BaseModel):
    """Why something is done."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = Field("", description="Why; it is recorded.")


class GroupActBody(ActBody):
    """Why something is done to a group, and as who saw it when."""

    before: Moment | None = Field(None, description="Only mail that came before this time; now where it is not said.")


class AssignBody(BaseModel):
    """Who looks after held mail."""

    model_config = ConfigDict(extra="forbid")

    assignee: Annotated[Line, StringConstraints(max_length=200)] = Field(description="The name; empty is nobody.")


class NoteBody(BaseModel):
    """What there is to be known of held mail."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[Words, StringConstraints(max_length=500, pattern=r"\S")] = Field(description="The note.")


class DoneDocument(BaseModel):
    """What an act came to."""

    done: Literal["released", "dropped"]
    messages: list[str] = Field(description="The messages that it has changed.")
    recipients: int = Field(description="The number of their recipients that it has changed.")
    joined: int = Field(description="Recipients of repeats that waited with them, and were dropped.")


class HoldDocument(BaseModel):
    """Held mail of one cause."""

    id: str
    finding: str | None = Field(description="What it is held for; null where it waits to be released for no finding.")
    messages: int
    recipients: int
    repeats: int = Field(description="Recipients that wait with these because they repeat them.")
    client: str
    mail_class: str = Field(serialization_alias="class")
    template: str
    subject: str = Field(description="Of the oldest mail.")
    since: datetime
    newest_at: datetime
    expires_at: datetime | None = Field(description="When the first of it is given up.")
    assignee: str
    notes: int = Field(description="How many there are.")


class HoldsDocument(BaseModel):
    """Held mail by its causes, the longest waiting first."""

    holds: list[HoldDocument]


class OverrideBody(BaseModel):
    """What a token is to be for: a recipient, or a mail."""

    model_config = ConfigDict(extra="forbid")

    to: Address | None = Field(None, description="The recipient that it is for.")
    message: Annotated[Line, StringConstraints(max_length=500)] = Field(
        "", description="The mail that it is for: an ID, or a Message-ID in angle brackets."
    )
    reason: Annotated[Reason, StringConstraints(pattern=r"\S")] = Field(description="Why; it is recorded.")
    minutes: int = Field(60, ge=1, le=LONGEST_OVERRIDE, description="How long it is good for.")


class OverrideDocument(BaseModel):
    """A new token. It is shown once."""

    token: str = Field(description="The value of the field Mailguard-Override.")
    id: str = Field(description="What it is listed and revoked by.")
    expires_at: datetime
