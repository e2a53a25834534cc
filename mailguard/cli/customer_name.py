"""Whom a command means: a person (`P17`), a record (`crm:4711`) or a mailbox, as somebody writes it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from mailguard.errors import AddressError, MailguardError, UsageError
from mailguard.identity.person import parse_person, person_id
from mailguard.mail.mailbox import parse_mailbox
from mailguard.store.candidates import owners
from mailguard.store.persons import person_of
from mailguard.store.records import find


class NobodyError(MailguardError):
    """Nobody is known by that name: the answer is no."""


@dataclass(frozen=True, slots=True)
class Named:
    """Who is meant. `record`: the one that was named, None where a person or a mailbox was."""

    person: int
    record: int | None = None


def named(connection: Connection, text: str) -> Named:
    """Return who is meant; the number of any record of a person, also of one that was joined to an older one, leads to it.

    Raises NobodyError where nobody is, and UsageError for what is no name, or the mailbox of several persons.
    """
    text = text.strip()
    record = _record(connection, text)
    if record is not None:
        return Named(_person(connection, record, text), None if _is_person(text) else record)
    if ":" not in text and "@" in text:
        return Named(_owner(connection, text))
    if _is_person(text) or ":" in text:
        raise NobodyError(f"nobody is known as {text}")
    raise UsageError(f"{text!r} names nobody; write a person (P17), a record (crm:4711) or a mailbox")


def record_named(connection: Connection, text: str) -> int:
    """Return the number of the record that `crm:4711` means. Raises NobodyError, and UsageError for what is no such name."""
    source, _, key = text.strip().partition(":")
    if not (source and key):
        raise UsageError(f"{text!r} is no record; write its source and its key there, such as crm:4711")
    record = find(connection, [(source, key)]).get((source, key))
    if record is None:
        raise NobodyError(f"there is no record {text}")
    return record


def _is_person(text: str) -> bool:
    try:
        parse_person(text)
    except ValueError:
        return False
    return True


def _record(connection: Connection, text: str) -> int | None:
    """The record that the text names, as a person's number or by its source and key."""
    if _is_person(text):
        return parse_person(text)
    source, _, key = text.partition(":")
    return find(connection, [(source, key)]).get((source, key)) if source and key else None


def _person(connection: Connection, record: int, text: str) -> int:
    person = person_of(connection, [record]).get(record)
    if person is None:
        raise NobodyError(f"nobody is known as {text}")
    return person


def _owner(connection: Connection, text: str) -> int:
    try:
        mailbox = parse_mailbox(text).canonical
    except AddressError as error:
        raise UsageError(f"{text!r} is no mailbox; write NAME@DOMAIN") from error
    persons = sorted({owner.person for owner in owners(connection, [mailbox]).get(mailbox, ())})
    if not persons:
        raise NobodyError(f"no record has the mailbox {text}")
    if len(persons) > 1:
        raise UsageError(f"{text} is the mailbox of {', '.join(map(person_id, persons))}; name one of them")
    return persons[0]
