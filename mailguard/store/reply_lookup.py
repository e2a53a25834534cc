"""What the ledger of replies says to a decision: the hot path of every mail, through indexes alone.

Each function takes what a whole batch asks for, and what it finds for one anchor is bounded, however much a person writes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from mailguard.policy.reply import Answerable, Reply, ReplyState, Tie
from mailguard.store.instant import from_micros, to_micros
from mailguard.store.plain_text import storable
from mailguard.store.statement import Lookup, Statement

MOST_OPEN: Final = 50
"""Open replies of one anchor that are looked at, the newest ones."""

MOST_OF_A_MESSAGE_ID: Final = 20
"""Replies with one Message-ID that are looked at; honest ones are one."""

_REPLY: Final = (
    "r.id, r.seq, r.received_at, r.state, r.tie, r.message_id, r.answers, r.template, r.facts, r.thread, r.conversation, "
    "r.score"
)

# The condition of the index word for word: SQLite takes it for nothing else.
_OPEN = Lookup(
    {"anchor": "text"},
    f"""SELECT k.anchor, {_REPLY} FROM k CROSS JOIN reply r ON r.seq IN (
        SELECT i.seq FROM reply i
        WHERE i.anchor = k.anchor AND i.is_tied = TRUE AND i.state IN ('open', 'acknowledged') AND i.received_at > ?
        ORDER BY i.received_at DESC LIMIT ?
    ) ORDER BY r.seq DESC""",  # noqa: S608 - constants
    postgres=f"""SELECT k.anchor, {_REPLY} FROM k CROSS JOIN LATERAL (
        SELECT i.* FROM reply i
        WHERE i.anchor = k.anchor AND i.is_tied = TRUE AND i.state IN ('open', 'acknowledged') AND i.received_at > ?
        ORDER BY i.received_at DESC LIMIT ?
    ) r ORDER BY r.seq DESC""",  # noqa: S608 - constants
)

_NEWEST = Lookup(
    {"anchor": "text"},
    """SELECT k.anchor, r.id, r.seq, r.received_at, r.state, r.language FROM k CROSS JOIN reply r
    WHERE r.seq = (SELECT max(i.seq) FROM reply i WHERE i.anchor = k.anchor AND i.kind = 'human' AND i.is_tied = TRUE)""",
)

_BY_MESSAGE_ID = Lookup(
    {"message_id": "text"},
    f"""SELECT {_REPLY}, r.anchor, r.mailbox FROM k CROSS JOIN reply r ON r.seq IN (
        SELECT i.seq FROM reply i WHERE i.message_id = k.message_id AND i.state <> '' ORDER BY i.seq DESC LIMIT ?
    ) ORDER BY r.seq DESC""",  # noqa: S608 - constants
    postgres=f"""SELECT {_REPLY}, r.anchor, r.mailbox FROM k CROSS JOIN LATERAL (
        SELECT i.* FROM reply i WHERE i.message_id = k.message_id AND i.state <> '' ORDER BY i.seq DESC LIMIT ?
    ) r ORDER BY r.seq DESC""",  # noqa: S608 - constants
)

_ANY_OWED = Statement("SELECT 1 FROM reply WHERE state IN ('open', 'acknowledged') LIMIT 1")
_LAST = Statement("SELECT coalesce(max(seq), 0) FROM reply")


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest human reply of an anchor that counts for the person, whatever has become of it."""

    id: str
    seq: int
    at: datetime
    state: ReplyState
    language: str


def open_replies(connection: Connection, anchors: Iterable[str], since: datetime) -> dict[str, list[Reply]]:
    """What is owed to each of these anchors since then, newest first, at most MOST_OPEN; nothing for who is owed nothing."""
    found: dict[str, list[Reply]] = {}
    keys = [(anchor,) for anchor in dict.fromkeys(anchors)]
    for anchor, *row in _OPEN.fetch(connection, keys, to_micros(since), MOST_OPEN):
        found.setdefault(anchor, []).append(_reply(row))
    return found


def newest(connection: Connection, anchors: Iterable[str]) -> dict[str, Newest]:
    """The newest human reply of each of these anchors that counts for the person; nothing for who never answered."""
    keys = [(anchor,) for anchor in dict.fromkeys(anchors)]
    return {
        anchor: Newest(id, seq, from_micros(at), ReplyState(state), language)
        for anchor, id, seq, at, state, language in _NEWEST.fetch(connection, keys)
    }


def by_message_id(connection: Connection, message_ids: Iterable[str]) -> dict[str, list[Answerable]]:
    """The human replies with each of these Message-IDs (without angle brackets), newest first."""
    named = {storable(id): id for id in message_ids if id}
    found: dict[str, list[Answerable]] = {}
    for row in _BY_MESSAGE_ID.fetch(connection, [(id,) for id in named], MOST_OF_A_MESSAGE_ID):
        found.setdefault(named[row[5]], []).append(Answerable(_reply(row[:-2]), *row[-2:]))
    return found


def is_any_owed(connection: Connection) -> bool:
    """Whether anybody at all is owed an answer."""
    return bool(_ANY_OWED.fetch(connection))


def last_seq(connection: Connection) -> int:
    """The place of the last reply in the ledger; 0 where there is none."""
    found: int = _LAST.fetch(connection)[0][0]
    return found


def _reply(row: Any) -> Reply:
    id, seq, at, state, tie, message_id, answers, template, facts, thread, conversation, score = row
    return Reply(
        id=id,
        seq=seq,
        at=from_micros(at),
        state=ReplyState(state),
        tie=Tie(tie),
        message_id=message_id,
        answers=answers,
        template=template,
        facts=bytes(facts),
        thread=frozenset(thread.split("\n")) if thread else frozenset(),
        conversation=conversation,
        score=score,
    )
