"""What clerks said teaches the model: numbers learnt anew with their answers, and what adopting these would change.

Learning proposes only. Adopting is a step of its own, since it moves persons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from math import log2
from typing import Final, Self

import numpy as np

from mailguard.errors import MailguardError
from mailguard.identity.clerical import AUTOMATIC, Answer
from mailguard.identity.levels import COMPARISONS
from mailguard.identity.model import Model, weight_of_probability
from mailguard.identity.parameters import CLASSES, Parameters
from mailguard.identity.resolve import Thresholds
from mailguard.linkage.batch import link_frame
from mailguard.linkage.changes import Changes, changes_of
from mailguard.linkage.comparing import Comparer
from mailguard.linkage.frame import Bools, Codes, Levels
from mailguard.linkage.learning import Answer as Labelled
from mailguard.linkage.learning import learn
from mailguard.linkage.link import Linking, Plan, link_all
from mailguard.linkage.listener import Listener
from mailguard.linkage.outcome import Outcome, outcome_of
from mailguard.linkage.scoring import weights
from mailguard.linkage.second_opinion import second_opinion
from mailguard.linkage.table import Pair, Table, read_table
from mailguard.store import parameters as store
from mailguard.store.database import Database

MOST_MOVED: Final = 10
"""Levels that are named, those whose weight changes most."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One level's weight of evidence for one person against strangers, in bits, before and after."""

    field: str
    level: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of so many answered pairs, how many are on the clerk's side of even odds: by the numbers in use, and by the new ones.

    `opinion`: by a regression on the other answers, None where these are too few.
    """

    answers: int
    before: int
    after: int
    opinion: int | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was learnt from clerks' answers, and what it would change.

    `same`, `different`: the answers it rests on. `agreement` is on these same answers, so of the new numbers it flatters.
    `doubtful`: answered pairs of which model and regression both say the opposite. `moved`: the levels whose weight changes
    most. `possible_added`, `possible_removed`: pairs that would come to be kept, or no longer be, as links or as questions.
    """

    version: int
    same: int
    different: int
    agreement: Agreement
    doubtful: tuple[Pair, ...]
    moved: tuple[Movement, ...]
    possible_added: int
    possible_removed: int
    changes: Changes


def propose(database: Database, *, thresholds: Thresholds, clock: Callable[[], datetime], listener: Listener) -> Proposal:
    """Learn anew with the clerks' answers, and keep the result as a proposal in place of any before it.

    Raises MailguardError where no clerk has been sure of anything.
    """
    listener.stage("reading records and answers")
    with database.read() as connection:
        table = read_table(connection)
    answers = _Answers.of(table)
    listener.stage(f"learning with {len(answers.is_same)} answers")
    learnt = learn(table.frame, answers=answers.labelled, comparer=answers.comparer)
    outcome = _outcome(table, learnt, thresholds, listener)
    agreement, doubtful = answers.agreement(table, learnt)
    added, removed = _kept_otherwise(table, outcome)
    with database.write() as connection:
        version = store.propose(connection, learnt, origin=f"learnt with {len(answers.is_same)} answers of clerks", now=clock())
    return Proposal(
        version=version,
        same=int(np.count_nonzero(answers.is_same)),
        different=int(np.count_nonzero(~answers.is_same)),
        agreement=agreement,
        doubtful=doubtful,
        moved=_moved(table.parameters, learnt),
        possible_added=added,
        possible_removed=removed,
        changes=changes_of(table, outcome, match_bits=weight_of_probability(thresholds.match)),
    )


def adopt(
    database: Database, version: int, *, thresholds: Thresholds, clock: Callable[[], datetime], listener: Listener
) -> Linking:
    """Use a proposal from now on, and link all records anew with it.

    Raises UsageError where that version is not what is proposed.
    """
    with database.write() as connection:
        store.adopt_proposed(connection, version, now=clock())
    return link_all(database, Plan(apply=True), thresholds=thresholds, clock=clock, listener=listener)


@dataclass(frozen=True, slots=True)
class _Answers:
    """Answered pairs by their places in the table, whether a clerk called them the same, their levels, and what found these."""

    left: Codes
    right: Codes
    is_same: Bools
    levels: Levels
    comparer: Comparer

    @classmethod
    def of(cls, table: Table) -> Self:
        # What was approved by its probability must not teach the model what it has said itself.
        seen = replace(table, verdicts=tuple(one for one in table.verdicts if not one.reason.startswith(AUTOMATIC)))
        said = dict.fromkeys(seen.said(Answer.SAME), True) | dict.fromkeys(seen.said(Answer.DIFFERENT), False)
        if not said:
            raise MailguardError("no clerk has answered same or different yet; answer some questions: mailguard review")
        left, right = np.array(list(said), dtype=np.int32).T
        comparer = Comparer(table.frame)
        return cls(left, right, np.array(list(said.values()), dtype=bool), comparer.levels(left, right), comparer)

    @property
    def labelled(self) -> list[Labelled]:
        """Each answered pair with its answer, as learning takes it."""
        return list(map(Labelled, self.left.tolist(), self.right.tolist(), self.is_same.tolist()))

    def agreement(self, table: Table, learnt: Parameters) -> tuple[Agreement, tuple[Pair, ...]]:
        """Return how far model and regression agree with the clerks, and the answers that neither of them believes."""
        before, after = (self._believed(table, parameters) for parameters in (table.parameters, learnt))
        opinion = second_opinion(self.comparer, self.left, self.right, self.is_same)
        doubtful = np.flatnonzero(~before & ~opinion) if opinion is not None else np.empty(0, dtype=np.int64)
        pairs = zip(table.records[self.left[doubtful]].tolist(), table.records[self.right[doubtful]].tolist(), strict=True)
        counts = [int(np.count_nonzero(believed)) for believed in (before, after)]
        agreeing = None if opinion is None else int(np.count_nonzero(opinion))
        return Agreement(len(self.is_same), counts[0], counts[1], agreeing), tuple(pairs)

    def _believed(self, table: Table, parameters: Parameters) -> Bools:
        model = Model(parameters, table.frame.size)
        bits = weights(table.frame, self.left, levels=self.levels, model=model)
        return np.equal(bits >= 0, self.is_same)


def _outcome(table: Table, learnt: Parameters, thresholds: Thresholds, listener: Listener) -> Outcome:
    """Return what the new numbers make of all records."""
    listener.stage("comparing records")
    linked = link_frame(table.frame, learnt, least=weight_of_probability(thresholds.possible))
    listener.stage("grouping records into persons")
    return outcome_of(table, linked, thresholds)


def _kept_otherwise(table: Table, outcome: Outcome) -> tuple[int, int]:
    """Return how many pairs would be kept that are not, and how many are that would not be."""
    top = int(table.records[-1]) + 1
    before, after = table.a * top + table.b, outcome.a * top + outcome.b
    return len(np.setdiff1d(after, before)), len(np.setdiff1d(before, after))


def _moved(before: Parameters, after: Parameters) -> tuple[Movement, ...]:
    """Return the levels whose weight changes most, most first."""
    every = [
        Movement(spec.field, level, _evidence(before, spec.field, at), _evidence(after, spec.field, at))
        for spec in COMPARISONS
        for at, level in enumerate(spec.levels)
    ]
    return tuple(sorted(every, key=lambda one: -abs(one.after - one.before))[:MOST_MOVED])


def _evidence(parameters: Parameters, field: str, level: int) -> float:
    rows = parameters.levels[field]
    return log2(rows[CLASSES.index("same")][level] / rows[CLASSES.index("stranger")][level])
