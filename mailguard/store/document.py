"""The ledger's documents, as the contract names them: what `why`, `log` and the HTTP API show of a message."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from mailguard.mail.control import MailClass
from mailguard.policy.facts import State
from mailguard.policy.finding import Action, Code
from mailguard.policy.reply import ReplyState


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    def as_json(self) -> str:
        """The document on one line; what is not known or not asked for is left out."""
        return self.model_dump_json(exclude_none=True)


class FindingDocument(_Document):
    """One finding."""

    code: Code
    text: str
    refs: tuple[str, ...]


class AttemptDocument(_Document):
    """One try to hand a recipient's mail on. `uncertain`: True where the next hop may have the mail, else None."""

    at: datetime
    next_hop: str
    answer: str
    uncertain: bool | None = None


class EventDocument(_Document):
    """What a person, or the clock, did to the mail of recipient `n` later."""

    at: datetime
    n: int
    actor: str
    verb: str
    reason: str


class RecalledDocument(_Document):
    """The recall by which the mail was taken back."""

    recall: str
    at: datetime
    actor: str
    reason: str


class OpenReplyDocument(_Document):
    """A reply of the recipient's that the mail passes over, as it is now. `text`: its first words; None when they are gone."""

    id: str
    received_at: datetime
    state: ReplyState
    language: str
    text: str | None = None


class ComparisonDocument(_Document):
    """What one field of two records says: its comparison level, and the bits that it adds to the match weight."""

    field: str
    level: str
    weight: float


class GroundDocument(_Document):
    """A link of the recipient's record to another one of the same person. Records are "source:source_key"."""

    records: tuple[str, str]
    probability: float
    match_weight: float
    origin: str
    comparisons: tuple[ComparisonDocument, ...]


class RecipientDocument(_Document):
    """One recipient. `attempts` None: not asked for. `joins`: the held message that this one waits with.

    `leaves_at`: what is queued is tried for the first time then, not before; None where it is with a worker. `paused`: True or
    None.
    `person` and `probability` are as they were when the mail came. Of one that is on file, and where it is asked for:
    `person_now` has the mail now, `records` are that person's, `rests_on` the links of the recipient's record to the others.
    """

    n: int
    mailbox: str
    person: str
    probability: float
    action: Action
    state: State
    findings: tuple[FindingDocument, ...]
    attempts: tuple[AttemptDocument, ...] | None = None
    joins: str | None = None
    due_at: datetime | None = None
    leaves_at: datetime | None = None
    expires_at: datetime | None = None
    paused: bool | None = None
    person_now: str | None = None
    records: tuple[str, ...] | None = None
    rests_on: tuple[GroundDocument, ...] | None = None


class MessageDocument(_Document):
    """One message, or one replay of it.

    `findings`: those of all recipients, each once. `shadow`: it was delivered against the decision, in mode `shadow`. `others`:
    further messages with the Message-ID that was asked for, newest first. `has_content`: it could still be released.
    `open_replies`: what the recipients wrote that the mail passes over, where it does. `recalled`: who took it back.
    `broadcast`: the one whose check vouches for it; `brand`: that of its client.
    """

    id: str
    received_at: datetime
    client: str
    reverse_path: str
    message_id: str
    subject: str
    mail_class: MailClass = Field(alias="class")
    template: str
    action: Action
    answer: str
    shadow: bool
    size: int
    findings: tuple[FindingDocument, ...]
    recipients: tuple[RecipientDocument, ...]
    broadcast: str | None = None
    brand: str | None = None
    events: tuple[EventDocument, ...] | None = None
    has_content: bool | None = None
    open_replies: tuple[OpenReplyDocument, ...] | None = None
    recalled: RecalledDocument | None = None
    others: tuple[str, ...] | None = None


class DayDocument(_Document):
    """The messages of one day (UTC), by action."""

    day: str
    messages: int
    actions: dict[Action, int]


class StatsDocument(_Document):
    """Counts since a point in time.

    `states`, `findings` and `would_stop` count recipients, the others messages, without replays. `would_stop`: by finding, the
    recipients that mode `shadow` let pass and `enforce` would have stopped. `senders`: those with the most messages.
    `broadcasts`: those whose check vouches for messages.
    """

    since: datetime
    messages: int
    replays: int
    recipients: int
    octets: int
    actions: dict[Action, int]
    states: dict[State, int]
    classes: dict[MailClass, int]
    findings: dict[Code, int]
    would_stop: dict[Code, int]
    clients: dict[str, int]
    senders: dict[str, int]
    broadcasts: dict[str, int]
    days: tuple[DayDocument, ...]


class ShadowSenderDocument(_Document):
    """A client's mail from a domain ("": the null reverse-path) that a finding would have stopped. `examples`: newest ids."""

    client: str
    domain: str
    finding: Code
    messages: int
    recipients: int
    examples: tuple[str, ...]


class ShadowDayDocument(_Document):
    """The recipients of one day (UTC) that would have been stopped, by finding; one with two findings counts twice."""

    day: str
    findings: dict[Code, int]


class ShadowDocument(_Document):
    """What mode `shadow` let pass since a point in time and `enforce` would have stopped.

    `messages` and `recipients` are all there were, without replays. `actions`: messages that would have been held or rejected,
    or some recipient's of theirs; `would_stop`: recipients. `senders`: by sender and finding, the most recipients first.
    """

    since: datetime
    messages: int
    recipients: int
    would_stop: int
    actions: dict[Action, int]
    senders: tuple[ShadowSenderDocument, ...]
    days: tuple[ShadowDayDocument, ...]
