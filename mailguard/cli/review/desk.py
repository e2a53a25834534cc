"""One clerk's desk: takes questions, keeps answers, takes them back. All is durable, and the persons follow, when it returns.

Knows no screen. Whoever is at another desk never has the same pair: that is the store's claim to keep.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from mailguard.cli.ledger import failing_in_words
from mailguard.cli.review.case import Case
from mailguard.cli.review.casebook import Casebook
from mailguard.cli.review.conflicts import conflicts_of
from mailguard.identity.clerical import Agreement, Answer, Given, Progress, Question, Session, question_id
from mailguard.identity.resolve import Thresholds
from mailguard.store import agenda, questions, verdicts
from mailguard.store.agenda import QuestionState
from mailguard.store.database import Database
from mailguard.store.person_mail import all_held_by_person
from mailguard.store.ruling import retract, rule

LEASE: Final = timedelta(minutes=2)
"""How long a pair stays with a clerk whose program has died; a living one renews it."""

FRESH: Final = timedelta(minutes=1)
"""How old the order of questions may be, as to the mail that is held meanwhile."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the clerk is, and how far all agree."""

    progress: Progress
    with_model: Agreement
    with_clerks: Agreement


@dataclass(frozen=True, slots=True)
class Undone:
    """An answer that was taken back. `case`: its pair, to be asked again; None where another clerk has it by now."""

    id: str
    case: Case | None


class Desk:
    """One sitting of one clerk. For one thread at a time.

    `conflicts`: the pairs about which answers contradict each other, as the last answer has shown.
    """

    lease = LEASE

    def __init__(self, database: Database, *, clerk: str, thresholds: Thresholds, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clerk = clerk
        self._holder = f"{clerk}@{socket.gethostname()}:{os.getpid()}"
        self._thresholds = thresholds
        self._clock = clock
        self._casebook = Casebook()
        self._session = Session()
        self._waiting = 0
        self._refreshed_at: datetime | None = None
        self.conflicts: tuple[str, ...] = ()

    @property
    def standing(self) -> Standing:
        """How far the clerk is, of this sitting."""
        session = self._session
        return Standing(session.progress(self._waiting), session.with_model(), session.with_clerks())

    def next(self, *, leaving: Case | None = None) -> Case | None:
        """The pair most worth asking, which is this desk's from now on; None where none waits.

        `leaving`: what the clerk leaves for later: it comes again when nothing else does.
        """
        if leaving is not None:
            self._session = self._session.leave(leaving.question.pair)
        with self._write() as connection:
            self._refresh(connection)
            questions.release(connection, self._holder)
            claimed = self._claim(connection)
            self._count(connection)
        return self._case(claimed) if claimed is not None else None

    def answer(self, case: Case, answer: Answer, *, was_seen: bool = False, reason: str = "") -> Given | None:
        """Keep the answer; None where the pair is not this desk's any more, because another clerk has it or has answered."""
        now = self._clock()
        pair = case.question.pair
        with self._write() as connection:
            if not questions.renew(connection, self._holder, now=now, lease=LEASE):
                return None
            regrouped = rule(connection, pair, answer, actor=self._clerk, now=now, thresholds=self._thresholds, reason=reason)
        self.conflicts = conflicts_of(regrouped)
        given = Given(
            pair=pair,
            answer=answer,
            probability=case.explanation.probability,
            earlier=next((said.answer for said in case.said if not said.is_undone and said.actor != self._clerk), None),
            was_seen=was_seen,
        )
        self._session = self._session.answer(given)
        return given

    def undo(self) -> Undone | None:
        """Take back this clerk's last answer that stands, of whatever sitting; None where there is none."""
        now = self._clock()
        with self._write() as connection:
            last = next(iter(verdicts.verdicts_by(connection, self._clerk, limit=1)), None)
            if last is None:
                return None
            retract(connection, last, actor=self._clerk, now=now, thresholds=self._thresholds)
            questions.release(connection, self._holder)
            question = questions.claim_pair(connection, last.pair, self._holder, now=now, lease=LEASE)
            self._count(connection)
        if self._session.last is not None and self._session.last.pair == last.pair:
            self._session = self._session.undo()
        return Undone(question_id(last.pair), self._case(question) if question is not None else None)

    def renew(self) -> None:
        """Keep the pair that is on this desk."""
        with self._write() as connection:
            questions.renew(connection, self._holder, now=self._clock(), lease=LEASE)

    def close(self) -> None:
        """Give back what is on this desk."""
        with self._write() as connection:
            questions.release(connection, self._holder)

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """One transaction; a failure of the database becomes a MailguardError, and nothing of it is kept."""
        with failing_in_words(self._database), self._database.write() as connection:
            yield connection

    def _refresh(self, connection: Connection) -> None:
        """Let the order of questions follow the mail that is held by now."""
        now = self._clock()
        if self._refreshed_at is None or now - self._refreshed_at >= FRESH:
            agenda.sync(connection, all_held_by_person(connection), thresholds=self._thresholds)
            self._refreshed_at = now

    def _claim(self, connection: Connection) -> Question | None:
        """The next question: what was left for later only when nothing else is left."""
        while True:
            found = questions.claim(
                connection,
                self._holder,
                actor=self._clerk,
                now=self._clock(),
                lease=LEASE,
                aside=self._session.aside,
                again=self._session.looks_again,
            )
            if found or not self._session.aside:
                return next(iter(found), None)
            self._session = self._session.come_back()

    def _case(self, question: Question) -> Case | None:
        with failing_in_words(self._database), self._database.read() as connection:
            return self._casebook.case(connection, question)

    def _count(self, connection: Connection) -> None:
        counts = questions.question_counts(connection)
        self._waiting = counts.get(QuestionState.OPEN, 0)
