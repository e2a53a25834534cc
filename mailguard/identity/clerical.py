"""The clerical session as a value: which pair is asked next, what was answered, what can be taken back, and how far all agree.

Knows records by number only: what they say, where answers are kept and what they lead to is for others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from math import log2
from typing import Final

Pair = tuple[int, int]
"""Two records, the older first."""

SECOND_LOOK: Final = 10
"""Of that many pairs one is asked of a second clerk, too: enough to see whether clerks agree, and no more work than a tenth."""

HELD_WORTH: Final = 4.0
"""What a held mail adds to a question's value, against 1 for a pair of single records: mail expires, persons do not."""

EVEN: Final = 0.5

AUTOMATIC: Final = "auto-approve"
"""How the reason of an answer begins that was given for many pairs at once, by their score: nobody has looked at them."""


class Answer(StrEnum):
    """What a clerk says of two records."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Two records that may be one person's.

    `sizes`: how many records the persons of either have now. `held`: mails that wait for a person's decision, of both.
    `is_bridge`: the pair would hold two solid groups together, and clustering refused it. `is_together`: they are one person
    now, all the same.
    """

    a: int
    b: int
    probability: float
    match_weight: float
    sizes: tuple[int, int] = (1, 1)
    held: int = 0
    is_bridge: bool = False
    is_together: bool = False

    @property
    def pair(self) -> Pair:
        """The records."""
        return self.a, self.b

    @property
    def id(self) -> str:
        """The question's name: the records' numbers, `12-40`."""
        return question_id(self.pair)


def question_id(pair: Pair) -> str:
    """The name of the question about these records, in whatever order."""
    return f"{min(pair)}-{max(pair)}"


def parse_question_id(text: str) -> Pair:
    """The records that a question's name means, also as `R12-R40`, the older first. Raises ValueError."""
    numbers = [part.removeprefix("R") for part in text.strip().split("-")]
    if len(numbers) != 2 or not all(map(_is_number, numbers)) or int(numbers[0]) == int(numbers[1]):
        raise ValueError(f"{text!r} names no question; a question is named by two records, such as 12-40")
    low, high = sorted(map(int, numbers))
    return low, high


def _is_number(text: str) -> bool:
    # More digits than a 64-bit integer has name no record.
    return text.isascii() and text.isdigit() and len(text) <= 18


def uncertainty(question: Question) -> float:
    """The chance, 0 to 1, that the answer changes who is who.

    Apart, it is that of the records being one: so the nearer below the threshold, the sooner. Together, it is that of their
    not being one. A bridge is even: the pair says one thing, the groups another.
    """
    if question.is_bridge:
        return EVEN
    return 1 - question.probability if question.is_together else question.probability


def value(question: Question) -> float:
    """What the answer settles, in doublings: of the pairs of records that it joins or keeps apart, and of mail that waits."""
    one, other = question.sizes
    return log2(1 + one * other) + HELD_WORTH * log2(1 + question.held)


def urgency(question: Question) -> float:
    """Value times uncertainty: what is asked first."""
    return value(question) * uncertainty(question)


def ordered(questions: Iterable[Question]) -> list[Question]:
    """The questions, most urgent first; equals by their records' age, so that the order is the same every time."""
    return sorted(questions, key=lambda question: (-urgency(question), question.pair))


def wants_second_look(pair: Pair) -> bool:
    """Whether a second clerk is asked about this pair, too: told from the records alone, so that all clerks' programs agree."""
    # Records are numbered in the order in which they came, so that pairs lie in rows: the product scatters them.
    return ((pair[0] * 0x9E3779B1 ^ pair[1] * 0x85EBCA6B) >> 16) % SECOND_LOOK == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer to a question. `earlier`: what another clerk had said. `was_seen`: the score was looked at before."""

    pair: Pair
    answer: Answer
    probability: float
    earlier: Answer | None = None
    was_seen: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many of `asked` answers were alike, and how many the model expected to be."""

    alike: int
    asked: int
    expected: float


@dataclass(frozen=True, slots=True)
class Progress:
    """Answers given in this session, by kind, and how many questions wait."""

    same: int
    different: int
    unsure: int
    waiting: int

    @property
    def answered(self) -> int:
        """All answers."""
        return self.same + self.different + self.unsure


@dataclass(frozen=True, slots=True)
class Session:
    """What one clerk has done at one sitting. `given`: answers that stand, oldest first. `aside`: what is left for later."""

    given: tuple[Given, ...] = ()
    aside: tuple[Pair, ...] = ()

    def answer(self, given: Given) -> Session:
        """The session after an answer."""
        return replace(self, given=(*self.given, given), aside=tuple(one for one in self.aside if one != given.pair))

    def undo(self) -> Session:
        """The session before its last answer; itself where there is none."""
        return replace(self, given=self.given[:-1])

    def leave(self, pair: Pair) -> Session:
        """The session after a pair was left for later: it is asked again when nothing else is left to ask."""
        return replace(self, aside=(*(one for one in self.aside if one != pair), pair))

    def come_back(self) -> Session:
        """The session in which the pair that was left first is asked again."""
        return replace(self, aside=self.aside[1:])

    @property
    def looks_again(self) -> bool:
        """Whether it is time for a pair that another clerk has answered: as often as pairs are to be asked twice."""
        return len(self.given) % SECOND_LOOK == SECOND_LOOK - 1

    @property
    def last(self) -> Given | None:
        """The last answer that stands."""
        return self.given[-1] if self.given else None

    def progress(self, waiting: int) -> Progress:
        """How far the clerk is, of `waiting` open questions."""
        counts = {answer: sum(one.answer is answer for one in self.given) for answer in Answer}
        return Progress(counts[Answer.SAME], counts[Answer.DIFFERENT], counts[Answer.UNSURE], waiting)

    def with_model(self) -> Agreement:
        """How often clerk and model said the same, of the answers that were sure and given without seeing the score."""
        blind = [one for one in self.given if one.answer is not Answer.UNSURE and not one.was_seen]
        alike = sum((one.probability >= EVEN) is (one.answer is Answer.SAME) for one in blind)
        return Agreement(alike, len(blind), sum(max(one.probability, 1 - one.probability) for one in blind))

    def with_clerks(self) -> Agreement:
        """How often two clerks said the same, of the pairs that both were asked and sure about."""
        sure = {Answer.SAME, Answer.DIFFERENT}
        twice = [one for one in self.given if one.answer in sure and one.earlier in sure]
        return Agreement(sum(one.answer is one.earlier for one in twice), len(twice), float(len(twice)))
