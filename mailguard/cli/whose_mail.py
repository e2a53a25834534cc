"""Under which anchors the mail of somebody stands whom a command names: a person, a record or a mailbox."""

from __future__ import annotations

from sqlalchemy import Connection

from mailguard.cli.customer_name import named
from mailguard.errors import AddressError
from mailguard.identity.person import person_id, record_anchor
from mailguard.mail.mailbox import parse_mailbox
from mailguard.store.candidates import anchors, owners
from mailguard.store.on_file import shared
from mailguard.store.persons import person_of


def anchors_named(connection: Connection, text: str) -> tuple[str, ...]:
    """Return all anchors of the person that `P17`, `crm:4711` or a mailbox means; what was named first.

    A mailbox that is on no record, or on those of several persons, means itself. Of a person's mailboxes those that others
    have, too, are left out: whose the mail there is nobody knows. Raises NobodyError and UsageError as `named` does.
    """
    mailbox = _mailbox(text)
    if mailbox and len({owner.person for owner in owners(connection, [mailbox]).get(mailbox, ())}) != 1:
        return (mailbox,)
    person = named(connection, text).person
    found = anchors(connection, [person]).get(person, ())
    apart = shared(connection, [anchor for anchor in found if "@" in anchor])
    first = mailbox or record_anchor(person)
    return tuple(dict.fromkeys((first, *(anchor for anchor in found if anchor not in apart))))


def person_shown(connection: Connection, anchor: str) -> str:
    """Return whom an anchor means now, as a command shows it: `P17`, or the mailbox."""
    if "@" in anchor:
        return anchor
    record = int(anchor[1:])
    return person_id(person_of(connection, [record]).get(record, record))


def _mailbox(text: str) -> str:
    try:
        return parse_mailbox(text.strip()).canonical
    except AddressError:
        return ""
