"""`mailguard review export` and `import`: questions out to a spreadsheet, answers in from it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Final, TextIO

import typer
from sqlalchemy import Connection

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile, actor
from mailguard.cli.output import counted, note, print_json, say, when
from mailguard.cli.review.answer_file import Answered, read_answers, write_questions
from mailguard.cli.review.casebook import Casebook
from mailguard.cli.review.deciding import counting_verdict, thresholds_of
from mailguard.errors import UsageError
from mailguard.identity.clerical import Answer, ordered, question_id
from mailguard.identity.resolve import Thresholds
from mailguard.relay.clock import system_clock
from mailguard.sources.source_row import Flaw
from mailguard.store import questions
from mailguard.store.database import Database
from mailguard.store.ruling import rule

KEPT_AT_ONCE: Final = 50
"""Answers that one transaction keeps: mail goes on in between."""

OutFile = Annotated[Path, typer.Argument(metavar="FILE.csv", help="Where to; it must not be there yet. - is standard output.")]
InFile = Annotated[Path, typer.Argument(metavar="FILE.csv", help="A file of `review export`, with answers in it.")]
Most = Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="At most this many, the most valuable first.")]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    file: str
    questions: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file's rows. `unchanged`: were answered so already. `refused`: by line, with the reason."""

    answered: int
    unchanged: int
    unanswered: int
    refused: tuple[Flaw, ...]


def export_questions(file: OutFile, limit: Most = 1_000_000, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Write the questions that wait to a CSV file, both records of each in a row. Exit status 1 if none waits."""
    with open_ledger(config) as (_, database), database.read() as connection:
        entries = Casebook().entries(connection, ordered(questions.questions(connection, limit=limit)))
    if not entries:
        note("no question waits")
        raise typer.Exit(1)
    if file == Path("-"):
        write_questions(sys.stdout, entries)
        return
    with _new_file(file) as text:
        count = write_questions(text, entries)
    if as_json:
        print_json(Exported(str(file), count))
    else:
        say(f"wrote {counted(count, 'question')} to {file}; write same, different or unsure under answer, then:")
        say(f"mailguard review import {file}")


def import_answers(file: InFile, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Take the answers of a CSV file; again changes nothing. Exit status 1 if a row was refused, the others are kept."""
    read = read_answers(file)
    with open_ledger(config) as (loaded, database):
        kept = list(_keep(database, read.answers, thresholds_of(loaded)))
    refused = sorted((*read.flaws, *(one for one in kept if isinstance(one, Flaw))), key=lambda flaw: flaw.line)
    imported = Imported(sum(one is True for one in kept), sum(one is False for one in kept), read.unanswered, tuple(refused))
    if as_json:
        print_json(imported)
    else:
        say(
            f"{counted(imported.answered, 'answer')} kept, {imported.unchanged} known already, "
            f"{imported.unanswered} rows without an answer, {len(refused)} refused"
        )
        for flaw in refused:
            note(f"{file} line {flaw.line}: {flaw.reason}")
    if refused:
        raise typer.Exit(1)


def _keep(database: Database, answers: Iterable[Answered], thresholds: Thresholds) -> Iterator[bool | Flaw]:
    """Keep the answers, some at a time."""
    remaining = iter(answers)
    while piece := list(islice(remaining, KEPT_AT_ONCE)):
        with database.write() as connection:
            done = [_keep_one(connection, one, thresholds) for one in piece]
        yield from done


def _keep_one(connection: Connection, one: Answered, thresholds: Thresholds) -> bool | Flaw:
    """Keep an answer; False where it is known already, a flaw where there is no such question or something else was said."""
    name = question_id(one.pair)
    counting = counting_verdict(connection, one.pair)
    if counting is None and questions.question_about(connection, one.pair) is None:
        return Flaw(one.line, f"there is no question {name}")
    if counting is not None and counting.answer is one.answer:
        return False
    if counting is not None and counting.answer is not Answer.UNSURE:
        what = f"{counting.actor} has answered {counting.answer} on {when(counting.at)}"
        return Flaw(one.line, f"{name}: {what}; to change it: mailguard review undo {name}")
    rule(connection, one.pair, one.answer, actor=actor(), now=system_clock(), thresholds=thresholds, reason=one.note)
    return True


@contextmanager
def _new_file(file: Path) -> Iterator[TextIO]:
    """A file that was not there before, for its owner's eyes: it holds customers. Raises UsageError."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        # With a mark, by which spreadsheets know UTF-8.
        with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as text:
            yield text
    except FileExistsError as error:
        raise UsageError(f"{file} is there already; name another file") from error
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error
