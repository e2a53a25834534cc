"""What is said of a recall, as the command prints it and HTTP answers it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from mailguard.policy.facts import State
from mailguard.store.recall_report import Recipient


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)


class ReachedDocument(_Document):
    """One who got the mail, or may have: by which message, when, and what the next hop said."""

    mailbox: str
    message: str
    n: int
    at: datetime
    next_hop: str
    answer: str


class SparedDocument(_Document):
    """One who did not get the mail, and what became of it instead."""

    mailbox: str
    message: str
    state: State


class ApologyDocument(_Document):
    """The drafts to those who got it or may have: number, ids, and the groups in which they are held."""

    messages: int
    ids: tuple[str, ...]
    groups: tuple[str, ...]


class RecallDocument(_Document):
    """A recall and what came of it.

    `recall` None: a rehearsal, nothing was changed. `targets`: what was named; `unknown`: what of it is in no ledger.
    `messages`, `recipients` and `states` are of all mail that is meant. `cancelled`: recipients whose mail was. `under_way`:
    those of whom a worker had not said yet what becomes of it. `not_delivered` None: not asked for. `earlier`: recalls that had
    taken back some of the same mail before.
    """

    recall: str | None
    at: datetime
    actor: str
    reason: str
    targets: tuple[str, ...]
    unknown: tuple[str, ...]
    messages: int
    recipients: int
    states: dict[State, int]
    cancelled: int
    delivered: tuple[ReachedDocument, ...]
    uncertain: tuple[ReachedDocument, ...]
    not_delivered: tuple[SparedDocument, ...] | None
    under_way: int
    apology: ApologyDocument
    earlier: tuple[str, ...]


def reached(recipients: Iterable[Recipient]) -> tuple[ReachedDocument, ...]:
    """Those of them that an attempt has reached, or may have."""
    return tuple(
        ReachedDocument(
            mailbox=one.mailbox,
            message=one.message,
            n=one.n,
            at=one.attempt.at,
            next_hop=one.attempt.next_hop,
            answer=one.attempt.answer,
        )
        for one in recipients
        if one.attempt is not None
    )


def spared(recipients: Iterable[Recipient]) -> tuple[SparedDocument, ...]:
    """Those whom nothing has reached."""
    return tuple(SparedDocument(mailbox=one.mailbox, message=one.message, state=one.state) for one in recipients)
