"""Linking records that are new or have changed to the others, without a new batch: what an import ends with.

A few are looked up by their blocking keys, however large the table; where they are a large part of it, the whole table is read
once and only pairs with one of them are compared. Either way the parameters in use hold, and pairs of two other records stay.

Linking piece by piece keeps the same pairs, with the same weights, as scoring all at once with the same parameters, as far as
- the population is the same: the prior scales with it, so that a weight from when it was half is one bit higher;
- no blocking key passes its cap in between: pairs that a rarer key once proposed stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
from sqlalchemy import Connection

from mailguard.identity.blocking import PASSES, blocking_values, key_of
from mailguard.identity.model import Model, probability_of, weight_of_probability
from mailguard.identity.resolve import Thresholds
from mailguard.identity.standard import Standard
from mailguard.linkage.batch import link_frame
from mailguard.linkage.blocking import most_of
from mailguard.linkage.comparing import Comparer
from mailguard.linkage.frame import Codes, Frame
from mailguard.linkage.listener import Listener, Silent
from mailguard.linkage.outcome import outcome_of
from mailguard.linkage.scoring import heavy
from mailguard.linkage.table import read_table
from mailguard.linkage.writing import write_outcome
from mailguard.store import agenda, links, parameters, pending
from mailguard.store.candidates import candidates
from mailguard.store.database import Database
from mailguard.store.links import Kept, Origin
from mailguard.store.partition import regroup
from mailguard.store.persons import count_persons
from mailguard.store.records import count, records

AT_ONCE: Final = 500
"""Records of one transaction: mail that comes meanwhile waits for no more than these."""

LARGE_PART: Final = 20
"""Where one record of so many is new, and FEW are, reading the whole table is quicker than so many look-ups."""

FEW: Final = 2000
"""New records up to which they are always looked up one by one."""


@dataclass(frozen=True, slots=True)
class LinkedNew:
    """What linking new and changed records came to.

    `records`: how many were scored; `links`, `possible`: pairs kept of theirs, by kind; `moved`: records whose person is now
    another one; `persons`: how many there are in all afterwards.
    """

    records: int = 0
    candidate_pairs: int = 0
    links: int = 0
    possible: int = 0
    moved: int = 0
    persons: int = 0

    def plus(self, other: LinkedNew) -> LinkedNew:
        """Return both together."""
        return LinkedNew(
            self.records + other.records,
            self.candidate_pairs + other.candidate_pairs,
            self.links + other.links,
            self.possible + other.possible,
            self.moved + other.moved,
        )


def link_new(
    database: Database, *, thresholds: Thresholds, clock: Callable[[], datetime], listener: Listener | None = None
) -> LinkedNew:
    """Link all records that are new or have changed since they were scored, also those of a run that was stopped.

    A transaction each for some hundred records, or one for all of them; what was done when it is stopped stays done.
    """
    listener = listener or Silent()
    with database.read() as connection:
        waiting, population = pending.count_pending(connection), count(connection)
    linked = LinkedNew()
    if waiting:
        listener.stage(f"linking {waiting} new records")
        by = _link_by_table if waiting > FEW and waiting * LARGE_PART > population else _link_by_keys
        linked = by(database, thresholds, clock, listener)
    with database.read() as connection:
        return replace(linked, persons=count_persons(connection))


def _link_by_table(database: Database, thresholds: Thresholds, clock: Callable[[], datetime], listener: Listener) -> LinkedNew:
    """Compare the new records with all others in memory."""
    with database.read() as connection:
        table = read_table(connection)
    new = np.array(sorted(record for record, _ in table.pending), dtype=np.int64)
    listener.stage(f"comparing them with {table.frame.size - len(new)} others")
    least = weight_of_probability(thresholds.possible)
    linked = link_frame(table.frame, table.parameters, new=np.isin(table.records, new), least=least)
    outcome = outcome_of(table, linked, thresholds, scope=new)
    written = write_outcome(database, table, outcome, thresholds=thresholds, now=clock())
    sure = int(np.count_nonzero(outcome.bits >= weight_of_probability(thresholds.match)))
    return LinkedNew(len(new), linked.candidate_pairs, sure, len(outcome.bits) - sure, written.moved)


def _link_by_keys(database: Database, thresholds: Thresholds, clock: Callable[[], datetime], listener: Listener) -> LinkedNew:
    """Look the new records up by their keys, some at a time."""
    with database.read() as connection:
        _, learnt = parameters.current(connection)
        waiting = sorted(record for record, _ in pending.pending(connection))
        model = Model(learnt, count(connection))
    total = LinkedNew()
    for start in range(0, len(waiting), AT_ONCE):
        piece = waiting[start : start + AT_ONCE]
        with database.read() as connection:
            found = _found(connection, piece)
        kept = list(_kept(found, model, least=weight_of_probability(thresholds.possible), now=clock()))
        with database.write() as connection:
            total = total.plus(_write(connection, found, kept, thresholds=thresholds))
        listener.part((start + len(piece)) / len(waiting))
    return total


@dataclass(frozen=True, slots=True)
class _Found:
    """New records, and the others they share a key with, at one moment. `pairs`: of `records`, by place."""

    new: frozenset[int]
    records: Sequence[int]
    standards: Sequence[Standard]
    versions: frozenset[pending.Version]
    left: Codes
    right: Codes


def _found(connection: Connection, new: Sequence[int]) -> _Found:
    stored = {id: one.standard for id, one in records(connection, new).items()}
    keys = {id: _keys(standard) for id, standard in stored.items()}
    caps = {key: most for own in keys.values() for key, most in own.items()}
    found = candidates(connection, caps, most=max(caps.values(), default=0))
    sharing = {key: those for key, those in found.items() if len(those) <= caps[key]}
    standards = {one.record: one.standard for those in sharing.values() for one in those} | stored
    numbers = sorted(standards)
    place = {record: at for at, record in enumerate(numbers)}
    pairs = sorted(_pairs(keys, {key: [one.record for one in those] for key, those in sharing.items()}))
    return _Found(
        frozenset(stored),
        numbers,
        [standards[record] for record in numbers],
        pending.versions(connection, numbers),
        np.array([place[a] for a, _ in pairs], dtype=np.int32),
        np.array([place[b] for _, b in pairs], dtype=np.int32),
    )


def _keys(standard: Standard) -> dict[int, int]:
    """Return the blocking keys of a record, each with how many records may share it."""
    return {key_of(index, value): most_of(PASSES[index]) for index, value in blocking_values(standard)}


def _pairs(keys: Mapping[int, Iterable[int]], sharing: Mapping[int, Iterable[int]]) -> set[tuple[int, int]]:
    """Return each new record with each record that shares one of its keys, the older first."""
    return {
        (min(record, other), max(record, other))
        for record, own in keys.items()
        for key in own
        for other in sharing.get(key, ())
        if other != record
    }


def _kept(found: _Found, model: Model, *, least: float, now: datetime) -> Iterator[Kept]:
    """Yield the pairs that are worth at least so many bits."""
    frame = Frame.of_standards(found.standards)
    levels = Comparer(frame).levels(found.left, found.right)
    places, weights = heavy(frame, found.left, levels=levels, model=model, least=least)
    rows = zip(
        found.left[places].tolist(), found.right[places].tolist(), weights.tolist(), levels[places].tolist(), strict=True
    )
    for left, right, bits, own in rows:
        yield Kept(found.records[left], found.records[right], probability_of(bits), bits, tuple(own), Origin.BATCH, now)


def _write(connection: Connection, found: _Found, pairs: Sequence[Kept], *, thresholds: Thresholds) -> LinkedNew:
    """Write the pairs of the new records, except where one of the two has changed since they were found."""
    as_found = {record for record, _ in found.versions & pending.versions(connection, found.records)}
    new = found.new & as_found
    kept = [one for one in pairs if as_found.issuperset(one.pair) and not new.isdisjoint(one.pair)]
    former = links.links_of(connection, new)
    exact = {one.pair for one in former if one.origin is Origin.EXACT}
    links.drop_weighed_links_of(connection, new)
    links.put_links(connection, [one for one in kept if one.pair not in exact])
    touched = {*new, *(record for one in (*former, *kept) for record in one.pair)}
    moved = regroup(connection, touched, threshold_bits=weight_of_probability(thresholds.match)).changed
    links.mark_linked(connection, new)
    agenda.sync(connection, touched | moved.keys(), thresholds=thresholds)
    sure = sum(one.probability >= thresholds.match for one in kept)
    return LinkedNew(len(new), len(found.left), sure, len(kept) - sure, len(moved))
