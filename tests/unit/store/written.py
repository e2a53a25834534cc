"""Replies for the tests of the ledger, as `replies` writes them."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Any

from ulid import ULID

from mailguard.policy.reply import Kind, Tie
from mailguard.store.database import Database
from mailguard.store.replies import NewReply, put
from tests.builders import NOW

BEGAN = "began@corp.example"
"""The Message-ID of the mail that began every conversation here."""


def written(name: str, *, anchor: str, at: datetime = NOW, tie: Tie = Tie.THREAD, **changes: Any) -> NewReply:
    """A human's reply with the Message-ID `name`@people.example."""
    message_id = f"{name}@people.example"
    fields: dict[str, Any] = {
        "id": str(ULID()),
        "key": blake2b(name.encode(), digest_size=16).digest(),
        "received_at": at,
        "source": "test",
        "kind": Kind.HUMAN,
        "tie": tie,
        "size": 100,
        "anchor": anchor,
        "mailbox": anchor if "@" in anchor else "",
        "message_id": message_id,
        "thread": (BEGAN, message_id),
        "conversation": BEGAN,
        "language": "en",
        "text": "Here they are.",
    }
    return NewReply(**{**fields, **changes})


def wrote(database: Database, name: str, *, anchor: str, **changes: Any) -> str:
    """Write such a reply down; its id."""
    with database.write() as connection:
        return put(connection, [written(name, anchor=anchor, **changes)])[0].id
