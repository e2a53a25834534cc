"""Which of the mail that waits is meant, and that as conditions of a query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_

from mailguard.policy.finding import Code
from mailguard.store.plain_text import mark_of, storable
from mailguard.store.tables import MESSAGE, RECIPIENT

FINDINGS = func.coalesce(RECIPIENT.c.findings, MESSAGE.c.findings)
"""A recipient's findings: its own, or all of the message's."""

REVERSE_PATH = func.coalesce(RECIPIENT.c.reverse_path, MESSAGE.c.reverse_path)
"""A recipient's reverse-path: of its own transaction, or the message's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is given must all hold; one that gives nothing means nothing, unless it says `everything`.

    `ids`: ids of messages, or Message-IDs in angle brackets. `sender`: a reverse-path, its domain, or a client's name.
    `older_than`: received before then.
    """

    ids: tuple[str, ...] = ()
    finding: Code | None = None
    sender: str = ""
    older_than: datetime | None = None
    everything: bool = False

    @property
    def means_nothing(self) -> bool:
        """Whether nothing is given."""
        return not (self.ids or self.finding or self.sender or self.older_than or self.everything)

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """What holds for a recipient, joined to its message, that is meant."""
        if self.ids:
            yield is_one_of(self.ids)
        if self.finding:
            yield FINDINGS.contains(mark_of(self.finding), autoescape=True)
        if self.sender:
            domain = REVERSE_PATH.endswith(f"@{self.sender}", autoescape=True)
            yield or_(REVERSE_PATH.in_([self.sender]), domain, MESSAGE.c.client == self.sender)
        if self.older_than:
            yield RECIPIENT.c.at < self.older_than


def is_one_of(names: tuple[str, ...]) -> ColumnElement[bool]:
    """What holds for a message that one of `names` is the id of, or the Message-ID, in angle brackets."""
    message_ids = [storable(name[1:-1]) for name in names if name.startswith("<") and name.endswith(">")]
    return or_(MESSAGE.c.id.in_([name.upper() for name in names]), MESSAGE.c.message_id.in_(message_ids))


def is_named(name: str, *, id: str, message_id: str) -> bool:
    """Whether `name` names that message."""
    return name.upper() == id or (name.startswith("<") and storable(name[1:-1]) == message_id)
