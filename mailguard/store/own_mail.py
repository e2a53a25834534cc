"""Mail that mailguard itself writes: DSNs and notices, in the ledger like any other, but decided by nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from mailguard.mail.control import MailClass
from mailguard.mail.envelope import BodyType
from mailguard.mail.mailbox import Mailbox
from mailguard.policy.facts import State
from mailguard.policy.finding import Action
from mailguard.policy.parcel import Destination, Parcel
from mailguard.store.instant import to_micros
from mailguard.store.intake import INSERT_CONTENT, INSERT_MESSAGE, INSERT_RECIPIENT
from mailguard.store.plain_text import storable

OWN_CLIENT = "mailguard"
"""The client of mail that mailguard itself writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMail:
    """A mail that mailguard itself writes: a DSN or a notice, from the null reverse-path. `template` says which."""

    id: str
    message_id: str
    subject: str
    template: str
    recipients: tuple[Mailbox, ...]
    octets: bytes
    body: BodyType = BodyType.SEVEN_BIT
    smtputf8: bool = False


def put_own(
    connection: Connection, mails: Sequence[OwnMail], *, now: datetime, expires_at: datetime, owner: str = ""
) -> list[Parcel]:
    """Write `mails`, due at once, and return them as parcels.

    Without `owner` they are nobody's: whoever leases them delivers them, and the parcels are not for sending.
    """
    at, until = to_micros(now), to_micros(expires_at)
    INSERT_MESSAGE.run(connection, [_own_message_row(mail, at) for mail in mails])
    INSERT_CONTENT.run(connection, [(mail.id, mail.octets) for mail in mails])
    INSERT_RECIPIENT.run(connection, [row for mail in mails for row in _own_recipient_rows(mail, at, until, owner)])
    return [_own_parcel(mail, expires_at) for mail in mails]


def _own_message_row(mail: OwnMail, at: int) -> tuple[Any, ...]:
    return (
        mail.id,
        at,
        OWN_CLIENT,
        "",
        storable(mail.message_id),
        storable(mail.subject),
        MailClass.SERVICE.value,
        mail.template,
        Action.DELIVER.value,
        "",
        None,
        None,
        sha256(mail.octets).digest(),
        b"",
        b"",
        b"",
        None,
        len(mail.octets),
        0,
        False,
        False,
        True,
        mail.body.value,
        mail.smtputf8,
        "",
        "",
        None,
        None,
        None,
    )


def _own_recipient_rows(mail: OwnMail, at: int, until: int, owner: str) -> list[tuple[Any, ...]]:
    action, state = Action.DELIVER.value, State.QUEUED.value
    return [
        (
            mail.id,
            n,
            box.wire,
            box.canonical,
            None,
            None,
            action,
            state,
            None,
            None,
            "",
            "",
            None,
            at,
            b"",
            at,
            owner,
            None,
            until,
            False,
            None,
        )
        for n, box in enumerate(mail.recipients)
    ]


def _own_parcel(mail: OwnMail, expires_at: datetime) -> Parcel:
    destinations = tuple(Destination(n, box.wire, "", "", (), expires_at) for n, box in enumerate(mail.recipients))
    return Parcel(mail.id, mail.octets, "", mail.body, mail.smtputf8, "", "", destinations)
