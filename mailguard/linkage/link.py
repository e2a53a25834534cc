"""Linking a whole table: read, learn, score, group, say what would change, write. The command's work; it prints nothing.

The computing, seconds to minutes, holds no lock: mail goes on meanwhile. What is written is one transaction.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from mailguard.errors import MailguardError
from mailguard.identity.model import weight_of_probability
from mailguard.identity.resolve import Thresholds
from mailguard.linkage.batch import Linked
from mailguard.linkage.changes import Changes, changes_of, concerned
from mailguard.linkage.clustering import persons
from mailguard.linkage.engine import score_table
from mailguard.linkage.engine_name import Engine
from mailguard.linkage.evaluation import MOST_WRONG, THRESHOLD, Evaluation, Wrong, evaluate
from mailguard.linkage.incremental import link_new
from mailguard.linkage.listener import Listener
from mailguard.linkage.outcome import Outcome, outcome_of
from mailguard.linkage.table import Table, read_table
from mailguard.linkage.truth import Truth
from mailguard.linkage.writing import write_outcome
from mailguard.store import parameters as learnt_parameters
from mailguard.store.database import Database
from mailguard.store.parameters import SHIPPED
from mailguard.store.person_mail import all_held_by_person
from mailguard.store.records import all_references


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked for. `learn`: the numbers anew. `apply`: write what it comes to, also where the table was linked before.

    `truth`: to be measured against, at the probability `threshold`; of each kind of wrong pair, `most_wrong` are named.
    """

    engine: Engine = Engine.RECORDLINKAGE
    learn: bool = False
    apply: bool = False
    truth: Truth | None = None
    threshold: float = THRESHOLD
    most_wrong: int = MOST_WRONG


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """What linking a table came to. `applied`: whether it was written. `version`: of the parameters it rests on, 0 the shipped.

    `waiting`: records that came or changed meanwhile and were linked afterwards. `evaluation` names records by their numbers.
    """

    engine: Engine
    records: int
    candidate_pairs: int
    links: int
    possible: int
    persons: int
    version: int
    is_first: bool
    changes: Changes
    applied: bool = False
    waiting: int = 0
    evaluation: Evaluation | None = None


def link_all(
    database: Database, plan: Plan, *, thresholds: Thresholds, clock: Callable[[], datetime], listener: Listener
) -> Linking:
    """Link all records with one another. The first time it is applied, later only where the plan says so.

    Raises MailguardError where there is no record, and where an engine is not installed or does not start; UsageError where the
    truth is about other records. Until the transaction at the end nothing is written, whatever stops it.
    """
    listener.stage("reading records")
    table, truth = _read(database, plan)
    computed = _computed(table, plan, thresholds, listener, every_pair=truth is not None)
    linking = _described(database, table, computed, plan, thresholds)
    if truth is not None:
        listener.stage("comparing with the truth")
        linking = replace(linking, evaluation=_evaluated(truth, table, computed.linked, plan))
    if not linking.is_first and not plan.apply:
        return linking
    listener.stage("writing links and persons")
    now = clock()

    def adopt(connection: Connection) -> None:
        origin = "learnt from the table" if computed.is_learnt else "as shipped"
        if computed.is_learnt or linking.is_first:
            learnt_parameters.adopt(connection, computed.linked.parameters, origin=origin, now=now)

    written = write_outcome(database, table, computed.outcome, thresholds=thresholds, now=now, also=adopt)
    link_new(database, thresholds=thresholds, clock=clock, listener=listener)
    with database.read() as connection:
        version = learnt_parameters.version(connection)
    return replace(linking, applied=True, waiting=written.waiting, version=version)


@dataclass(frozen=True, slots=True)
class _Computed:
    """What was worked out of a table. `is_learnt`: the parameters are new."""

    is_learnt: bool
    linked: Linked
    outcome: Outcome


def _read(database: Database, plan: Plan) -> tuple[Table, npt.NDArray[np.int64] | None]:
    """Return all records, and the cluster of each if there is a truth."""
    with database.read() as connection:
        table = read_table(connection)
        if not table.frame.size:
            raise MailguardError("there are no records to link; import some: mailguard customers import FILE.csv --source NAME")
        if plan.truth is None:
            return table, None
        return table, plan.truth.clusters(reference for _, reference in all_references(connection))


def _computed(table: Table, plan: Plan, thresholds: Thresholds, listener: Listener, *, every_pair: bool) -> _Computed:
    """Return links and persons. `every_pair`: keep the weights also of pairs that are none, for a threshold chart."""
    least = -math.inf if every_pair else weight_of_probability(thresholds.possible)
    is_learnt = plan.learn or (table.version == SHIPPED and plan.engine.learns)
    linked = score_table(table.frame, None if is_learnt else table.parameters, plan.engine, least=least, listener=listener)
    listener.stage("grouping records into persons")
    return _Computed(is_learnt, linked, outcome_of(table, linked, thresholds))


def _described(database: Database, table: Table, computed: _Computed, plan: Plan, thresholds: Thresholds) -> Linking:
    """Return what was computed in numbers, and what it would change."""
    outcome, match_bits = computed.outcome, weight_of_probability(thresholds.match)
    changes = changes_of(table, outcome, match_bits=match_bits)
    with database.read() as connection:
        held = all_held_by_person(connection)
    links = int(np.count_nonzero(outcome.bits >= match_bits))
    return Linking(
        engine=plan.engine,
        records=table.frame.size,
        candidate_pairs=computed.linked.candidate_pairs,
        links=links,
        possible=len(outcome.bits) - links,
        persons=len(np.unique(outcome.persons)),
        version=table.version,
        is_first=table.version == SHIPPED,
        changes=replace(changes, held=sum(held.get(person, 0) for person in concerned(table, outcome)) if held else 0),
    )


def _evaluated(truth: npt.NDArray[np.int64], table: Table, linked: Linked, plan: Plan) -> Evaluation:
    """Return how right the scores alone are, pairs and persons at one threshold; what clerks said does not count here."""
    # Even odds are the least that joins anything.
    bits = max(weight_of_probability(plan.threshold), 0.0)
    pairs = linked.left, linked.right, linked.weights
    found = persons(table.frame.size, *pairs, threshold=bits).person
    evaluation = evaluate(truth, *pairs, persons=found, threshold=plan.threshold, most_wrong=plan.most_wrong)
    false_links, missed = (
        tuple(Wrong(int(table.records[one.a]), int(table.records[one.b]), one.weight) for one in wrong)
        for wrong in (evaluation.false_links, evaluation.missed)
    )
    return replace(evaluation, false_links=false_links, missed=missed)
