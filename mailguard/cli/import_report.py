"""What an import says: which column is what, how far it is, which rows were left out and why, and what came of it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from mailguard.cli.output import counted, note, print_table, say
from mailguard.errors import UsageError
from mailguard.identity.record import Record
from mailguard.linkage.importing import Tally
from mailguard.sources.mapping import ColumnMapping
from mailguard.sources.source_row import Flaw

SHOWN: Final = 10
"""Rows left out that a person is shown; a program gets all."""


class Report:
    """Listens to an import. `bad_rows` and `warnings` hold all there were, or the first few where nobody will read more."""

    def __init__(self, *, keeps_all: bool, file: TextIO | None, went_on: Callable[[int], None]) -> None:
        self.bad_rows: list[Flaw] = []
        self.warnings: list[Flaw] = []
        self.rows = 0
        self._most = sys.maxsize if keeps_all else SHOWN
        self._rows = csv.writer(file) if file else None
        self._show = went_on
        self._counts = {"left out": 0, "warned of": 0}

    def bad(self, flaw: Flaw) -> None:
        """A row was left out."""
        self._counts["left out"] += 1
        if len(self.bad_rows) < self._most:
            self.bad_rows.append(flaw)
        if self._rows:
            self._rows.writerow((flaw.line, flaw.reason))

    def warn(self, flaw: Flaw) -> None:
        """A row was kept in spite of something."""
        self._counts["warned of"] += 1
        if len(self.warnings) < self._most:
            self.warnings.append(flaw)

    def went_on(self, rows: int) -> None:
        """So many rows are done with."""
        self.rows = rows
        self._show(rows)

    def tell(self) -> None:
        """Say which rows were left out and which warned of, the first of each, on standard error."""
        for flaws, (what, count) in zip((self.bad_rows, self.warnings), self._counts.items(), strict=True):
            for flaw in flaws[:SHOWN]:
                note(f"line {flaw.line}: {flaw.reason}" if what == "warned of" else f"line {flaw.line} left out: {flaw.reason}")
            if count > SHOWN:
                note(
                    f"{counted(count - SHOWN, 'more row')} {what}; see all with --json"
                    + " or --bad-rows" * (what == "left out")
                )


@contextmanager
def reporting(file: Path | None, *, keeps_all: bool, expected: int) -> Iterator[Report]:
    """Give a report that writes the rows left out to `file`, if there is one, and shows how far it is on a terminal."""
    with _bad_rows(file) as opened, _progress(expected) as went_on:
        yield Report(keeps_all=keeps_all, file=opened, went_on=went_on)


def tell_mapping(source: object, mapping: ColumnMapping) -> None:
    """Say on standard error what was found to be what, in a few lines."""
    note(str(source))
    fields = {place.field for place in mapping.fields}
    own = [f"{field}={columns}" for field, columns in mapping.document.items() if field in fields]
    note(f"fields: {', '.join(own)}")
    if mapping.extra:
        note(f"kept as further fields: {', '.join(place.field for place in mapping.extra)}")
    if mapping.ignored:
        note(f"not kept: {', '.join(mapping.ignored)}")


def print_example(mapping: ColumnMapping, record: Record) -> None:
    """Print which column is which field, with the values of one record."""
    values: dict[str, object] = {name: getattr(record, name, "") for name in mapping.document}
    values |= {"email": ";".join(record.emails), **dict(record.extra)}
    print_table(("field", "column", "for example"), [(name, column, values[name]) for name, column in mapping.document.items()])
    say("")


def print_tally(tally: Tally, *, dry_run: bool) -> None:
    """Print what came of the rows."""
    would = "would be " if dry_run else ""
    parts = ", ".join(f"{getattr(tally, name)} {name}" for name in ("new", "changed", "unchanged"))
    say(f"{counted(tally.rows, 'row')}: {would}{parts}, {tally.bad} left out")
    if tally.forgotten:
        say(f"{counted(tally.forgotten, 'row')} of persons who were erased: not taken in again")
    if dry_run:
        say("nothing was written (--dry-run)")


def import_document(name: str, tally: Tally, mapping: ColumnMapping, report: Report) -> dict[str, Any]:
    """Return what came of the rows as the contract names it."""
    counts = {key: getattr(tally, key) for key in ("rows", "new", "changed", "unchanged", "forgotten")}
    flaws = {"bad": report.bad_rows, "warnings": report.warnings}
    return {"source": name, **counts, **flaws, "mapping": mapping.document}


@contextmanager
def _bad_rows(file: Path | None) -> Iterator[TextIO | None]:
    if file is None:
        yield None
        return
    try:
        opened = file.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error
    with opened:
        csv.writer(opened).writerow(("line", "reason"))
        yield opened


@contextmanager
def _progress(expected: int) -> Iterator[Callable[[int], None]]:
    """Give what shows on a terminal how many rows are done with; nothing is shown elsewhere."""
    if not sys.stderr.isatty():
        yield _nothing
        return
    from rich.console import Console  # noqa: PLC0415 - a program does not pay for it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - the same

    columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("rows", total=expected or None)

        def went_on(rows: int) -> None:
            # What was expected is an estimate: it grows with what there is.
            progress.update(task, completed=rows, total=max(expected, rows) if expected else None)

        yield went_on


def _nothing(_rows: int) -> None:
    """Show nothing."""
