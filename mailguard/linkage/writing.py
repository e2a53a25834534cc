"""Writing down what a batch has computed: one transaction, short against the computing, that respects what came meanwhile.

Mail and clerks go on while a table is linked. A record that is new, has changed or was forgotten since the table was read is
left as it is and waits to be scored; verdicts and exact links since then count. The questions for clerks, which follow from
what is written, come in a transaction of their own, so that mail gets its turn in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from mailguard.identity.model import weight_of_probability
from mailguard.identity.resolve import Thresholds
from mailguard.linkage.outcome import Outcome
from mailguard.linkage.table import Ints, Table
from mailguard.store import agenda, links, pending, persons
from mailguard.store.database import Database
from mailguard.store.links import Kept
from mailguard.store.partition import regroup
from mailguard.store.verdicts import all_verdicts


@dataclass(frozen=True, slots=True)
class Written:
    """`moved`: records whose person is another one now. `waiting`: records that came or changed meanwhile."""

    moved: int
    waiting: int


def write_outcome(
    database: Database,
    table: Table,
    outcome: Outcome,
    *,
    thresholds: Thresholds,
    now: datetime,
    also: Callable[[Connection], None] = lambda _: None,
) -> Written:
    """Put `outcome` in the place of links and persons, except where something has changed since `table` was read.

    `also` is done in the same transaction.
    """
    kept = list(outcome.kept(now))  # beforehand: nothing waits for that
    with database.write() as connection:
        also(connection)
        written = _write(connection, table, outcome, kept, threshold_bits=weight_of_probability(thresholds.match))
    with database.write() as connection:
        agenda.sync(connection, thresholds=thresholds)
    return written


def _write(connection: Connection, table: Table, outcome: Outcome, kept: Sequence[Kept], *, threshold_bits: float) -> Written:
    waiting = {record for record, _ in pending.pending(connection) - table.pending}
    stale = waiting | (pending.forgotten(connection) & set(table.records.tolist()))
    own = [*links.links_of(connection, waiting), *_exact_since(connection, table)]
    fresh = [one for one in kept if stale.isdisjoint(one.pair)] if stale else kept
    if outcome.scope is None:
        links.replace_links(connection, fresh)
    else:
        links.drop_links_of(connection, outcome.scope.tolist())
        links.put_links(connection, fresh)
    links.put_links(connection, own)
    changed = np.array(sorted(stale), dtype=np.int64)
    moved = persons.replace_persons(connection, _moved(table, outcome, changed))
    joined = {record for one in own for record in one.pair}
    touched = {*waiting, *joined, *_beside(outcome, changed), *_said_since(connection, table)}
    regroup(connection, touched, threshold_bits=threshold_bits)
    pending.mark_all_linked(connection, but=waiting)
    return Written(moved, len(waiting))


def _moved(table: Table, outcome: Outcome, stale: Ints) -> dict[int, int]:
    """Return the records that change their person, with the new one."""
    moved = (table.persons != outcome.persons) & ~np.isin(table.records, stale)
    return dict(zip(table.records[moved].tolist(), outcome.persons[moved].tolist(), strict=True))


def _beside(outcome: Outcome, stale: Ints) -> set[int]:
    """Return the records of the pairs of which one record is not as it was."""
    in_pair = np.isin(outcome.a, stale) | np.isin(outcome.b, stale)
    return {*outcome.a[in_pair].tolist(), *outcome.b[in_pair].tolist()}


def _exact_since(connection: Connection, table: Table) -> list[Kept]:
    """Return the links that rest on no weight and have come since the table was read: mail makes them."""
    before = {one.pair for one in table.exact}
    return [one for one in links.exact_links(connection) if one.pair not in before]


def _said_since(connection: Connection, table: Table) -> set[int]:
    """Return the records about which clerks have said something, or taken it back, since the table was read."""
    before = {(one.pair, one.answer) for one in table.verdicts}
    now = {(one.pair, one.answer) for one in all_verdicts(connection)}
    return {record for pair, _ in before ^ now for record in pair}
