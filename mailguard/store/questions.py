"""The questions for clerks as they are worked off: who has which on the screen, what was answered, what waits.

Which pairs are asked about at all is for `agenda` to say; what an answer does to persons, for who calls: after `answer` and
`undo` the records' persons are to be formed anew, then `agenda.sync` is due.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from mailguard.identity.clerical import Answer, Question, ordered
from mailguard.store.agenda import QuestionState, settle
from mailguard.store.instant import to_micros
from mailguard.store.links import Pair, links_of
from mailguard.store.person_mail import held_by_person
from mailguard.store.persons import person_of, sizes
from mailguard.store.plain_text import storable
from mailguard.store.statement import Statement
from mailguard.store.verdicts import Verdict, put_verdict, undo_verdict

LEASE: Final = timedelta(minutes=5)
"""How long a question stays a clerk's who says nothing."""

CONSIDERED: Final = 200
"""Questions that were worth most when they were put, of which the one is chosen that is worth most now."""

MOST_LISTED: Final = 1_000_000
"""Questions that one list has at most."""

_ANSWERED_ONCE: Final = (QuestionState.UNSURE, QuestionState.SECOND)

_COLUMNS: Final = "q.a, q.b, q.probability, q.match_weight, q.is_bridge"
_FREE: Final = "(q.claimed_by IN ('', ?) OR q.claimed_until <= ?)"
_FREE_PAIR = Statement(f"SELECT {_COLUMNS} FROM question q WHERE q.a = ? AND q.b = ? AND {_FREE}")  # noqa: S608 - constants
# Nobody else has it, and the clerk has not said anything of it yet.
_NEXT = Statement(
    f"""SELECT {_COLUMNS} FROM question q WHERE q.state = ? AND {_FREE} AND NOT EXISTS (
        SELECT 1 FROM verdict v WHERE v.a = q.a AND v.b = q.b AND v.actor = ? AND v.undone_at IS NULL
    ) ORDER BY q.value DESC, q.a, q.b LIMIT ?"""  # noqa: S608 - constants
)
_OF_STATE = Statement(f"SELECT {_COLUMNS} FROM question q WHERE q.state = ? ORDER BY q.value DESC, q.a, q.b LIMIT ?")  # noqa: S608
_ABOUT = Statement(f"SELECT {_COLUMNS}, q.state FROM question q WHERE q.a = ? AND q.b = ?")  # noqa: S608 - constants
_CLAIM = Statement("UPDATE question SET claimed_by = ?, claimed_until = ? WHERE a = ? AND b = ?")
_LET_GO = Statement("UPDATE question SET claimed_by = '', claimed_until = NULL WHERE a = ? AND b = ?")
_RENEW = Statement("UPDATE question SET claimed_until = ? WHERE claimed_by = ? AND claimed_by <> ''")
_RELEASE = Statement("UPDATE question SET claimed_by = '', claimed_until = NULL WHERE claimed_by = ? AND claimed_by <> ''")
_NTH_OPEN = Statement(f"SELECT 1 FROM question WHERE state = '{QuestionState.OPEN}' LIMIT 1 OFFSET ?")  # noqa: S608 - constants
_COUNTS = Statement("SELECT state, count(*) FROM question GROUP BY state")


def claim(
    connection: Connection,
    holder: str,
    *,
    actor: str,
    now: datetime,
    lease: timedelta = LEASE,
    aside: Collection[Pair] = (),
    most: int = 1,
    again: bool = False,
) -> list[Question]:
    """The questions most worth asking that nobody else has: `holder`'s from now on, for `lease`.

    `holder` names the session, and gets what it has already as well; `actor` names the clerk, who is not asked again what he
    has answered. `aside`: pairs that are left out. First come those that nobody has answered, then those that another clerk
    was unsure about or has answered; with `again`, the other way round.
    """
    chosen: list[Question] = []
    for state in (*_ANSWERED_ONCE, QuestionState.OPEN) if again else (QuestionState.OPEN, *_ANSWERED_ONCE):
        limit = max(CONSIDERED, most) + len(aside)
        rows = _NEXT.fetch(connection, state.value, storable(holder), to_micros(now), storable(actor), limit)
        chosen += ordered(_full(connection, [row for row in rows if row[:2] not in aside]))[: most - len(chosen)]
        if len(chosen) >= most:
            break
    _CLAIM.run(connection, [(storable(holder), to_micros(now + lease), *question.pair) for question in chosen])
    return chosen


def claim_pair(connection: Connection, pair: Pair, holder: str, *, now: datetime, lease: timedelta = LEASE) -> Question | None:
    """The question about two records, whatever its state: `holder`'s from now on; None where another has it, or it is none."""
    rows = _FREE_PAIR.fetch(connection, *_sorted(pair), storable(holder), to_micros(now))
    _CLAIM.run(connection, [(storable(holder), to_micros(now + lease), *_sorted(pair))] if rows else [])
    return next(iter(_full(connection, rows)), None)


def renew(connection: Connection, holder: str, *, now: datetime, lease: timedelta = LEASE) -> int:
    """Keep what `holder` has for another `lease`; return how many questions these are."""
    return _RENEW.run(connection, [(to_micros(now + lease), storable(holder))])


def release(connection: Connection, holder: str) -> int:
    """Let others have what `holder` has; return how many questions these were."""
    return _RELEASE.run(connection, [(storable(holder),)])


def answer(connection: Connection, pair: Pair, answer: Answer, *, actor: str, now: datetime, reason: str = "") -> None:
    """Keep a clerk's answer about two records, asked or not, and let the question go. Raises ValueError where they are one."""
    probability = _probability(connection, pair)
    put_verdict(connection, pair, answer, actor=actor, now=now, reason=reason, probability=probability)
    settle(connection, _sorted(pair))
    _LET_GO.run(connection, [_sorted(pair)])


def undo(connection: Connection, pair: Pair, *, actor: str, now: datetime, seq: int | None = None) -> Verdict | None:
    """Take back the answer that counts, whoever gave it, or the one with that `seq`; return it, None where there is none.

    The question is asked again, where no other answer is left.
    """
    undone = undo_verdict(connection, pair, actor=actor, now=now, seq=seq)
    if undone is not None:
        settle(connection, undone.pair)
    return undone


def questions(connection: Connection, *, state: QuestionState = QuestionState.OPEN, limit: int = MOST_LISTED) -> list[Question]:
    """The questions in that state, the most valuable first."""
    return _full(connection, _OF_STATE.fetch(connection, state.value, limit))


def question_about(connection: Connection, pair: Pair) -> tuple[Question, QuestionState] | None:
    """The question about two records and its state; None where they were never asked about."""
    rows = _ABOUT.fetch(connection, *_sorted(pair))
    return (_full(connection, [row[:5] for row in rows])[0], QuestionState(rows[0][5])) if rows else None


def are_waiting(connection: Connection, number: int) -> bool:
    """Whether so many questions, or more, are open; reads no more than these."""
    return bool(_NTH_OPEN.fetch(connection, number - 1))


def question_counts(connection: Connection) -> dict[QuestionState, int]:
    """How many questions are in which state."""
    return {QuestionState(state): number for state, number in _COUNTS.fetch(connection)}


def _sorted(pair: Pair) -> Pair:
    return min(pair), max(pair)


def _probability(connection: Connection, pair: Pair) -> float | None:
    """What the machine thinks of two records, or thought when it asked about them; None where it did not look."""
    scored = [one.probability for one in links_of(connection, [pair[0]]) if one.pair == _sorted(pair)]
    scored += [row[2] for row in _ABOUT.fetch(connection, *_sorted(pair))]
    return scored[0] if scored else None


def _full(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> list[Question]:
    """Questions with what is known of the two persons now."""
    rows = list(rows)
    person = person_of(connection, {record for a, b, *_ in rows for record in (a, b)})
    persons = set(person.values())
    size, held = sizes(connection, persons), held_by_person(connection, persons)
    return [
        Question(
            a=a,
            b=b,
            probability=probability,
            match_weight=match_weight,
            sizes=(size[person[a]], size[person[b]]),
            held=sum(held.get(one, 0) for one in {person[a], person[b]}),
            is_bridge=bool(is_bridge),
            is_together=person[a] == person[b],
        )
        for a, b, probability, match_weight, is_bridge in rows
    ]
