"""What a clerk sees of one question: both records, whose they are, what mail hangs on them, and what the model makes of it.

Values only; how they are found is `desk`'s matter, how they are drawn `layout`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from rapidfuzz.distance import Levenshtein

from mailguard.cli.review.difference import Difference, Piece, Sign, difference, equal
from mailguard.cli.review.shown import shown
from mailguard.identity.clerical import Answer, Question
from mailguard.identity.comparison import Explanation
from mailguard.identity.record import Record
from mailguard.identity.standard import Standard
from mailguard.store.person_mail import PersonMail

_SAME_LOCAL_PART: Final = 0.4
"""From this likeness on two addresses may be variants of each other; below they only share their provider, if anything."""


_NO_MAIL: Final = PersonMail()


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two records. `others`: some of the `size - 1` further records of its person."""

    id: int
    record: Record
    standard: Standard
    person: str
    size: int = 1
    others: tuple[Record, ...] = ()
    mail: PersonMail = _NO_MAIL


@dataclass(frozen=True, slots=True)
class Said:
    """What some clerk said of the pair before. `is_undone`: it was taken back."""

    answer: Answer
    actor: str
    at: datetime
    reason: str = ""
    is_undone: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One question with all that a clerk needs to answer it. `said`: newest first."""

    question: Question
    left: Side
    right: Side
    explanation: Explanation
    said: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One field of both records, and how they differ in it."""

    label: str
    difference: Difference


def unprejudiced(case: Case) -> Case:
    """The case without the answers that stand: whoever is asked about it again is to judge for himself."""
    return replace(case, said=tuple(said for said in case.said if said.is_undone))


def name_of(record: Record) -> str:
    """The record's name as its source writes it."""
    return record.full_name or " ".join(part for part in (record.given_name, record.surname) if part)


def reference_of(record: Record) -> str:
    """Where the record is found: `crm:4711`."""
    return f"{record.source}:{record.source_key}"


def rows(case: Case) -> tuple[Row, ...]:
    """The fields that either record has, beside each other; values are safe for a terminal."""
    return tuple(_rows(case.left, case.right))


def _rows(left: Side, right: Side) -> Iterator[Row]:
    one, other = left.record, right.record
    yield from _row("name", name_of(one), name_of(other), in_order=False)
    yield from _row("born", one.date_of_birth, other.date_of_birth, means=(left.standard.born, right.standard.born))
    yield from _mailbox_rows(left, right)
    yield from _row("phone", one.phone, other.phone, means=(left.standard.phone, right.standard.phone))
    yield from _row("street", one.street_address, other.street_address, in_order=False)
    yield from _row("postcode", one.postcode, other.postcode)
    yield from _row("city", one.city, other.city, in_order=False, means=(left.standard.city, right.standard.city))
    yield from _row("state", one.state, other.state)
    yield from _row("country", one.country, other.country, means=(left.standard.country, right.standard.country))
    yield from _row("language", one.language, other.language)
    extras = dict(one.extra), dict(other.extra)
    for name in dict.fromkeys((*extras[0], *extras[1])):
        yield from _row(name, extras[0].get(name, ""), extras[1].get(name, ""))


def _mailbox_rows(left: Side, right: Side) -> Iterator[Row]:
    """A row for each address, beside the one of the other record that is most like it."""
    alone = list(right.record.emails)
    partners: dict[str, str] = {}
    likely = sorted(((_likeness(one, other), one, other) for one in left.record.emails for other in alone), reverse=True)
    for _, one, other in likely:
        if one not in partners and other in alone:
            partners[one] = other
            alone.remove(other)
    for one in left.record.emails:
        other = partners.get(one, "")
        if other and _likeness(_local_part(one), _local_part(other)) < _SAME_LOCAL_PART:
            # A common provider is no likeness.
            yield Row("e-mail", Difference(Sign.DIFFERENT, (Piece(shown(one)),), (Piece(shown(other)),)))
        else:
            yield from _row("e-mail", one, other)
    for other in alone:
        yield from _row("e-mail", "", other)


def _likeness(one: str, other: str) -> float:
    return Levenshtein.normalized_similarity(one.casefold(), other.casefold())


def _local_part(address: str) -> str:
    return address.rpartition("@")[0]


def _row(label: str, one: str, other: str, *, in_order: bool = True, means: tuple[str, str] = ("", "")) -> Iterator[Row]:
    """The row, if either side has the field. `means`: both values in the form in which they are compared."""
    left, right = shown(one), shown(other)
    if left and right and means[0] and means[0] == means[1]:
        yield Row(shown(label), equal(left, right))
    elif left or right:
        yield Row(shown(label), difference(left, right, in_order=in_order))
