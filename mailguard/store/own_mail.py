"""Mail that mailguard itself writes: DSNs and notices, in the ledger like any other, but decided by nobody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select

from mailguard.mail.control import MailClass
from mailguard.mail.envelope import BodyType
from mailguard.mail.mailbox import Mailbox
from mailguard.policy.facts import State
from mailguard.policy.finding import Action, Finding
from mailguard.policy.parcel import Destination, Parcel
from mailguard.store.instant import to_micros
from mailguard.store.intake import INSERT_CONTENT, INSERT_MESSAGE, INSERT_RECIPIENT
from mailguard.store.plain_text import findings_to_json, storable
from mailguard.store.tables import MESSAGE

OWN_CLIENT = "mailguard"
"""The client of mail that mailguard itself writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMail:
    """A mail that mailguard itself writes: a DSN, a notice or a draft. `template` says which.

    `reverse_path` "" is the null one. `held_for`: what a draft waits for until a person releases it, None for what leaves.
    `answers`: the Message-ID in In-Reply-To, "" for none. `key`: a second mail with the same is a mistake; "" for none.
    """

    id: str
    message_id: str
    subject: str
    template: str
    recipients: tuple[Mailbox, ...]
    octets: bytes
    body: BodyType = BodyType.SEVEN_BIT
    smtputf8: bool = False
    reverse_path: str = ""
    held_for: Finding | None = None
    answers: str = ""
    key: str = ""


def own_among(connection: Connection, messages: Collection[str]) -> frozenset[str]:
    """Those of these messages that mailguard itself wrote."""
    found = select(MESSAGE.c.id).where(MESSAGE.c.id.in_(messages), MESSAGE.c.client == OWN_CLIENT)
    return frozenset(connection.scalars(found))


def put_own(
    connection: Connection, mails: Sequence[OwnMail], *, now: datetime, expires_at: datetime, owner: str = ""
) -> list[Parcel]:
    """Write `mails`, due at once unless they are drafts, and return them as parcels. A draft waits until `expires_at`.

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
        mail.reverse_path,
        storable(mail.message_id),
        storable(mail.subject),
        MailClass.SERVICE.value,
        mail.template,
        (Action.HOLD if mail.held_for else Action.DELIVER).value,
        "",
        findings_to_json([mail.held_for] if mail.held_for else []),
        mail.key or None,
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
        storable(mail.answers) or None,
        None,
        None,
        None,
    )


def _own_recipient_rows(mail: OwnMail, at: int, until: int, owner: str) -> list[tuple[Any, ...]]:
    action, state = (Action.HOLD, State.HELD) if mail.held_for else (Action.DELIVER, State.QUEUED)
    return [
        (
            mail.id,
            n,
            box.wire,
            box.canonical,
            None,
            None,
            action.value,
            state.value,
            None,
            None,
            "",
            "",
            None,
            at,
            b"",
            None if mail.held_for else at,
            "" if mail.held_for else owner,
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
