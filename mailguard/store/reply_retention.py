"""Replies that need not be kept any longer: their words first, later their place in the ledger; and persons who are erased.

What is still owed an answer stays, however old, where it counts for a person; what anybody may have written goes with the rest.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, delete, or_, select

from mailguard.store.engine import overwrite_what_is_deleted
from mailguard.store.statement import Lookup, Statement
from mailguard.store.tables import BOUNCE, IS_OWED, REPLY, REPLY_CONTENT, SET_ASIDE, TAKEN_EVENT, TOLD

_PAGES: Final = 20
_PAGE: Final = 500

_DROP_CONTENT = Statement("DELETE FROM reply_content WHERE reply = ?")
_DROP_TEXT = Statement("UPDATE reply SET text = NULL WHERE id = ?")
_DROP_EVENTS = Statement("DELETE FROM reply_event WHERE reply = ?")
_DROP_REPLY = Statement("DELETE FROM reply WHERE id = ?")

# What is left of an erased one says only that this mail was taken in once, so that no source brings it back.
_BURY = Statement(
    """UPDATE reply SET text = NULL, state = '', source = '', detail = '', tie = 'none', is_tied = FALSE, anchor = '',
    mailbox = '', message_id = '', subject = '', language = '', score = NULL, answers = '', answers_n = NULL, thread = '',
    conversation = '', template = '', brand = '', written_at = NULL, due_at = NULL, returns_at = NULL,
    acknowledged_at = NULL, acknowledged_by = '', resolved_at = NULL, resolved_by = '', facts = ? WHERE id = ?"""
)
_BY_ANCHOR = Lookup({"anchor": "text"}, "SELECT r.id FROM k CROSS JOIN reply r WHERE r.anchor = k.anchor")
_BY_MAILBOX = Lookup({"mailbox": "text"}, "SELECT r.id FROM k CROSS JOIN reply r WHERE r.mailbox = k.mailbox")


@dataclass(frozen=True, slots=True)
class PurgedReplies:
    """How many replies lost their words, and how many their place in the ledger."""

    contents: int
    replies: int


def purge_replies(connection: Connection, *, content: datetime, ledger: datetime, limit: int) -> PurgedReplies:
    """Remove the words of what was resolved before `content`, and all of what is from before `ledger`; `limit` of each."""
    connection.execute(delete(SET_ASIDE).where(SET_ASIDE.c.at < content))
    connection.execute(delete(TAKEN_EVENT).where(TAKEN_EVENT.c.at < content))
    connection.execute(delete(BOUNCE).where(BOUNCE.c.at < ledger))
    connection.execute(delete(TOLD).where(TOLD.c.at < ledger))
    spoken = _expendable_words(connection, content, limit=limit)
    for statement in (_DROP_CONTENT, _DROP_TEXT):
        statement.run(connection, [(id,) for id in spoken])
    return PurgedReplies(len(spoken), _purge_rows(connection, ledger, limit=limit))


def erase_replies(connection: Connection, *, anchors: Collection[str], mailboxes: Collection[str]) -> int:
    """Erase what whoever is meant by these anchors wrote, or from these mailboxes; return how many.

    A mailbox that others have, too, is not to be given. Also goes what was told of them, and what came back from them.
    """
    overwrite_what_is_deleted(connection)
    found = {id for (id,) in _BY_ANCHOR.fetch(connection, [(anchor,) for anchor in anchors])}
    found |= {id for (id,) in _BY_MAILBOX.fetch(connection, [(mailbox,) for mailbox in mailboxes])}
    for statement in (_DROP_CONTENT, _DROP_EVENTS):
        statement.run(connection, [(id,) for id in sorted(found)])
    _BURY.run(connection, [(b"", id) for id in sorted(found)])
    connection.execute(delete(TOLD).where(TOLD.c.anchor.in_([*anchors, *mailboxes])))
    connection.execute(delete(BOUNCE).where(BOUNCE.c.mailbox.in_(mailboxes)))
    return len(found)


def _expendable_words(connection: Connection, since: datetime, *, limit: int) -> list[str]:
    """The oldest replies whose words need not be kept, at most `limit`."""
    found: list[str] = []
    after = ""
    for _ in range(_PAGES):
        page = _page(connection, after)
        found += [row.reply for row in page if _is_expendable(row, since)]
        if len(found) >= limit or not page or all(row.received_at >= since for row in page):
            break
        after = page[-1].reply
    return list(islice(found, limit))


def _page(connection: Connection, after: str) -> list[Row[Any]]:
    """The next replies with words, in the order of their ids, which is that of their arrival."""
    oldest = (
        select(REPLY_CONTENT.c.reply)
        .where(REPLY_CONTENT.c.reply > after)
        .order_by(REPLY_CONTENT.c.reply)
        .limit(_PAGE)
        .subquery()
    )
    columns = (oldest.c.reply, REPLY.c.received_at, REPLY.c.state, REPLY.c.is_tied, REPLY.c.resolved_at)
    return list(connection.execute(select(*columns).join(REPLY, REPLY.c.id == oldest.c.reply).order_by(oldest.c.reply)))


def _is_expendable(row: Row[Any], since: datetime) -> bool:
    if row.received_at >= since or (row.resolved_at is not None and row.resolved_at >= since):
        return False
    return row.state in {"", "resolved"}


def _purge_rows(connection: Connection, since: datetime, *, limit: int) -> int:
    is_over = or_(REPLY.c.state.in_(("", "resolved")), and_(IS_OWED, REPLY.c.is_tied.is_(False)))
    old = select(REPLY.c.id).where(REPLY.c.received_at < since, is_over).order_by(REPLY.c.received_at).limit(limit)
    ids = [(id,) for id in connection.execute(old).scalars()]
    for statement in (_DROP_CONTENT, _DROP_EVENTS, _DROP_REPLY):
        statement.run(connection, ids)
    return len(ids)
