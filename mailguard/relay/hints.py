"""What a mail tells of each of its recipients, read before the ledger is asked: the sender's fields, the names in To and Cc.

Knows no record; whom the hints mean is for `resolution` to find out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from mailguard.identity.query import Query, query_of
from mailguard.identity.record import MAIL_SOURCE, Record
from mailguard.mail.control import PERSON
from mailguard.mail.envelope import Envelope
from mailguard.mail.mailbox import Mailbox
from mailguard.mail.message import Message
from mailguard.mail.person_field import PersonField
from mailguard.policy.limits import Limits

_NOTHING: Final = Record(source=MAIL_SOURCE, source_key="")

MOST_NAMED: Final = 50
"""Recipients of one mail whose display names are read: one that shows more is held, whoever they are."""


@dataclass(frozen=True, slots=True)
class Hint:
    """One recipient. `told`: what a trusted sender says, as a record of the source `mail` (without a key); None where nothing.

    `is_own`: in own_domains, where only the exact mailbox counts. `is_trusted`: whether the client's word makes records.
    """

    query: Query
    told: Record | None = None
    is_own: bool = False
    is_trusted: bool = False


def hints_of(message: Message, envelope: Envelope, *, limits: Limits, is_trusted: bool, region: str) -> tuple[Hint, ...]:
    """Return what is told of each recipient, in the order of the envelope. Only a trusted client's message has `persons`."""
    boxes = [path.mailbox for path in envelope.recipients]
    told = _told(message, envelope, limits)
    names = {box.canonical: box.display_name for box in islice(message.visible, MOST_NAMED) if box.display_name}
    return tuple(
        _own(box)
        if limits.is_own(box.domain)
        else _outside(box, told.get(box.canonical), names=names, is_trusted=is_trusted, region=region)
        for box in boxes
    )


def unaddressed_field(message: Message, envelope: Envelope, limits: Limits) -> str:
    """Return the name of the field that does not say which of several mailboxes it speaks of, "" where there is none."""
    if all(person.mailbox is not None for person in message.control.persons):
        return ""
    shown = (*(path.mailbox for path in envelope.recipients), *message.visible)
    return PERSON if len({box.canonical for box in shown if not limits.is_own(box.domain)}) > 1 else ""


def record_of(mailbox: Mailbox, field: PersonField) -> Record:
    """Return what a field says of the owner of `mailbox`, as a record without a key."""
    facts: dict[str, Any] = dict(field.facts)
    emails = (mailbox.wire, *(part.strip() for part in facts.pop("email", "").split(";")))
    return replace(_NOTHING, emails=tuple(filter(None, emails)), **facts)


def _told(message: Message, envelope: Envelope, limits: Limits) -> dict[str, PersonField]:
    """Return the fields by canonical mailbox; one that names none speaks of the outside recipient, where there is but one."""
    if not message.control.persons:
        return {}
    outside = {path.mailbox.canonical for path in envelope.recipients if not limits.is_own(path.mailbox.domain)}
    only = "" if unaddressed_field(message, envelope, limits) else next(iter(outside), "")
    return {person.mailbox.canonical if person.mailbox else only: person for person in message.control.persons}


def _own(mailbox: Mailbox) -> Hint:
    return Hint(query_of(mailbox), is_own=True)


def _outside(mailbox: Mailbox, field: PersonField | None, *, names: Mapping[str, str], is_trusted: bool, region: str) -> Hint:
    name = names.get(mailbox.canonical)
    box = replace(mailbox, display_name=name) if name else mailbox
    if field is None:
        return Hint(query_of(box, region=region), is_trusted=is_trusted)
    record = record_of(mailbox, field)
    references = (field.customer,) if field.customer else ()
    query = query_of(box, hints=record, references=references, region=region)
    return Hint(query, record, is_trusted=is_trusted)
