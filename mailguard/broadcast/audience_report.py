"""What the check has to say of an audience: counts, findings, what it is made of, and its rows with what became of each."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from mailguard.broadcast.audience_code import AudienceCode, RowCode
from mailguard.broadcast.audience_findings import sentence
from mailguard.broadcast.audience_profile import AudienceProfile
from mailguard.broadcast.audience_selection import Fate, Selection
from mailguard.broadcast.audience_spill import Spill
from mailguard.broadcast.finding import CheckFinding
from mailguard.errors import UsageError

CODE: Final = "mailguard_code"
REASON: Final = "mailguard_reason"
"""The columns that the file of what was left out has beside its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceCounts:
    """Rows, but for `mailboxes` and `persons`, which are distinct ones. `clean` and `left_out` are all rows together.

    `duplicate`: rows beyond the first of each person. `unknown`: rows whose person no record is of.
    """

    rows: int = 0
    mailboxes: int = 0
    persons: int = 0
    invalid: int = 0
    duplicate: int = 0
    possible_duplicate: int = 0
    suppressed: int = 0
    recently_sent: int = 0
    open_reply: int = 0
    role: int = 0
    unreadable: int = 0
    unknown: int = 0
    own: int = 0
    test: int = 0
    typo: int = 0
    over_cap: int = 0
    known_data: int = 0
    other_brand: int = 0
    clean: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """One row. `codes`: all that is found in it. `reason`: why it is left out, in a sentence; "" where it is clean.

    `mailbox` is as the row has it, `canonical` and `person` are "" where nobody can be written to. `line`: of the source.
    """

    line: int
    mailbox: str
    canonical: str
    person: str
    codes: tuple[str, ...]
    is_clean: bool
    reason: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceReport:
    """The result. Its rows are in a file without a name, which goes when it is closed.

    `languages`: share of the rows that name one. `domains`: the most frequent, with their rows. `digest`: 16 octets of the
    clean audience, whatever its order.
    """

    columns: tuple[str, ...]
    counts: AudienceCounts
    findings: tuple[CheckFinding, ...]
    profile: AudienceProfile
    domains: tuple[tuple[str, int], ...]
    selection: Selection
    typos: Mapping[str, str]
    spill: Spill

    @property
    def digest(self) -> bytes:
        """The clean audience's, whatever its order."""
        return self.selection.digest

    @property
    def languages(self) -> Mapping[str, float]:
        """What share of the rows that name a language has each."""
        return self.profile.languages

    def judged(self) -> Iterator[JudgedRow]:
        """All rows in the order of their source."""
        for at, (line, mailbox, canonical, person, codes, reason, values) in enumerate(self.spill.rows()):
            fate = self.selection.fates[at]
            more = self._more(at, mailbox, fate)
            yield JudgedRow(
                line,
                mailbox,
                canonical,
                person,
                (*more[:1], *codes, *more[1:]) if fate == Fate.SECOND else (*codes, *more),
                is_clean=fate == Fate.CLEAN,
                reason=_reason(fate, codes, reason),
                values=values,
            )

    def members(self) -> Iterator[str]:
        """The canonical mailboxes of the clean audience, each once."""
        return (row[2] for at, row in enumerate(self.spill.rows()) if self.selection.fates[at] == Fate.CLEAN)

    def write_clean(self, file: Path) -> None:
        """Write the clean rows as CSV, under the columns of the source. Raises UsageError where that cannot be."""
        _write(file, self.columns, (row.values for row in self.judged() if row.is_clean))

    def write_left_out(self, file: Path) -> None:
        """Write the other rows likewise, with their code and their reason. Raises UsageError where that cannot be."""
        width = len(self.columns)
        rows = (
            [*row.values, *[""] * (width - len(row.values)), row.codes[0], f"line {row.line}: {row.reason}"]
            for row in self.judged()
            if not row.is_clean
        )
        _write(file, (*self.columns, CODE, REASON), rows)

    def close(self) -> None:
        """Let the rows go."""
        self.spill.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _more(self, at: int, mailbox: str, fate: int) -> tuple[str, ...]:
        """What only the whole audience says of a row."""
        found = [RowCode.DUPLICATE.value] if fate == Fate.SECOND else []
        if at in self.selection.doubted:
            found.append(RowCode.POSSIBLE_DUPLICATE.value)
        if fate != Fate.INVALID and mailbox.rpartition("@")[2].lower() in self.typos:
            found.append(RowCode.LIKELY_TYPO.value)
        return tuple(found)


def _reason(fate: int, codes: Sequence[str], reason: str) -> str:
    match fate:
        case Fate.CLEAN:
            return ""
        case Fate.SECOND:
            return sentence(RowCode.DUPLICATE)
        case _:
            return reason or sentence(codes[0])


def _write(file: Path, columns: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
    try:
        with file.open("w", encoding="utf-8", newline="") as text:
            writer = csv.writer(text)
            writer.writerow(columns)
            writer.writerows(rows)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error


__all__ = ["AudienceCode", "AudienceCounts", "AudienceReport", "JudgedRow"]
