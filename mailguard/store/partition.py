"""Who belongs together, worked out anew around the records that something has changed about. The rule is `identity.cluster`'s.

What is read and written is what hangs together with those records by links and verdicts, however large the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from mailguard.identity.clerical import Answer
from mailguard.identity.cluster import Pair as Scored
from mailguard.identity.cluster import partition
from mailguard.identity.model import probability_of
from mailguard.store.links import Pair
from mailguard.store.persons import members, person_of, replace_persons
from mailguard.store.statement import Lookup
from mailguard.store.verdicts import put_verdict, verdicts_of

_SCORED: Final = tuple(
    Lookup({"record": "bigint"}, f"SELECT l.a, l.b, l.match_weight FROM k CROSS JOIN link l WHERE l.{side} = k.record")  # noqa: S608
    for side in ("a", "b")
)


@dataclass(frozen=True, slots=True)
class Regrouped:
    """What working out the persons anew came to.

    `changed`: record → the person it was of, and the person it is of now. `bridges`: links between two persons whose other
    records speak against it. `conflicts`: verdicts `same` that a verdict `different` forbids.
    """

    changed: dict[int, tuple[int, int]]
    bridges: tuple[Pair, ...]
    conflicts: tuple[Pair, ...]


@dataclass(slots=True)
class _Region:
    """Records, and all that hang together with them, with what is known of them. `records`: those looked at."""

    records: set[int] = field(default_factory=set)
    weights: dict[Pair, float] = field(default_factory=dict)
    answers: dict[Pair, Answer] = field(default_factory=dict)

    def said(self, answer: Answer) -> list[Pair]:
        return [pair for pair, given in self.answers.items() if given is answer]


def regroup(connection: Connection, records: Iterable[int], *, threshold_bits: float) -> Regrouped:
    """Work out the persons of `records`, and of all records that these can have an effect on, and write them down.

    To be called with both ends of each pair whose link or verdict was put, dropped or taken back, with each record that is new
    or compares otherwise, and with what is left of the person of a forgotten one. Links are the kept pairs of a match weight of
    `threshold_bits` or more. The time follows the number of records that hang together, not that of the table.
    """
    given = set(records)
    # Who left a person may have held it together: its former members are looked at with it.
    former = members(connection, {*given, *person_of(connection, given).values()})
    region = _region(connection, given.union(*former.values()), threshold_bits)
    before = person_of(connection, region.records)
    clusters = partition(
        before,
        (Scored(a, b, weight) for (a, b), weight in region.weights.items()),
        same=region.said(Answer.SAME),
        different=region.said(Answer.DIFFERENT),
        threshold=threshold_bits,
    )
    changed = {record: (person, clusters.person_of[record]) for record, person in sorted(before.items())}
    changed = {record: (old, new) for record, (old, new) in changed.items() if old != new}
    replace_persons(connection, {record: new for record, (_, new) in changed.items()})
    return Regrouped(changed, clusters.bridges, clusters.conflicts)


def split_off(connection: Connection, record: int, *, actor: str, now: datetime, reason: str = "") -> tuple[Pair, ...]:
    """Say that `record` is never the same as those of its person with which a kept pair or a verdict `same` connects it.

    Returns these pairs, none where it is alone. `regroup` then takes it out of that person (another one, of which it was a
    bridge's end, may have it now), and brings it back after an `undo_verdict` of each pair.
    """
    person = person_of(connection, [record])
    others = {other for found in members(connection, person.values()).values() for other in found} - {record}
    known = _neighbourhood(connection, [record])
    pairs = sorted(pair for pair in {*known.weights, *known.said(Answer.SAME)} if others.intersection(pair))
    for pair in pairs:
        weight = known.weights.get(pair)
        probability = None if weight is None else probability_of(weight)
        put_verdict(connection, pair, Answer.DIFFERENT, actor=actor, now=now, reason=reason, probability=probability)
    return tuple(pairs)


def _region(connection: Connection, records: Iterable[int], threshold_bits: float) -> _Region:
    """All that links and verdicts `same` lead to from `records`."""
    region = _Region()
    fresh = set(records)
    while fresh:
        region.records |= fresh
        found = _neighbourhood(connection, fresh)
        region.weights |= found.weights
        region.answers |= found.answers
        edges = [*(pair for pair, weight in found.weights.items() if weight >= threshold_bits), *found.said(Answer.SAME)]
        fresh = {end for pair in edges for end in pair} - region.records
    return region


def _neighbourhood(connection: Connection, records: Iterable[int]) -> _Region:
    """The kept pairs and the verdicts about `records`."""
    keys = [(record,) for record in records]
    weights = {(a, b): weight for lookup in _SCORED for a, b, weight in lookup.fetch(connection, keys)}
    answers = {verdict.pair: verdict.answer for verdict in verdicts_of(connection, (record for (record,) in keys))}
    return _Region(weights=weights, answers=answers)
