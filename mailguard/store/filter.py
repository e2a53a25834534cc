"""Which of the mail that waits is meant, and that as conditions of a query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, and_, func, not_, or_

from mailguard.mail.control import MailClass
from mailguard.policy.finding import Code
from mailguard.store.plain_text import MARK, mark_of, storable
from mailguard.store.tables import IS_HELD, MESSAGE, RECIPIENT

FINDINGS = func.coalesce(RECIPIENT.c.findings, MESSAGE.c.findings)
"""A recipient's findings: its own, or all of the message's."""

REVERSE_PATH = func.coalesce(RECIPIENT.c.reverse_path, MESSAGE.c.reverse_path)
"""A recipient's reverse-path: of its own transaction, or the message's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFor:
    """A cause that mail is held for: whose mail, of which template, for which finding (None for none).

    `before`: the findings with which a mail would be held for those. What waits as a repeat of other held mail is not meant.
    """

    client: str
    mail_class: MailClass
    template: str
    code: Code | None
    before: tuple[Code, ...] = field(default=(), compare=False)

    @property
    def id(self) -> str:
        """The cause's id: G and eight hexadecimal digits, the same for the same cause everywhere."""
        named = "\0".join((self.client, self.mail_class, self.template, self.code or ""))
        return f"G{sha256(named.encode()).hexdigest()[:8]}"

    def condition(self) -> ColumnElement[bool]:
        """What holds for a recipient, joined to its message, that waits for this."""
        found = func.coalesce(FINDINGS, "")
        mark = mark_of(self.code) if self.code else MARK
        is_found = found.contains(mark, autoescape=True)
        return and_(
            IS_HELD,
            RECIPIENT.c.joins.is_(None),
            MESSAGE.c.client == self.client,
            MESSAGE.c.mail_class == self.mail_class.value,
            MESSAGE.c.template == self.template,
            is_found if self.code else not_(is_found),
            *(not_(found.contains(mark_of(code), autoescape=True)) for code in self.before),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is given must all hold; one that gives nothing means nothing, unless it says `everything`.

    `ids`: ids of messages, or Message-IDs in angle brackets; `causes`: what is held for these, beside the ids. `but`: not what
    is held for these. `sender`: a reverse-path, its domain, or a client's name. `older_than`: received before then.
    `expires_before`: given up then or earlier, if nobody does anything.
    """

    ids: tuple[str, ...] = ()
    causes: tuple[HeldFor, ...] = ()
    but: tuple[HeldFor, ...] = ()
    finding: Code | None = None
    sender: str = ""
    older_than: datetime | None = None
    expires_before: datetime | None = None
    everything: bool = False

    @property
    def means_nothing(self) -> bool:
        """Whether nothing is given."""
        return not (self.ids or self.causes or self.finding or self.sender or self.older_than or self.everything)

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """What holds for a recipient, joined to its message, that is meant."""
        if self.ids or self.causes:
            yield or_(is_one_of(self.ids), *(cause.condition() for cause in self.causes))
        for cause in self.but:
            yield not_(cause.condition())
        if self.finding:
            yield FINDINGS.contains(mark_of(self.finding), autoescape=True)
        if self.sender:
            domain = REVERSE_PATH.endswith(f"@{self.sender}", autoescape=True)
            yield or_(REVERSE_PATH.in_([self.sender]), domain, MESSAGE.c.client == self.sender)
        if self.older_than:
            yield RECIPIENT.c.at < self.older_than
        if self.expires_before:
            yield RECIPIENT.c.expires_at <= self.expires_before


def is_one_of(names: tuple[str, ...]) -> ColumnElement[bool]:
    """What holds for a message that one of `names` is the id of, or the Message-ID, in angle brackets."""
    message_ids = [storable(name[1:-1]) for name in names if name.startswith("<") and name.endswith(">")]
    return or_(MESSAGE.c.id.in_([name.upper() for name in names]), MESSAGE.c.message_id.in_(message_ids))


def is_named(name: str, *, id: str, message_id: str) -> bool:
    """Whether `name` names that message."""
    return name.upper() == id or (name.startswith("<") and storable(name[1:-1]) == message_id)
