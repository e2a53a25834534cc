"""What becomes of a human's reply: open, acknowledged, resolved; who moved it, when and why. Never back by itself.

A move that has been made already changes nothing, so the same may be said twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from mailguard.policy.reply import ReplyState
from mailguard.store.instant import from_micros, to_micros
from mailguard.store.plain_text import storable
from mailguard.store.statement import Lookup, Statement, insert

REOPENED: Final = "reopened"
"""The verb of the way back, which only a person goes."""

_ORDER: Final = (ReplyState.OPEN, ReplyState.ACKNOWLEDGED, ReplyState.RESOLVED)

_STATES = Lookup({"id": "text"}, "SELECT r.id, r.state FROM k CROSS JOIN reply r WHERE r.id = k.id AND r.state <> ''")

_ACKNOWLEDGE = Statement("UPDATE reply SET state = 'acknowledged', acknowledged_at = ?, acknowledged_by = ? WHERE id = ?")
_RESOLVE = Statement("UPDATE reply SET state = 'resolved', resolved_at = ?, resolved_by = ? WHERE id = ?")
_MOVES: Final = {ReplyState.ACKNOWLEDGED: _ACKNOWLEDGE, ReplyState.RESOLVED: _RESOLVE}
_REOPEN = Statement("UPDATE reply SET state = 'open', resolved_at = NULL, resolved_by = '' WHERE id = ?")
_EVENT = insert("reply_event", ("reply", "at", "actor", "verb", "reason"))
_EVENTS = Statement("SELECT at, actor, verb, reason FROM reply_event WHERE reply = ? ORDER BY seq")


@dataclass(frozen=True, slots=True)
class Act:
    """Who moves a reply, when, and why."""

    at: datetime
    actor: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a reply was and where it is now; the same where nothing was to be done."""

    id: str
    before: ReplyState
    after: ReplyState

    @property
    def is_change(self) -> bool:
        """Whether anything was done."""
        return self.before is not self.after


@dataclass(frozen=True, slots=True)
class Move:
    """One move that a reply has made. `verb`: the state it came to, or REOPENED."""

    at: datetime
    actor: str
    verb: str
    reason: str


def move(connection: Connection, id: str, state: ReplyState, *, actor: str, reason: str, now: datetime) -> Moved | None:
    """Bring one reply forward to `state`; None where there is no such reply, or nobody owes it an answer."""
    return next(iter(move_all(connection, [id], state, act=Act(now, actor, reason))), None)


def move_all(connection: Connection, ids: Iterable[str], state: ReplyState, *, act: Act) -> list[Moved]:
    """Bring replies forward to `state`, what is there or further stays; those that there are, in the order given."""
    return move_each(connection, [(id, state, act) for id in dict.fromkeys(ids)])


def move_each(connection: Connection, moves: Sequence[tuple[str, ReplyState, Act]]) -> list[Moved]:
    """Bring each reply forward to its state, in the order given; as `move_all`. Few statements, however many moves."""
    now = _states(connection, [id for id, _, _ in moves])
    moved = []
    for id, state, act in moves:
        if (before := now.get(id)) is not None:
            now[id] = max(before, state, key=_ORDER.index)
            moved.append((Moved(id, before, now[id]), act))
    made = [(one, act) for one, act in moved if one.is_change]
    for state, statement in _MOVES.items():
        rows = [(to_micros(act.at), storable(act.actor), one.id) for one, act in made if one.after is state]
        statement.run(connection, rows)
    _record(connection, [(one.id, one.after.value, act) for one, act in made])
    return [one for one, _ in moved]


def reopen(connection: Connection, id: str, *, act: Act) -> Moved | None:
    """Take a reply back to open, as a person says; that it was acknowledged once stays known. None where there is none."""
    was = _states(connection, [id]).get(id)
    if was is None:
        return None
    if was is not ReplyState.OPEN:
        _REOPEN.run(connection, [(id,)])
        _record(connection, [(id, REOPENED, act)])
    return Moved(id, was, ReplyState.OPEN)


def moves_of(connection: Connection, id: str) -> list[Move]:
    """All moves of one reply, the oldest first."""
    return [Move(from_micros(at), *rest) for at, *rest in _EVENTS.fetch(connection, id)]


def _states(connection: Connection, ids: Iterable[str]) -> dict[str, ReplyState]:
    wanted = list(dict.fromkeys(ids))
    found = dict(_STATES.fetch(connection, [(id,) for id in wanted]))
    return {id: ReplyState(found[id]) for id in wanted if id in found}


def _record(connection: Connection, moves: Iterable[tuple[str, str, Act]]) -> None:
    rows = [(id, to_micros(act.at), storable(act.actor), verb, storable(act.reason)) for id, verb, act in moves]
    _EVENT.run(connection, rows)
