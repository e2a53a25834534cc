"""What clerks said of pairs of records. Nothing is rewritten: the newest verdict that was not taken back counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from mailguard.identity.clerical import Answer
from mailguard.store.instant import EPOCH, from_micros, to_micros
from mailguard.store.links import Pair
from mailguard.store.plain_text import storable
from mailguard.store.statement import Lookup, Statement, insert


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One answer, a < b. `seq` counts up in the order of answers. `probability`: what the machine had thought, if it had."""

    seq: int
    a: int
    b: int
    answer: Answer
    actor: str
    at: datetime
    reason: str = ""
    probability: float | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None

    @property
    def pair(self) -> Pair:
        """The records."""
        return self.a, self.b


_COLUMNS: Final = "v.seq, v.a, v.b, v.answer, v.actor, v.at, v.reason, v.probability, v.undone_at, v.undone_by"
_PUT = insert("verdict", ("a", "b", "answer", "actor", "at", "reason", "probability"))
_UNDO = Statement("UPDATE verdict SET undone_at = ?, undone_by = ? WHERE seq = ?")
_OF_RECORDS: Final = tuple(
    Lookup(
        {"record": "bigint"},
        f"SELECT {_COLUMNS} FROM k CROSS JOIN verdict v WHERE v.{side} = k.record AND v.undone_at IS NULL",  # noqa: S608
    )
    for side in ("a", "b")
)
_OF_PAIR = Statement(f"SELECT {_COLUMNS} FROM verdict v WHERE v.a = ? AND v.b = ? ORDER BY v.seq DESC")  # noqa: S608 - constants
_ALL = Statement(f"SELECT {_COLUMNS} FROM verdict v WHERE v.undone_at IS NULL ORDER BY v.seq")  # noqa: S608 - constants
_OF_ACTOR = Statement(
    f"""SELECT {_COLUMNS} FROM verdict v
    WHERE v.undone_at IS NULL AND v.actor = ? AND v.at >= ? ORDER BY v.seq DESC LIMIT ?"""  # noqa: S608 - constants
)


def put_verdict(
    connection: Connection,
    pair: Pair,
    answer: Answer,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
    probability: float | None = None,
) -> None:
    """Write down an answer about two records, in any order. Raises ValueError where they are one."""
    a, b = sorted(pair)
    if a == b:
        raise ValueError("a record cannot be compared with itself")
    _PUT.run(connection, [(a, b, answer.value, storable(actor), to_micros(now), storable(reason), probability)])


def undo_verdict(connection: Connection, pair: Pair, *, actor: str, now: datetime, seq: int | None = None) -> Verdict | None:
    """Take back the verdict that counts, or the one with that `seq`; return it, None where there is none to take back.

    Of those that are left the newest counts again.
    """
    standing = [one for one in history(connection, pair) if one.undone_at is None and seq in {None, one.seq}]
    if not standing:
        return None
    _UNDO.run(connection, [(to_micros(now), storable(actor), standing[0].seq)])
    return standing[0]


def verdicts_of(connection: Connection, records: Iterable[int]) -> list[Verdict]:
    """The verdicts that count about pairs that one of `records` is in, in the order of answers."""
    keys = [(record,) for record in dict.fromkeys(records)]
    rows = {row[0]: row for lookup in _OF_RECORDS for row in lookup.fetch(connection, keys)}
    return _counting(rows[seq] for seq in sorted(rows))


def all_verdicts(connection: Connection) -> list[Verdict]:
    """All verdicts that count, in the order of answers."""
    return _counting(_ALL.fetch(connection))


def history(connection: Connection, pair: Pair) -> list[Verdict]:
    """All that was ever said of two records, newest first, what was taken back not left out."""
    return [_verdict(row) for row in _OF_PAIR.fetch(connection, *sorted(pair))]


def verdicts_by(connection: Connection, actor: str, *, since: datetime = EPOCH, limit: int) -> list[Verdict]:
    """What one clerk said since then and did not take back, newest first."""
    return [_verdict(row) for row in _OF_ACTOR.fetch(connection, storable(actor), to_micros(since), limit)]


def _counting(rows: Iterable[tuple[Any, ...]]) -> list[Verdict]:
    """Of rows in the order of answers, the newest one of each pair."""
    newest = {(row[1], row[2]): row for row in rows}
    return [_verdict(row) for row in sorted(newest.values())]


def _verdict(row: tuple[Any, ...]) -> Verdict:
    seq, a, b, answer, actor, at, reason, probability, undone_at, undone_by = row
    return Verdict(
        seq=seq,
        a=a,
        b=b,
        answer=Answer(answer),
        actor=actor,
        at=from_micros(at),
        reason=reason,
        probability=probability,
        undone_at=None if undone_at is None else from_micros(undone_at),
        undone_by=undone_by,
    )
