"""Whose recorded mail was, as it was recorded; under which anchors the rest of their mail stands, as the records are now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from sqlalchemy import Connection

from mailguard.identity.person import Resolution, parse_person
from mailguard.mail.mailbox import Mailbox, parse_mailbox
from mailguard.relay.replay_mail import Transaction
from mailguard.store.candidates import anchors
from mailguard.store.on_file import shared
from mailguard.store.persons import person_of
from mailguard.store.recorded import RecordedRecipient


def persons_then(source: Connection, transactions: Sequence[Transaction]) -> list[tuple[Resolution, ...]]:
    """Whose the recipients of each transaction were, in the order of its envelope."""
    recipients = [one for transaction in transactions for one in transaction.recipients]
    of_person = _anchors(source, {one.person for one in recipients if "@" not in one.person})
    found = (_resolution(one, of_person.get(one.person, ())) for one in recipients)
    return [tuple(islice(found, len(transaction.recipients))) for transaction in transactions]


def records_of(resolutions: Iterable[Resolution]) -> set[int]:
    """The persons among these that have records, by number."""
    return {parse_person(one.person) for one in resolutions if one.record is not None}


def _anchors(source: Connection, persons: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Person as recorded → all under which the mail of whoever that is now stands; nothing for who was forgotten."""
    numbers = {person: parse_person(person) for person in persons}
    now = person_of(source, numbers.values())
    found = anchors(source, set(now.values()))
    apart = shared(source, {anchor for own in found.values() for anchor in own if "@" in anchor})
    return {
        person: tuple(anchor for anchor in found[now[number]] if anchor not in apart)
        for person, number in numbers.items()
        if number in now
    }


def _resolution(recipient: RecordedRecipient, of_person: Sequence[str]) -> Resolution:
    mailbox = parse_mailbox(recipient.mailbox)
    if not of_person:
        return Resolution(mailbox, recipient.person, recipient.probability, anchor=recipient.anchor)
    return Resolution(
        mailbox,
        recipient.person,
        recipient.probability,
        anchor=recipient.anchor,
        anchors=tuple(dict.fromkeys((recipient.anchor, *_own(recipient, mailbox), *of_person))),
        record=parse_person(recipient.person),
    )


def _own(recipient: RecordedRecipient, mailbox: Mailbox) -> tuple[str, ...]:
    """The mailbox itself, unless it was shared: then the mail hangs on a record."""
    return (mailbox.canonical,) if "@" in recipient.anchor else ()
