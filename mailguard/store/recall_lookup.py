"""What was recalled, as the hot path asks: of a batch that comes in, and of mail that is about to leave.

One look at a primary key where nothing was recalled lately, as on nearly every day. Changes nothing: that is for `recalls`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select
from ulid import ULID

from mailguard.policy.history import REPLAY_WINDOW, Sibling
from mailguard.policy.recall_key import RecallKey, RecallScope, sent_key
from mailguard.policy.submission import Submission
from mailguard.store.instant import to_micros
from mailguard.store.plain_text import storable
from mailguard.store.statement import Lookup, Statement
from mailguard.store.tables import RECALL, RECALLED

_NEWEST = Statement("SELECT max(id) FROM recall")

_BY_KEY = Lookup(
    {"scope": "text", "key": "text"},
    "SELECT d.scope, d.key, d.recall, d.at FROM k CROSS JOIN recalled d WHERE d.scope = k.scope AND d.key = k.key",
)

_AMONG = Lookup(
    {"id": "text"},
    """SELECT m.id FROM k CROSS JOIN message m WHERE m.id = k.id
    AND (EXISTS (SELECT 1 FROM recalled d WHERE d.scope = 'message' AND d.key = m.id)
    OR m.broadcast IS NOT NULL AND EXISTS (SELECT 1 FROM recalled d WHERE d.scope = 'broadcast' AND d.key = m.broadcast))""",
)


def newest_recall(connection: Connection) -> str:
    """The id of the newest recall, which every further one exceeds; "" where there was none."""
    found: str | None = _NEWEST.fetch(connection)[0][0]
    return found or ""


def lately_recalled(
    connection: Connection,
    submissions: Sequence[Submission],
    siblings: Iterable[Sibling],
    broadcasts: Collection[str] = (),
    *,
    newest: str | None = None,
) -> dict[RecallKey, str]:
    """What of a batch was taken back before it came: key → recall. `newest`: as `newest_recall`, where the caller has asked.

    As long as a sender's retry is one. After that a Message-ID may be used again, as it is by senders that have only one.
    """
    newest = newest_recall(connection) if newest is None and submissions else newest
    if not newest or not submissions:
        return {}
    since = min(one.received_at for one in submissions) - REPLAY_WINDOW
    if ULID.from_str(newest).datetime < since:
        return {}
    keys: dict[tuple[str, str], RecallKey] = {(RecallScope.BROADCAST, id): (RecallScope.BROADCAST, id) for id in broadcasts}
    keys |= {(RecallScope.MESSAGE, one.id): (RecallScope.MESSAGE, one.id) for one in siblings}
    for one in submissions:
        message_id = one.message.message_id
        keys[RecallScope.SENT, sent_key(one.client, storable(message_id))] = (
            RecallScope.SENT,
            sent_key(one.client, message_id),
        )
    rows = _BY_KEY.fetch(connection, [(str(scope), key) for scope, key in keys])
    return {keys[scope, key]: recall for scope, key, recall, at in rows if at > to_micros(since)}


def recall_of(connection: Connection, message: str, broadcast: str | None) -> Row[Any] | None:
    """Return the recall of a message or of the broadcast that it is of, None where there is none."""
    by_message = and_(RECALLED.c.scope == RecallScope.MESSAGE, RECALLED.c.key == message)
    by_broadcast = and_(RECALLED.c.scope == RecallScope.BROADCAST, RECALLED.c.key == (broadcast or ""))
    recalls = select(RECALLED.c.recall).where(or_(by_message, by_broadcast))
    return connection.execute(select(RECALL).where(RECALL.c.id.in_(recalls)).order_by(RECALL.c.id)).first()


def recalled_among(connection: Connection, messages: Collection[str]) -> frozenset[str]:
    """Those of these messages (by id) that were taken back."""
    if not messages or not newest_recall(connection):
        return frozenset()
    return frozenset(id for (id,) in _AMONG.fetch(connection, [(id,) for id in messages]))
