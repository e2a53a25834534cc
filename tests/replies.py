"""Replies for tests: as the ledger has them, and as mails that somebody wrote, with everything ordinary left to defaults."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection
from ulid import ULID

from mailguard.policy.reply import Kind, Tie
from mailguard.replies.incoming import Incoming, Taken
from mailguard.replies.ingest import Ingest
from mailguard.replies.settings import ReplySettings
from mailguard.store.replies import NewReply, StoredReply, put, show
from tests.builders import NOW


def new_reply(name: str = "r1", *, at: timedelta = timedelta(), **fields: Any) -> NewReply:
    """A human reply of Ann's in the thread of a mail to her; `name` makes its key and its Message-ID."""
    given: dict[str, Any] = {
        "id": str(ULID()),
        "key": blake2b(name.encode(), digest_size=16).digest(),
        "received_at": NOW + at,
        "source": "imap:support",
        "kind": Kind.HUMAN,
        "tie": Tie.THREAD,
        "size": 100,
        "anchor": "ann@people.example",
        "mailbox": "ann@people.example",
        "message_id": f"{name}@people.example",
        "subject": "Re: hello",
        "language": "en",
        "text": "No, thank you.",
        "thread": ("m1@sender.example", f"{name}@people.example"),
        "conversation": "m1@sender.example",
        "content": f"Subject: Re: hello\r\n\r\nNo, thank you. {name}\r\n".encode(),
    }
    return NewReply(**given | fields)


def put_reply(connection: Connection, name: str = "r1", **fields: Any) -> StoredReply:
    """A reply in the ledger."""
    found = show(connection, put(connection, [new_reply(name, **fields)])[0].id)
    assert found is not None
    return found


def written(
    text: str = "No, thank you.",
    *fields: str,
    sender: str = "Ann Lee <ann@people.example>",
    to: str = "shop@sender.example",
    subject: str = "Re: hello",
    message_id: str = "",
    answers: str = "",
) -> bytes:
    """A mail that somebody wrote by hand; `answers`: a Message-ID without angle brackets, `fields`: header fields before the others."""
    own = message_id or f"{blake2b(f'{text}{sender}{subject}{answers}'.encode(), digest_size=8).hexdigest()}@people.example"
    thread = (f"In-Reply-To: <{answers}>", f"References: <{answers}>") if answers else ()
    lines = (
        *fields,
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject}",
        f"Message-ID: <{own}>",
        "Date: Mon, 16 Nov 2026 10:00:00 +0100",
        *thread,
        "",
        text,
        "",
    )
    return "\r\n".join(lines).encode()


def incoming(octets: bytes, *, at: timedelta = timedelta(hours=1), source: str = "imap:support", **rest: Any) -> Incoming:
    """A mail as a source hands it on."""
    return Incoming(octets, source, NOW + at, **rest)


def ingest(
    connection: Connection,
    *mails: bytes | Incoming,
    settings: ReplySettings | None = None,
    now: datetime = NOW + timedelta(hours=1),
) -> list[Taken]:
    """Take mails in, as one batch."""
    way = Ingest(settings or ReplySettings())
    read = way.read([mail if isinstance(mail, Incoming) else incoming(mail) for mail in mails])
    return way.take(connection, read, now=now)


def ingested(connection: Connection, mail: bytes | Incoming, settings: ReplySettings | None = None) -> StoredReply:
    """Take one mail in, and what the ledger has of it."""
    found = show(connection, ingest(connection, mail, settings=settings)[0].id)
    assert found is not None
    return found
