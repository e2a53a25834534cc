"""What else was written while mail came in, and when: replies and their moves, bounces, suppressions, fields that were told.

Each is read a piece at a time and written again into another ledger, in which recorded time passes once more. What was taken
back since, or written over, is known only as it was last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from heapq import merge
from typing import Any, Final

from sqlalchemy import Connection

from mailguard.policy.reply import ReplyState
from mailguard.store.database import Database
from mailguard.store.instant import from_micros, to_micros
from mailguard.store.intake import AUDIENCE_WRITTEN
from mailguard.store.recorded import RecordedMail, RecordedRecipient, Turn
from mailguard.store.reply_moves import REOPENED, Act, move_each, reopen
from mailguard.store.statement import Statement, insert

PIECE: Final = 2_000
"""Rows that are read at a time."""

_A_MOMENT: Final = timedelta(microseconds=1)

_MOVES: Final = frozenset({ReplyState.ACKNOWLEDGED.value, ReplyState.RESOLVED.value})

_REPLY_COLUMNS: Final = (
    *("seq", "id", "key", "received_at", "source", "kind", "detail", "state", "tie", "is_tied", "anchor", "mailbox"),
    *("message_id", "subject", "language", "score", "answers", "answers_n", "thread", "conversation", "template", "facts"),
    *("brand", "acknowledged_by", "resolved_by", "size"),
)
# As it came: nobody had moved it. What it says bears on no decision.
_REPLIES: Final = Statement(
    """SELECT received_at, seq, id, key, source, kind, detail, CASE WHEN state = '' THEN '' ELSE 'open' END, tie, is_tied,
    anchor, mailbox, message_id, language, score, answers, answers_n, thread, conversation, template, facts, brand, size
    FROM reply WHERE (received_at, seq) > (?, ?) ORDER BY received_at, seq LIMIT ?"""
)
_PUT_REPLY: Final = insert("reply", _REPLY_COLUMNS)
_REPLY_MOVES: Final = Statement(
    "SELECT at, seq, reply, actor, verb, reason FROM reply_event WHERE (at, seq) > (?, ?) ORDER BY at, seq LIMIT ?"
)
_BOUNCES: Final = Statement(
    """SELECT at, mailbox, key, is_hard, status, message, n FROM bounce
    WHERE (at, mailbox, key) > (?, ?, ?) ORDER BY at, mailbox, key LIMIT ?"""
)
_PUT_BOUNCE: Final = insert("bounce", ("at", "mailbox", "key", "is_hard", "status", "message", "n"))
_SUPPRESSIONS: Final = Statement(
    """SELECT at, person, suppression FROM suppression
    WHERE (at, person, suppression) > (?, ?, ?) ORDER BY at, person, suppression LIMIT ?"""
)
_PUT_SUPPRESSION: Final = insert("suppression", ("at", "person", "suppression", "actor", "reason"))
_TOLD: Final = Statement(
    "SELECT at, anchor, field, source FROM told WHERE (at, anchor, field) > (?, ?, ?) ORDER BY at, anchor, field LIMIT ?"
)
_PUT_TOLD: Final = insert("told", ("at", "anchor", "field", "source"))

_BECOMES: Final = Statement("UPDATE recipient SET state = ?, is_counted = ?, joins = NULL WHERE message = ? AND n = ?")
_APPROVED: Final = Statement("UPDATE wording SET released_at = ? WHERE text = ?")


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was written at a time. `apply` writes it into a ledger that has come to that time."""

    at: datetime
    apply: Callable[[Connection], object]


def changes(database: Database) -> Iterator[Change]:
    """All of them in the order of time; never many in memory, however many there are."""
    found = (_replies(database), _moves(database), _bounces(database), _suppressions(database), _told(database))
    return merge(*found, key=lambda change: change.at)


def turned(mail: RecordedMail, recipient: RecordedRecipient, turn: Turn, *, is_counted: bool) -> Change:
    """What a recipient's mail became, as a change. `is_counted`: a later mail may still repeat it."""
    return Change(turn.at, partial(_turn, mail=mail, n=recipient.n, turn=turn, is_counted=is_counted))


def _turn(connection: Connection, *, mail: RecordedMail, n: int, turn: Turn, is_counted: bool) -> None:
    _BECOMES.run(connection, [(turn.state.value, is_counted, mail.id, n)])
    if turn.is_release:
        at = to_micros(turn.at)
        _APPROVED.run(connection, [(at, mail.fingerprint.text)])
        AUDIENCE_WRITTEN.run(connection, [(mail.audience, at, "")] if mail.audience else [])


def _replies(database: Database) -> Iterator[Change]:
    for at, seq, id, key, source, kind, detail, state, tie, is_tied, anchor, mailbox, message_id, *rest in _read(
        database, _REPLIES, (0, 0)
    ):
        language, score, answers, answers_n, thread, conversation, template, facts, brand, size = rest
        known = (seq, id, key, at, source, kind, detail, state, tie, is_tied, anchor, mailbox, message_id, "", language)
        row = (*known, score, answers, answers_n, thread, conversation, template, facts, brand, "", "", size)
        yield Change(from_micros(at), partial(_put, _PUT_REPLY, row))


def _moves(database: Database) -> Iterator[Change]:
    """What became of replies: a moment later than it says, for the mail that moves one is judged before it has."""
    for at, _, reply, actor, verb, reason in _read(database, _REPLY_MOVES, (0, 0)):
        act = Act(from_micros(at), actor, reason)
        if verb == REOPENED:
            yield Change(act.at + _A_MOMENT, partial(reopen, id=reply, act=act))
        elif verb in _MOVES:
            yield Change(act.at + _A_MOMENT, partial(move_each, moves=[(reply, ReplyState(verb), act)]))


def _bounces(database: Database) -> Iterator[Change]:
    for row in _read(database, _BOUNCES, (0, "", "")):
        yield Change(from_micros(row[0]), partial(_put, _PUT_BOUNCE, row))


def _suppressions(database: Database) -> Iterator[Change]:
    for row in _read(database, _SUPPRESSIONS, (0, "", "")):
        yield Change(from_micros(row[0]), partial(_put, _PUT_SUPPRESSION, (*row, "", "")))


def _told(database: Database) -> Iterator[Change]:
    for row in _read(database, _TOLD, (0, "", "")):
        yield Change(from_micros(row[0]), partial(_put, _PUT_TOLD, row))


def _put(statement: Statement, row: Sequence[Any], connection: Connection) -> None:
    statement.run(connection, [row])


def _read(database: Database, statement: Statement, first: tuple[Any, ...]) -> Iterator[Any]:
    """The rows of a query that goes on after the key that its rows begin with."""
    after = first
    while True:
        with database.read() as connection:
            rows = statement.fetch(connection, *after, PIECE)
        yield from rows
        if len(rows) < PIECE:
            return
        after = tuple(rows[-1][: len(first)])
