"""The value of the field Mailguard-Reply-Aware: whether this recipient waits for an answer, for a next hop that renders."""

from __future__ import annotations

from datetime import UTC
from typing import Final

from mailguard.policy.facts import RecipientFacts

FIELD: Final = "Mailguard-Reply-Aware"
"""The one field of ours that leaves, and only to next hops that are configured to get it."""


def reply_aware(recipient: RecipientFacts) -> str:
    """Return "no", or "yes" with the number of open replies and when the newest of them came (RFC 3339, UTC)."""
    if not recipient.open_replies:
        return "no"
    newest = recipient.open_replies[0]
    return f"yes; open={len(recipient.open_replies)}; last={newest.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
