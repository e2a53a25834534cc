"""What need not be kept any longer goes, a bounded piece at a time. What still waits for anything stays, however old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, select

from mailguard.store import hold_groups, notices, overrides, recalls, webhook_events
from mailguard.store.broadcasts import purge_broadcasts
from mailguard.store.instant import to_micros
from mailguard.store.reply_retention import purge_replies
from mailguard.store.statement import Statement
from mailguard.store.tables import AUDIENCE, CONTENT, MESSAGE, REACH, RECIPIENT

MOST_AT_ONCE = 500
"""Messages that lose their content, and messages that lose their row, in one call: some 50 ms."""

MOST_MEMBERS = 5_000
"""Members of ended broadcasts that go in one call."""

_PAGES = 20
"""Pages of content looked at in one call, in case that the oldest wait for something."""

_WAITING = ("queued", "deferred", "held")

_DROP_CONTENT = Statement("DELETE FROM content WHERE message = ?")
_DROP_RECIPIENTS = Statement("DELETE FROM recipient WHERE message = ?")
_DROP_EVENTS = Statement("DELETE FROM event WHERE message = ?")
_DROP_MESSAGE = Statement("DELETE FROM message WHERE id = ?")
_DROP_WORDING = Statement("DELETE FROM wording WHERE text = ? AND last_seen < ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """From when on things are kept: content, the ledger's rows, the hashes of audiences, and whom a text reached."""

    content: datetime
    ledger: datetime
    audience: datetime
    reach: datetime


@dataclass(frozen=True, slots=True)
class Purged:
    """How many messages lost their content, and how many their place in the ledger; the same of replies; and members."""

    contents: int
    messages: int
    words: int = 0
    replies: int = 0
    members: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left that could go; else call again."""
        return max(self.contents, self.messages, self.words, self.replies, self.members) < MOST_AT_ONCE


def purge(connection: Connection, bounds: Bounds, *, limit: int = MOST_AT_ONCE) -> Purged:
    """Remove what is older than `bounds`, at most `limit` messages and replies of each kind."""
    connection.execute(delete(REACH).where(REACH.c.at < bounds.reach))
    connection.execute(delete(AUDIENCE).where(AUDIENCE.c.last_written_at < bounds.audience))
    notices.forget(connection, bounds.content)
    webhook_events.forget(connection, bounds.content)
    overrides.forget(connection, bounds.ledger)
    hold_groups.forget(connection, bounds.ledger)
    recalls.purge(connection, bounds.ledger)
    contents = _expendable_contents(connection, bounds.content, limit=limit)
    _DROP_CONTENT.run(connection, [(id,) for id in contents])
    messages = _purge_ledger(connection, bounds.ledger, limit=limit)
    purged = purge_replies(connection, content=bounds.content, ledger=bounds.ledger, limit=limit)
    members = purge_broadcasts(connection, content=bounds.content, ledger=bounds.ledger, limit=MOST_MEMBERS)
    return Purged(len(contents), messages, purged.contents, purged.replies, members)


def _expendable_contents(connection: Connection, since: datetime, *, limit: int) -> list[str]:
    """The oldest messages whose content need not be kept, at most `limit`."""
    found: list[str] = []
    after = ""
    for _ in range(_PAGES):
        page = _content_page(connection, after)
        found += [row.message for row in page if row.received_at < since and not row.waits]
        if len(found) >= limit or not page or all(row.received_at >= since for row in page):
            break
        after = page[-1].message
    return list(islice(found, limit))


def _content_page(connection: Connection, after: str) -> list[Row[Any]]:
    """The next messages with content, in the order of their ids, which is that of their arrival."""
    oldest = (
        select(CONTENT.c.message).where(CONTENT.c.message > after).order_by(CONTENT.c.message).limit(MOST_AT_ONCE).subquery()
    )
    waits = exists().where(RECIPIENT.c.message == oldest.c.message, RECIPIENT.c.state.in_(_WAITING)).label("waits")
    page = select(oldest.c.message, MESSAGE.c.received_at, waits).join(MESSAGE, MESSAGE.c.id == oldest.c.message)
    return list(connection.execute(page.order_by(oldest.c.message)))


def _purge_ledger(connection: Connection, since: datetime, *, limit: int) -> int:
    waits = exists().where(RECIPIENT.c.message == MESSAGE.c.id, RECIPIENT.c.state.in_(_WAITING))
    old = select(MESSAGE.c.id, MESSAGE.c.text).where(MESSAGE.c.received_at < since, ~waits)
    rows = connection.execute(old.order_by(MESSAGE.c.received_at).limit(limit)).all()
    ids = [(row.id,) for row in rows]
    for statement in (_DROP_RECIPIENTS, _DROP_CONTENT, _DROP_EVENTS, _DROP_MESSAGE):
        statement.run(connection, ids)
    # A text is seen last by the last message that has it.
    _DROP_WORDING.run(connection, [(text, to_micros(since)) for text in {row.text for row in rows}])
    return len(ids)
