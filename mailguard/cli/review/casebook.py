"""Finding what there is to know of a question: both records, their persons, the mail, what was said before, the waterfall."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from mailguard.cli.review.case import Case, Said, Side
from mailguard.identity.clerical import Question
from mailguard.identity.comparison import Explanation
from mailguard.identity.model import Model
from mailguard.identity.person import person_id
from mailguard.store import parameters
from mailguard.store.candidates import anchors
from mailguard.store.person_mail import mail_of
from mailguard.store.persons import members
from mailguard.store.records import StoredRecord, count, records
from mailguard.store.verdicts import history

_OTHERS: Final = 4
"""Further records of a person that are read; a page names fewer."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A question with its two records and what the model makes of them."""

    question: Question
    left: StoredRecord
    right: StoredRecord
    explanation: Explanation


class Casebook:
    """Reads cases; keeps the model while its parameters stay what they are."""

    def __init__(self) -> None:
        self._version = -1
        self._model: Model | None = None

    def entries(self, connection: Connection, questions: Iterable[Question]) -> list[Entry]:
        """The questions, without those whose records were erased meanwhile."""
        asked = list(questions)
        found = records(connection, {record for question in asked for record in question.pair})
        model = self._current(connection)
        return [
            Entry(question, left, right, model.explain(left.standard, right.standard))
            for question in asked
            if (left := found.get(question.a)) is not None and (right := found.get(question.b)) is not None
        ]

    def case(self, connection: Connection, question: Question) -> Case | None:
        """All there is to know of the question; None where a record was erased meanwhile."""
        for entry in self.entries(connection, [question]):
            said = tuple(
                Said(one.answer, one.actor, one.at, one.reason, one.undone_at is not None)
                for one in history(connection, question.pair)
            )
            left, right = _side(connection, entry.left), _side(connection, entry.right)
            return Case(question, left, right, entry.explanation, said)
        return None

    def _current(self, connection: Connection) -> Model:
        version = parameters.version(connection)
        if self._model is None or version != self._version:
            self._version, learnt = parameters.current(connection)
            self._model = Model(learnt, count(connection))
        return self._model


def _side(connection: Connection, stored: StoredRecord) -> Side:
    """One record with its person's others and mail."""
    ids = members(connection, [stored.person]).get(stored.person, [])
    others = [id for id in ids if id != stored.id]
    found = records(connection, others[:_OTHERS])
    return Side(
        id=stored.id,
        record=stored.record,
        standard=stored.standard,
        person=person_id(stored.person),
        size=len(ids),
        others=tuple(one.record for one in found.values()),
        mail=mail_of(connection, anchors(connection, [stored.person]).get(stored.person, ())),
    )
