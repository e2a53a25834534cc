"""The `Mailguard-*` fields that a trusted sender may set (they never leave)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mailguard.mail.header import Header
from mailguard.mail.person_field import PersonField, parse_person

CONTROL_PREFIX = "mailguard-"
MAX_VALUE_CHARACTERS = 255
MAX_ASKED = 50
MAX_PERSONS = 1_000


class MailClass(StrEnum):
    """How much a mail may be stopped."""

    CRITICAL = "critical"
    SERVICE = "service"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class ControlFields:
    """The fields as read; "" or None where absent. `unusable` names the first field whose value cannot be taken.

    `asks`: the names of the fields that the mail asks for, folded, each once. `persons`: what `Mailguard-Person` says, one for
    each field. Fields whose meaning comes with a later capability (Render, Data, Context, Check, Override) are recognised so
    that they are removed; only those that this version acts on are kept here.
    """

    mail_class: MailClass | None = None
    key: str = ""
    template: str = ""
    unusable: str = ""
    asks: tuple[str, ...] = ()
    persons: tuple[PersonField, ...] = ()


PERSON: Final = "Mailguard-Person"
ASKS: Final = "Mailguard-Asks"
NO_CONTROL_FIELDS = ControlFields()
_BETWEEN = re.compile(r"[\s_-]+")
_CLASSES = {each.value: each for each in MailClass}


def read_control(header: Header) -> ControlFields:
    """Return what a trusted client's fields say. Nothing is guessed: a value that cannot be taken is named in `unusable`."""
    if not any(name.startswith(CONTROL_PREFIX) for name in header.names):
        return NO_CONTROL_FIELDS
    unusable: list[str] = []
    mail_class = _CLASSES.get(_one(header, "Mailguard-Class", unusable=unusable).lower())
    if mail_class is None and not unusable and header.named("mailguard-class"):
        unusable.append("Mailguard-Class")
    key = _one(header, "Mailguard-Key", unusable=unusable)
    template = _one(header, "Mailguard-Template", unusable=unusable)
    asks = read_names(_one(header, ASKS, unusable=unusable))
    if len(asks) > MAX_ASKED or (not asks and header.named(ASKS.lower())):
        unusable.append(ASKS)
    persons = _persons(header, unusable=unusable)
    return ControlFields(mail_class, key, template, unusable[0] if unusable else "", asks, persons)


def read_names(text: str) -> tuple[str, ...]:
    """Return the names between commas, folded, with `_` for spaces and hyphens, each once."""
    names = (_BETWEEN.sub("_", part.strip().casefold()) for part in text.split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def _persons(header: Header, *, unusable: list[str]) -> tuple[PersonField, ...]:
    """Return what each field says of whom; nothing where one cannot be taken, or two speak of the same mailbox."""
    values = tuple(dict.fromkeys(header.all(PERSON.lower())))
    found = tuple(person for value in values[:MAX_PERSONS] if (person := parse_person(value)) is not None)
    spoken_of = {person.mailbox.canonical if person.mailbox else "" for person in found}
    if len(found) == len(values) == len(spoken_of):
        return found
    unusable.append(PERSON)
    return ()


def _one(header: Header, name: str, *, unusable: list[str]) -> str:
    """Return the field's one value, "" where it is absent; names it as unusable where it is empty, long, odd or contradicts."""
    values = set(header.all(name.lower()))
    if not values:
        return ""
    value = values.pop()
    if values or not value or len(value) > MAX_VALUE_CHARACTERS or not value.isprintable():
        unusable.append(name)
        return ""
    return value
