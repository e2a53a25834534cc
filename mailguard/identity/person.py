"""Who a recipient is, with how much certainty; and how a person is written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailguard.mail.mailbox import Mailbox

_PERSON = re.compile(r"P([1-9]\d{0,17})")  # a record's number has 63 bits


@dataclass(frozen=True, slots=True)
class Resolution:
    """The person behind a mailbox. `person`: P and its oldest record's number, or the canonical mailbox where no record is.

    `probability`: 0 to 1. `anchor`: under which the ledger keeps mail to this recipient; a property of the mailbox, not of the
    person, so that a merge or a split changes nothing there. `anchors`: all under which mail to the person may stand.
    `record`: the one that the mailbox or a hint means, where it is one. `refs`: the records (`crm:4711`) that this
    rests on.
    """

    mailbox: Mailbox
    person: str
    probability: float
    anchor: str = ""
    anchors: tuple[str, ...] = ()
    record: int | None = None
    refs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.anchor:
            object.__setattr__(self, "anchor", self.mailbox.canonical)
        if not self.anchors:
            object.__setattr__(self, "anchors", (self.anchor,))


def unknown(mailbox: Mailbox) -> Resolution:
    """Return the resolution of a mailbox that no record has: one canonical mailbox is one person."""
    return Resolution(mailbox, mailbox.canonical, 1.0)


def person_id(record: int) -> str:
    """Return a person as text, by the number of its oldest record."""
    return f"P{record}"


def parse_person(text: str) -> int:
    """Return the number of a person's oldest record. Raises ValueError for what is no person, such as a mailbox."""
    found = _PERSON.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no person: a person is P and a number, as in P17")
    return int(found[1])


def record_anchor(record: int) -> str:
    """Return the anchor of mail to one record's person at a mailbox that several persons share."""
    return f"R{record}"
