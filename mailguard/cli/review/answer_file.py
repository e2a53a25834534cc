"""A file of questions and answers, as a spreadsheet shows it: two records a row, and what a person wrote beside them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from mailguard.cli.review.casebook import Entry
from mailguard.errors import UsageError
from mailguard.identity.clerical import Answer, Pair, parse_question_id
from mailguard.identity.record import Record
from mailguard.sources.csv_source import CsvSource
from mailguard.sources.source_row import Flaw, Row
from mailguard.store.candidates import reference_of

FIELDS: Final = (
    "full_name",
    "given_name",
    "surname",
    "email",
    "phone",
    "date_of_birth",
    "street_address",
    "city",
    "postcode",
    "state",
    "country",
    "language",
    "extra",
)
COLUMNS: Final = (
    "id",
    "a_record",
    "b_record",
    *(f"{side}_{name}" for name in FIELDS for side in ("a", "b")),
    "probability",
    "answer",
    "note",
)

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would calculate, whoever wrote it (OWASP, CSV injection)."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A row that was answered. `line`: where it begins in the file, from 1."""

    line: int
    pair: Pair
    answer: Answer
    note: str


@dataclass(frozen=True, slots=True)
class Read:
    """What a file said: answers, one a question; how many rows were not answered; what is wrong with others."""

    answers: tuple[Answered, ...]
    unanswered: int
    flaws: tuple[Flaw, ...]


def write_questions(text: TextIO, entries: Iterable[Entry]) -> int:
    """Write a row for each question, answer and note empty; returns how many. A spreadsheet calculates nothing in it."""
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    count = 0
    for entry in entries:
        writer.writerow(_row(entry))
        count += 1
    return count


def read_answers(file: Path) -> Read:
    """What the file says; of a question that it answers in several ways, nothing. Raises UsageError where it cannot be read."""
    source = CsvSource.open(file)
    names = [name.strip().casefold() for name in source.columns]
    missing = [name for name in ("id", "answer") if name not in names]
    if missing:
        raise UsageError(f"{file} has no column {' and no column '.join(missing)}; it is to be one of: mailguard review export")
    found = [_read(row, names) for row in source.rows()]
    answers = [one for one in found if isinstance(one, Answered)]
    flaws = [one for one in found if isinstance(one, Flaw)]
    contradictions = list(_contradictions(answers))
    refused = {flaw.line for flaw in contradictions}
    agreed = {one.pair: one for one in reversed(answers) if one.line not in refused}
    return Read(
        answers=tuple(sorted(agreed.values(), key=lambda one: one.line)),
        unanswered=sum(one is None for one in found),
        flaws=tuple(sorted((*flaws, *contradictions), key=lambda one: one.line)),
    )


def _row(entry: Entry) -> list[str]:
    # A spreadsheet takes `12-40` for a date; R12 is no number.
    id = f"R{entry.question.a}-R{entry.question.b}"
    sides = [_values(one.record) for one in (entry.left, entry.right)]
    references = [reference_of(one.record.source, one.record.source_key) for one in (entry.left, entry.right)]
    values = [value for both in zip(*sides, strict=True) for value in both]
    return [id, *map(_harmless, references), *map(_harmless, values), f"{entry.question.probability:.4f}", "", ""]


def _values(record: Record) -> list[str]:
    extra = "; ".join(f"{name}={value}" for name, value in record.extra)
    special = {"email": "; ".join(record.emails), "extra": extra}
    return [special[name] if name in special else getattr(record, name) for name in FIELDS]


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _read(row: Row | Flaw, names: Sequence[str]) -> Answered | Flaw | None:
    """The answer of a row; None where it has none."""
    if isinstance(row, Flaw):
        return row
    cells = dict(zip(names, (value.strip() for value in row.values), strict=False))
    if not cells.get("answer"):
        return None
    try:
        pair = parse_question_id(cells.get("id", ""))
        return Answered(row.line, pair, Answer(cells["answer"].casefold()), cells.get("note", ""))
    except ValueError as error:
        is_answer = cells["answer"].casefold() in set(Answer)
        return Flaw(row.line, str(error) if is_answer else f"{cells['answer']!r} is no answer; write same, different or unsure")


def _contradictions(answers: Iterable[Answered]) -> Iterator[Flaw]:
    """The rows about a question to which the file has more than one answer."""
    rows: dict[Pair, list[Answered]] = {}
    for one in answers:
        rows.setdefault(one.pair, []).append(one)
    for same in rows.values():
        if len({one.answer for one in same}) > 1:
            lines = ", ".join(str(one.line) for one in same)
            yield from (Flaw(one.line, f"lines {lines} answer the same question differently; none is taken") for one in same)
