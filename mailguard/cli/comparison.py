"""How a near repeat differs from the mail that it is a repeat of: both are read again, where their content is still kept."""

from __future__ import annotations

from sqlalchemy import Connection

from mailguard.mail.header import UnreadableError, scan
from mailguard.mail.mime import walk
from mailguard.mail.similarity import Similarity, compare
from mailguard.mail.text import visible_text
from mailguard.policy.finding import Code
from mailguard.store.document import MessageDocument
from mailguard.store.queue import parcels_of


def near_repeat_similarity(connection: Connection, document: MessageDocument) -> Similarity | None:
    """How the mail and the one that it nearly repeats differ (first that one, second this); None where nothing can be said."""
    near = next((finding for finding in document.findings if finding.code is Code.NEAR_REPEAT), None)
    if near is None or not near.refs:
        return None
    texts = [_text(connection, id) for id in (near.refs[0], document.id)]
    return compare(texts[0], texts[1]) if texts[0] is not None and texts[1] is not None else None


def _text(connection: Connection, id: str) -> str | None:
    parcels = parcels_of(connection, [(id, 0)])
    if not parcels:
        return None
    octets = parcels[0].octets
    try:
        return visible_text(walk(scan(octets), octets))
    except UnreadableError:
        return None
