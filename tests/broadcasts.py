"""Checked broadcasts for tests, signed as `mailguard check --sign` does, without judging anybody first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import Connection
from ulid import ULID

from mailguard.mail.check_token import member_key
from mailguard.mail.mailbox import parse_mailbox
from mailguard.mail.reader import read_message
from mailguard.mail.seal import Seal, sealed
from mailguard.store.broadcasts import NewBroadcast, Signing, add_members, begin, finish
from tests.builders import NOW

WEEK = timedelta(days=7)


def seal_of(mail: bytes) -> Seal:
    """The seal of a mail as it is handed over."""
    message = read_message(mail, received_at=NOW, fallback_message_id="m@x.example", trusts_fields=True, seals=True)
    assert message.seal is not None, message.unreadable
    return message.seal


def new_broadcast(now: datetime = NOW, *, valid: timedelta = WEEK, template: str = "autumn", id: str = "") -> NewBroadcast:
    """What is known of a broadcast before its members are."""
    return NewBroadcast(
        id=id or str(ULID.from_datetime(now)),
        at=now,
        expires_at=(now + valid).replace(microsecond=0),
        actor="ann",
        name="audience.csv",
        subject="Autumn",
        mail_class="bulk",
        template=template,
        source="autumn.eml",
    )


def signed(
    connection: Connection,
    mails: Sequence[bytes],
    members: Iterable[str],
    *,
    now: datetime = NOW,
    valid: timedelta = WEEK,
    template: str = "autumn",
) -> tuple[str, str]:
    """A broadcast of `mails` to `members`, signed: its id and its token."""
    new = new_broadcast(now, valid=valid, template=template)
    salt = begin(connection, new)
    mailboxes = [parse_mailbox(member).canonical for member in members]
    add_members(connection, new.id, [member_key(salt, mailbox) for mailbox in mailboxes])
    audience = blake2b("\n".join(sorted(mailboxes)).encode(), digest_size=16).digest()
    signing = Signing(
        texts=sealed(map(seal_of, mails)), audience=audience, rows=len(mailboxes), members=len(mailboxes), profile="{}"
    )
    return new.id, finish(connection, new.id, signing, now=now)
