"""A clerk's answer with all that follows from it: kept, the persons formed anew, the questions about them put or closed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from mailguard.identity.clerical import Answer
from mailguard.identity.model import weight_of_probability
from mailguard.identity.resolve import Thresholds
from mailguard.store import agenda, questions
from mailguard.store.links import Pair
from mailguard.store.partition import Regrouped, regroup
from mailguard.store.verdicts import Verdict


def rule(
    connection: Connection,
    pair: Pair,
    answer: Answer,
    *,
    actor: str,
    now: datetime,
    thresholds: Thresholds,
    reason: str = "",
) -> Regrouped:
    """Keep the answer and let the persons follow; return which records are another person's now."""
    questions.answer(connection, pair, answer, actor=actor, now=now, reason=reason)
    return _follow(connection, pair, thresholds)


def retract(connection: Connection, verdict: Verdict, *, actor: str, now: datetime, thresholds: Thresholds) -> Regrouped:
    """Take exactly this verdict back and let the persons follow; return which records are another person's now."""
    questions.undo(connection, verdict.pair, actor=actor, now=now, seq=verdict.seq)
    return _follow(connection, verdict.pair, thresholds)


def _follow(connection: Connection, pair: Pair, thresholds: Thresholds) -> Regrouped:
    regrouped = regroup(connection, pair, threshold_bits=weight_of_probability(thresholds.match))
    agenda.sync(connection, {*pair, *regrouped.changed}, thresholds=thresholds)
    return regrouped
