"""The `Mailguard-*` fields that a trusted sender may set (they never leave)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailguard.mail.header import Header

CONTROL_PREFIX = "mailguard-"
MAX_VALUE_CHARACTERS = 255


class MailClass(StrEnum):
    """How much a mail may be stopped."""

    CRITICAL = "critical"
    SERVICE = "service"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class ControlFields:
    """The fields as read; "" or None where absent. `unusable` names the first field whose value cannot be taken.

    Fields whose meaning comes with a later capability (Person, Render, Data, Context, Check, Override, Asks) are
    recognised so that they are removed; only those that this version acts on are kept here.
    """

    mail_class: MailClass | None = None
    key: str = ""
    template: str = ""
    unusable: str = ""


NO_CONTROL_FIELDS = ControlFields()
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
    return ControlFields(mail_class, key, template, unusable=unusable[0] if unusable else "")


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
