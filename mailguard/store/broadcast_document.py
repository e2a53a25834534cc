"""The document of a broadcast: what `broadcast list`, `broadcast show` and the HTTP API show of it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from mailguard.mail.control import MailClass
from mailguard.policy.facts import State
from mailguard.store.broadcasts import Broadcast


class BroadcastDocument(BaseModel):
    """One signed broadcast, and how far it has gone.

    `name` is the audience's, `source` that of the message's file; `rows` those of the audience as it came, `members` the
    mailboxes that it may go to, `taken` those for which mail was taken; `states`: what has become of that, where it was asked.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    id: str
    name: str
    source: str
    subject: str
    template: str
    mail_class: MailClass = Field(alias="class")
    actor: str
    at: datetime
    signed_at: datetime
    expires_at: datetime
    recalled_at: datetime | None = None
    rows: int
    members: int
    taken: int
    states: dict[State, int] | None = None

    @classmethod
    def of(cls, broadcast: Broadcast) -> Self:
        """The document of a broadcast."""
        return cls(
            id=broadcast.id,
            name=broadcast.name,
            source=broadcast.source,
            subject=broadcast.subject,
            template=broadcast.template,
            mail_class=MailClass(broadcast.mail_class),
            actor=broadcast.actor,
            at=broadcast.at,
            signed_at=broadcast.signed_at,
            expires_at=broadcast.expires_at,
            recalled_at=broadcast.recalled_at,
            rows=broadcast.rows,
            members=broadcast.members,
            taken=broadcast.taken,
            states=None if broadcast.states is None else dict(broadcast.states),
        )
