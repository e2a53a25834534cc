"""Which pairs of records are worth asking a clerk about. It follows from links, persons and verdicts, and from nothing else.

Two persons that a scored pair would join are one question: their strongest pair. No question is what a clerk has decided
already, for any records of the two persons. So this may be worked out at any time, for all or for a few records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection

from mailguard.identity.clerical import Answer, Question, urgency, wants_second_look
from mailguard.identity.resolve import Thresholds
from mailguard.store.links import Pair
from mailguard.store.person_mail import all_held_by_person, held_by_person
from mailguard.store.persons import members, person_of, sizes
from mailguard.store.statement import Lookup, Statement, insert
from mailguard.store.verdicts import Verdict, all_verdicts, history, verdicts_of


class QuestionState(StrEnum):
    """`second`: answered, and to be asked of another clerk, too. `unsure`: a clerk could not say, another one may.

    `closed`: no question any more, whatever made it none.
    """

    OPEN = "open"
    SECOND = "second"
    UNSURE = "unsure"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Synced:
    """How many questions were put that were none before, and how many are none any more."""

    opened: int = 0
    closed: int = 0


@dataclass(frozen=True, slots=True)
class _Pair:
    """A scored pair of records of two persons."""

    pair: Pair
    probability: float
    match_weight: float
    persons: Pair


@dataclass(frozen=True, slots=True)
class _Kept:
    """A question as it is written down."""

    state: QuestionState
    content: tuple[float, float, bool, float]


_APART: Final = """SELECT l.a, l.b, l.probability, l.match_weight, x.person, y.person
    FROM {} CROSS JOIN record x CROSS JOIN record y
    WHERE {} l.probability >= ? AND x.id = l.a AND y.id = l.b AND x.person <> y.person"""
_ALL_APART = Statement(_APART.format("link l", ""))
_APART_OF: Final = tuple(
    Lookup({"record": "bigint"}, _APART.format("k CROSS JOIN link l", f"l.{side} = k.record AND")) for side in ("a", "b")
)
_QUESTION: Final = "q.a, q.b, q.state, q.probability, q.match_weight, q.is_bridge, q.value"
_ALL_QUESTIONS = Statement(f"SELECT {_QUESTION} FROM question q")  # noqa: S608 - constants
_QUESTIONS_OF: Final = tuple(
    Lookup({"record": "bigint"}, f"SELECT {_QUESTION} FROM k CROSS JOIN question q WHERE q.{side} = k.record")  # noqa: S608
    for side in ("a", "b")
)
_PUT = insert(
    "question",
    ("a", "b", "probability", "match_weight", "is_bridge", "value", "state", "claimed_by"),
    conflict="""ON CONFLICT (a, b) DO UPDATE SET probability = excluded.probability, match_weight = excluded.match_weight,
    is_bridge = excluded.is_bridge, value = excluded.value, state = excluded.state""",
)
_SETTLE = Statement("UPDATE question SET state = ? WHERE a = ? AND b = ?")


def sync(connection: Connection, records: Iterable[int] | None = None, *, thresholds: Thresholds) -> Synced:
    """Put and close the questions about the persons of `records`, of all where none are given.

    To be called when links, verdicts or persons have changed, with the records of which they have.
    """
    region = None if records is None else _region(connection, records)
    kept = _kept(connection, region)
    verdicts = all_verdicts(connection) if region is None else verdicts_of(connection, region)
    asked = _asked(connection, region, verdicts, thresholds)
    _put(connection, asked, kept)
    settled = dict(_settled(connection, kept.keys() - asked.keys(), verdicts))
    _settle(connection, {pair: state for pair, state in settled.items() if state is not kept[pair].state})
    return Synced(
        sum(pair not in kept or kept[pair].state is not QuestionState.OPEN for pair in asked),
        sum(kept[pair].state is QuestionState.OPEN for pair in settled),
    )


def settle(connection: Connection, pair: Pair) -> None:
    """Note that a question was answered, or an answer taken back; who has it on the screen keeps it."""
    counting = [verdict for verdict in history(connection, pair) if verdict.undone_at is None]
    _settle(connection, {pair: _state(connection, counting[0]) if counting else QuestionState.OPEN})


def _region(connection: Connection, records: Iterable[int]) -> frozenset[int]:
    """These records, and all of the same persons."""
    given = frozenset(records)
    found = members(connection, person_of(connection, given).values())
    return given.union(*found.values())


def _kept(connection: Connection, region: frozenset[int] | None) -> dict[Pair, _Kept]:
    rows = _ALL_QUESTIONS.fetch(connection) if region is None else _of(connection, _QUESTIONS_OF, region)
    return {
        (a, b): _Kept(QuestionState(state), (probability, match_weight, bool(is_bridge), value))
        for a, b, state, probability, match_weight, is_bridge, value in rows
    }


def _of(connection: Connection, lookups: Iterable[Lookup], region: Iterable[int], *parameters: Any) -> list[Any]:
    keys = [(record,) for record in region]
    return [row for lookup in lookups for row in lookup.fetch(connection, keys, *parameters)]


def _asked(
    connection: Connection, region: frozenset[int] | None, verdicts: Sequence[Verdict], thresholds: Thresholds
) -> dict[Pair, Question]:
    """The questions that are worth asking now."""
    possible = thresholds.possible
    rows = _ALL_APART.fetch(connection, possible) if region is None else _of(connection, _APART_OF, region, possible)
    decided = _decided(connection, verdicts)
    apart = sorted(map(_pair, rows), key=_strength)
    strongest = {one.persons: one for one in apart if one.persons not in decided}
    persons = {person for pair in strongest for person in pair}
    held = all_held_by_person(connection) if region is None else held_by_person(connection, persons)
    size = sizes(connection, persons)
    return {
        one.pair: Question(
            a=one.pair[0],
            b=one.pair[1],
            probability=one.probability,
            match_weight=one.match_weight,
            sizes=(size[one.persons[0]], size[one.persons[1]]),
            held=sum(held.get(person, 0) for person in one.persons),
            # Sure enough to be joined, and yet clustering has not.
            is_bridge=one.probability >= thresholds.match,
        )
        for one in strongest.values()
    }


def _pair(row: tuple[int, int, float, float, int, int]) -> _Pair:
    a, b, probability, match_weight, person_a, person_b = row
    return _Pair((a, b), probability, match_weight, _ordered(person_a, person_b))


def _ordered(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)


def _strength(one: _Pair) -> tuple[float, int, int]:
    """Weakest first; of equals the oldest last."""
    return one.match_weight, -one.pair[0], -one.pair[1]


def _decided(connection: Connection, verdicts: Iterable[Verdict]) -> frozenset[Pair]:
    """The pairs of persons that a clerk was asked about, whatever the answer."""
    pairs = [verdict.pair for verdict in verdicts]
    person = person_of(connection, {record for pair in pairs for record in pair})
    return frozenset(_ordered(person[a], person[b]) for a, b in pairs if a in person and b in person)


def _put(connection: Connection, asked: Mapping[Pair, Question], kept: Mapping[Pair, _Kept]) -> None:
    """Write the questions that are new, or not as they are written down."""
    contents = {pair: (one.probability, one.match_weight, one.is_bridge, urgency(one)) for pair, one in asked.items()}
    state = QuestionState.OPEN
    changed = {pair: content for pair, content in contents.items() if kept.get(pair) != _Kept(state, content)}
    _PUT.run(connection, [(*pair, *content, state.value, "") for pair, content in sorted(changed.items())])


def _settled(
    connection: Connection, pairs: Iterable[Pair], verdicts: Iterable[Verdict]
) -> Iterator[tuple[Pair, QuestionState]]:
    """What becomes of questions that are not to be asked now."""
    counting = {verdict.pair: verdict for verdict in verdicts}
    for pair in pairs:
        yield pair, _state(connection, counting[pair]) if pair in counting else QuestionState.CLOSED


def _state(connection: Connection, counting: Verdict) -> QuestionState:
    """The state of a question with this answer."""
    if counting.answer is Answer.UNSURE:
        return QuestionState.UNSURE
    if not wants_second_look(counting.pair):
        return QuestionState.ANSWERED
    clerks = {verdict.actor for verdict in history(connection, counting.pair) if verdict.undone_at is None}
    return QuestionState.SECOND if len(clerks) == 1 else QuestionState.ANSWERED


def _settle(connection: Connection, states: Mapping[Pair, QuestionState]) -> None:
    _SETTLE.run(connection, [(state.value, *pair) for pair, state in sorted(states.items())])
