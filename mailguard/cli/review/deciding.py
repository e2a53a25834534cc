"""`mailguard review decide`, `undo` and `--auto-approve`: answers without a screen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Final

import typer
from sqlalchemy import Connection

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile, Reason, actor
from mailguard.cli.output import counted, note, print_json, say
from mailguard.cli.review.conflicts import conflicts_of, contradiction
from mailguard.cli.review.questions_view import Name, question_named
from mailguard.config import Config
from mailguard.errors import UsageError
from mailguard.identity.clerical import AUTOMATIC, Answer, Pair, question_id
from mailguard.identity.person import person_id
from mailguard.identity.resolve import Thresholds
from mailguard.relay.clock import system_clock
from mailguard.store import questions, verdicts
from mailguard.store.agenda import QuestionState
from mailguard.store.database import Database
from mailguard.store.partition import Regrouped
from mailguard.store.persons import person_of
from mailguard.store.ruling import retract, rule
from mailguard.store.verdicts import Verdict

APPROVED_AT_ONCE: Final = 50
"""Questions that one transaction approves: mail goes on in between."""

Said = Annotated[Answer, typer.Argument(metavar="ANSWER", help="same, different or unsure.")]
NameOrLast = Annotated[str, typer.Argument(metavar="[ID]", help="The question; without it, your own last answer.")]


@dataclass(frozen=True, slots=True)
class Ruled:
    """What an answer came to, or taking it back. `persons`: whose the records are. `moved`: records whose person changed.

    `conflicts`: pairs that were said to be the same, which other answers forbid.
    """

    id: str
    answer: str
    actor: str
    undone: bool
    persons: tuple[str, str]
    moved: int
    conflicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Approved:
    """What was approved by its score. `left`: likely pairs that would join two solid groups, which a person has to look at."""

    approved: int
    left: int
    probability: float


def thresholds_of(config: Config) -> Thresholds:
    """From when on two records match, and a clerk is asked."""
    identity = config.settings.identity
    return Thresholds(identity.match, identity.possible)


def decide(name: Name, answer: Said, reason: Reason = "", config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Answer a question; the persons follow at once. Exit status 1 if there are no such records."""
    pair = question_named(name)
    with open_ledger(config) as (loaded, database), database.write() as connection:
        if len(person_of(connection, pair)) < len(pair):
            note(f"there are no records {name}; see: mailguard review list")
            raise typer.Exit(1)
        regrouped = None
        if not is_said(connection, pair, answer, reason):
            terms = {"actor": actor(), "reason": reason}
            regrouped = rule(connection, pair, answer, now=system_clock(), thresholds=thresholds_of(loaded), **terms)
        ruled = _ruled(connection, pair, answer, regrouped)
    _report(ruled, as_json=as_json)


def undo(name: NameOrLast = "", config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Take an answer back; the one before it counts again. Exit status 1 if there is none."""
    pair = question_named(name) if name else None
    with open_ledger(config) as (loaded, database), database.write() as connection:
        verdict = (
            counting_verdict(connection, pair) if pair else next(iter(verdicts.verdicts_by(connection, actor(), limit=1)), None)
        )
        if verdict is None:
            note(f"nobody has answered {name}" if name else "you have given no answer")
            raise typer.Exit(1)
        regrouped = retract(connection, verdict, actor=actor(), now=system_clock(), thresholds=thresholds_of(loaded))
        ruled = _ruled(connection, verdict.pair, verdict.answer, regrouped, undone=True, by=verdict.actor)
    _report(ruled, as_json=as_json)


def approve(least: float, *, config: ConfigFile, as_json: bool) -> None:
    """Answer `same` to every open question of at least this probability; those that would join two solid groups are left."""
    with open_ledger(config) as (loaded, database):
        thresholds = thresholds_of(loaded)
        if not thresholds.possible <= least <= 1:
            raise UsageError(
                f"--auto-approve {least:g}: write a probability from {thresholds.possible:g} (identity.possible) to 1"
            )
        done = Approved(_approve_all(database, least, thresholds), _bridges(database, least), least)
    if as_json:
        print_json(done)
        return
    say(f"approved {counted(done.approved, 'question')} of probability {least:g} or more")
    if done.left:
        note(f"{counted(done.left, 'likely pair')} would join two groups and wait for a person: mailguard review")


def is_said(connection: Connection, pair: Pair, answer: Answer, reason: str) -> bool:
    """Whether this clerk's answer is the one that counts already, so that it need not be said twice."""
    counting = counting_verdict(connection, pair)
    return counting is not None and (counting.answer, counting.actor) == (answer, actor()) and reason in {"", counting.reason}


def counting_verdict(connection: Connection, pair: Pair) -> Verdict | None:
    """The answer about two records that counts; None where there is none."""
    return next((one for one in verdicts.history(connection, pair) if one.undone_at is None), None)


def _ruled(
    connection: Connection,
    pair: Pair,
    answer: Answer,
    regrouped: Regrouped | None,
    *,
    undone: bool = False,
    by: str = "",
) -> Ruled:
    person = person_of(connection, pair)
    persons = person_id(person[pair[0]]), person_id(person[pair[1]])
    moved, conflicts = (len(regrouped.changed), conflicts_of(regrouped)) if regrouped else (0, ())
    return Ruled(question_id(pair), answer, by or actor(), undone, persons, moved, conflicts)


def _report(ruled: Ruled, *, as_json: bool) -> None:
    if as_json:
        print_json(ruled)
    else:
        one, other = ruled.persons
        what = f"{ruled.answer} of {ruled.actor} is taken back" if ruled.undone else ruled.answer
        whose = f"one person, {one}" if one == other else f"two persons, {one} and {other}"
        say(f"{ruled.id}: {what}; {whose}")
    for id in ruled.conflicts:
        note(contradiction(id))


def _approve_all(database: Database, least: float, thresholds: Thresholds) -> int:
    """Approve until nothing is left: an answer may bring up the next question about the same persons."""
    approved = 0
    while pairs := _likely(database, least):
        remaining = iter(pairs)
        while piece := list(islice(remaining, APPROVED_AT_ONCE)):
            with database.write() as connection:
                approved += _approve(connection, piece, least, thresholds)
            note(f"{approved} approved so far")
    return approved


def _approve(connection: Connection, pairs: Iterable[Pair], least: float, thresholds: Thresholds) -> int:
    approved = 0
    for pair in pairs:
        # An answer before this one may have settled it.
        about = questions.question_about(connection, pair)
        if about is not None and about[1] is QuestionState.OPEN:
            reason = f"{AUTOMATIC} {least:g}"
            rule(connection, pair, Answer.SAME, actor=actor(), now=system_clock(), thresholds=thresholds, reason=reason)
            approved += 1
    return approved


def _likely(database: Database, least: float) -> list[Pair]:
    with database.read() as connection:
        found = questions.questions(connection)
    return [question.pair for question in found if question.probability >= least and not question.is_bridge]


def _bridges(database: Database, least: float) -> int:
    with database.read() as connection:
        found = questions.questions(connection)
    return sum(question.is_bridge and question.probability >= least for question in found)
