"""What a person was sent: how much, when last, and when last of one template. Bounded, however much a mailbox gets.

Found through the index of what was sent, newest first, so an alerts mailbox with a hundred thousand mails costs no more than
one with as many as are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from mailguard.store.instant import from_micros, to_micros
from mailguard.store.plain_text import storable
from mailguard.store.statement import Lookup

MOST_COUNTED: Final = 1_000
"""Mails of one anchor that are counted, the newest ones."""

MOST_COMPARED: Final = 200
"""Mails of one anchor whose template or class is looked at, the newest ones."""

# The condition of the index word for word: SQLite takes it for nothing else. What is held was not sent.
_SENT = Lookup(
    {"anchor": "text"},
    """SELECT k.anchor, count(*), max(r.at) FROM k CROSS JOIN recipient r ON r.rowid IN (
        SELECT i.rowid FROM recipient i WHERE i.anchor = k.anchor AND i.is_counted = TRUE ORDER BY i.at DESC LIMIT ?
    ) WHERE r.state <> 'held' GROUP BY k.anchor""",
    postgres="""SELECT k.anchor, count(*), max(r.at) FROM k CROSS JOIN LATERAL (
        SELECT i.at, i.state FROM recipient i WHERE i.anchor = k.anchor AND i.is_counted = TRUE ORDER BY i.at DESC LIMIT ?
    ) r WHERE r.state <> 'held' GROUP BY k.anchor""",
)

_OF_TEMPLATE = Lookup(
    {"anchor": "text"},
    """SELECT k.anchor, max(r.at) FROM k CROSS JOIN recipient r ON r.rowid IN (
        SELECT i.rowid FROM recipient i WHERE i.anchor = k.anchor AND i.is_counted = TRUE ORDER BY i.at DESC LIMIT ?
    ) CROSS JOIN message m WHERE r.state <> 'held' AND m.id = r.message AND m.template = ? GROUP BY k.anchor""",
    postgres="""SELECT k.anchor, max(r.at) FROM k CROSS JOIN LATERAL (
        SELECT i.at, i.state, i.message FROM recipient i
        WHERE i.anchor = k.anchor AND i.is_counted = TRUE ORDER BY i.at DESC LIMIT ?
    ) r JOIN message m ON m.id = r.message WHERE r.state <> 'held' AND m.template = ? GROUP BY k.anchor""",
)

# As the rule counts: what is held counts, too.
_BULK = Lookup(
    {"anchor": "text"},
    """SELECT k.anchor, count(*) FROM k CROSS JOIN recipient r ON r.rowid IN (
        SELECT i.rowid FROM recipient i
        WHERE i.anchor = k.anchor AND i.is_counted = TRUE AND i.at > ? ORDER BY i.at DESC LIMIT ?
    ) CROSS JOIN message m WHERE m.id = r.message AND m.mail_class = 'bulk' GROUP BY k.anchor""",
    postgres="""SELECT k.anchor, count(*) FROM k CROSS JOIN LATERAL (
        SELECT i.message FROM recipient i
        WHERE i.anchor = k.anchor AND i.is_counted = TRUE AND i.at > ? ORDER BY i.at DESC LIMIT ?
    ) r JOIN message m ON m.id = r.message WHERE m.mail_class = 'bulk' GROUP BY k.anchor""",
)


@dataclass(frozen=True, slots=True)
class Contact:
    """What was sent: queued, deferred or delivered. `sent_count` counts up to MOST_COUNTED; None: never, or not lately."""

    sent_count: int = 0
    last_sent_at: datetime | None = None
    last_same_template_at: datetime | None = None

    def __or__(self, other: Contact) -> Contact:
        """Return both together."""
        return Contact(
            min(self.sent_count + other.sent_count, MOST_COUNTED),
            _later(self.last_sent_at, other.last_sent_at),
            _later(self.last_same_template_at, other.last_same_template_at),
        )


NO_CONTACT: Final = Contact()


def contacts(connection: Connection, anchors: Iterable[str], *, template: str = "") -> dict[str, Contact]:
    """Return what each of these anchors was sent; nothing for one that was sent nothing. `template` "" is none."""
    keys = [(anchor,) for anchor in dict.fromkeys(anchors)]
    rows = _SENT.fetch(connection, keys, MOST_COUNTED)
    sent = [(anchor,) for anchor, _, _ in rows]
    same = dict(_OF_TEMPLATE.fetch(connection, sent, MOST_COMPARED, storable(template))) if template else {}
    return {
        anchor: Contact(count, from_micros(last), from_micros(same[anchor]) if anchor in same else None)
        for anchor, count, last in rows
    }


def bulk_counts(connection: Connection, anchors: Iterable[str], *, since: datetime) -> dict[str, int]:
    """Return how much bulk mail each of these anchors was sent since then, of its last MOST_COMPARED mails."""
    keys = [(anchor,) for anchor in dict.fromkeys(anchors)]
    return dict(_BULK.fetch(connection, keys, to_micros(since), MOST_COMPARED))


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)
