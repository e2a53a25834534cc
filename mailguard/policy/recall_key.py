"""What a recall is about, as it is written down and asked for: a message, a broadcast, a client's Message-ID."""

from __future__ import annotations

from enum import StrEnum


class RecallScope(StrEnum):
    """What is stopped: a message or a broadcast (each by the ledger's id), or all that a client sends as one Message-ID."""

    MESSAGE = "message"
    BROADCAST = "broadcast"
    SENT = "sent"


RecallKey = tuple[RecallScope, str]
"""A scope, and the key in it."""

BETWEEN = "\n"
"""What stands between client and Message-ID in a key of scope `sent`; neither holds it."""


def sent_key(client: str, message_id: str) -> str:
    """The key of all that a client sends as one Message-ID, whatever its octets."""
    return f"{client}{BETWEEN}{message_id}"


def recall_keys(id: str, *, client: str, message_id: str, broadcast: str = "") -> tuple[RecallKey, ...]:
    """All that a recall of this mail may be known by. `broadcast`: the one that it is of, "" for none."""
    keys = ((RecallScope.MESSAGE, id), (RecallScope.SENT, sent_key(client, message_id)))
    return (*keys, (RecallScope.BROADCAST, broadcast)) if broadcast else keys
