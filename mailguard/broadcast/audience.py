"""The audience of a broadcast, checked: rows in, and what the relay would do with each; counts, findings, a clean audience.

Rows are streamed: judged in pieces, by several processes where there are many, and put together here. What is said of a row
is the relay's own word: its directory, its ledger, its rules. Knows nothing of the message but what the rules ask of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from mailguard.broadcast.audience_code import AudienceCode, RowCode
from mailguard.broadcast.audience_domain import typos
from mailguard.broadcast.audience_findings import Tally, Whole, findings_of
from mailguard.broadcast.audience_judging import Raw
from mailguard.broadcast.audience_processes import PIECE, Task, judged_pieces
from mailguard.broadcast.audience_profile import MOST_NAMED, AudienceProfile, differences, shares
from mailguard.broadcast.audience_report import AudienceCounts, AudienceReport, JudgedRow
from mailguard.broadcast.audience_selection import Fate, Selecting, Selection
from mailguard.broadcast.audience_spill import Spill
from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.whom import ResolverFactory
from mailguard.policy.finding import Code
from mailguard.policy.limits import Limits
from mailguard.policy.severity import MOST_EXAMPLES, Severity
from mailguard.policy.submission import Submission
from mailguard.sources.audience_columns import AudienceColumns
from mailguard.sources.source_row import Flaw, Source
from mailguard.store.database import Database
from mailguard.store.doubted_persons import doubted_persons

PROCESSES: Final = 2

Progress = Callable[[int, int], None]
"""Told of the rows that are done, and of about how many there are (0: nobody knows)."""

__all__ = [
    "AudienceCounts",
    "AudienceProfile",
    "AudienceReport",
    "AudienceTerms",
    "JudgedRow",
    "Progress",
    "judge_audience",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceTerms:
    """By what an audience is judged. `database`: a URL. `region`: ISO 3166, of telephone numbers without a country.

    `is_clean`: a clean audience is asked for, so what can be left out is no error. `brand`: that of the sender, "" for none.
    `last`: the last audience of the template. `source`: whose keys the key column has, "" where each says it (`crm:4711`).
    """

    database: str
    limits: Limits
    region: str = ""
    is_clean: bool = False
    brand: str = ""
    last: AudienceProfile | None = None
    source: str = ""
    processes: int = PROCESSES


def judge_audience(
    source: Source,
    columns: AudienceColumns,
    prototype: Submission,
    terms: AudienceTerms,
    *,
    resolver: ResolverFactory,
    progress: Progress,
) -> AudienceReport:
    """Return what is to be said of an audience; close it when done, for it keeps the rows in a file.

    `prototype`: the mail as the relay would take it now, whatever its recipients. Raises UsageError where the source cannot be
    read, and MailguardError where a process is killed.
    """
    tally, selecting, spill = Tally(), Selecting(), Spill()
    task = Task(
        database=terms.database,
        columns=columns,
        prototype=prototype,
        limits=terms.limits,
        region=terms.region,
        source=terms.source,
        brand=terms.brand,
        resolver=resolver,
    )
    try:
        with closing(judged_pieces(task, _pieces(source), processes=terms.processes)) as pieces:
            for judged in pieces:
                tally.add(judged)
                selecting.add(judged)
                spill.add(judged.spilt)
                progress(tally.rows, source.expected)
        selection = selecting.choose(_doubted(terms.database))
        return _report(source.columns, tally, selection, spill, terms=terms, prototype=prototype)
    except BaseException:
        spill.close()
        raise


def _pieces(source: Source) -> Iterator[list[Raw]]:
    piece: list[Raw] = []
    for row in source.rows():
        piece.append((row.line, row.reason if isinstance(row, Flaw) else list(row.values)))
        if len(piece) == PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


def _doubted(url: str) -> Iterator[tuple[str, str]]:
    database = Database.open(url, create=False)
    try:
        with database.read() as connection:
            yield from doubted_persons(connection)
    finally:
        database.close()


def _report(
    columns: tuple[str, ...],
    tally: Tally,
    selection: Selection,
    spill: Spill,
    *,
    terms: AudienceTerms,
    prototype: Submission,
) -> AudienceReport:
    slips = typos(tally.domains)
    whole = Whole(
        duplicates=selection.duplicates,
        doubted=len(selection.doubted),
        duplicate_examples=_examples(spill, (at for at, fate in enumerate(selection.fates) if fate == Fate.SECOND)),
        doubted_examples=_examples(spill, iter(sorted(selection.doubted))),
        typos=slips,
    )
    profile = AudienceProfile(
        tally.valid, shares(tally.domains), shares(tally.languages), shares(tally.sources), shares(tally.brands)
    )
    mail_class = prototype.classification.mail_class
    found = [*findings_of(tally, whole, limits=terms.limits, mail_class=mail_class, is_clean=terms.is_clean)]
    if not selection.clean and not any(one.severity is Severity.ERROR for one in found):
        text = "every row would be left out, so there is nobody to send it to; --left-out FILE says why of each"
        found.append(CheckFinding(code=AudienceCode.NOBODY_LEFT, severity=Severity.ERROR, text=text))
    if terms.last is not None:
        found += differences(profile, terms.last)
    return AudienceReport(
        columns=columns,
        counts=_counts(tally, selection, slips=sum(tally.domains[domain] for domain in slips)),
        findings=_ordered(found),
        profile=profile,
        domains=tuple(tally.domains.most_common(MOST_NAMED)),
        selection=selection,
        typos=slips,
        spill=spill,
    )


def _ordered(found: list[CheckFinding]) -> tuple[CheckFinding, ...]:
    return tuple(sorted(found, key=lambda one: one.severity is not Severity.ERROR))


def _examples(spill: Spill, rows: Iterator[int]) -> tuple[str, ...]:
    """The first few of these rows (by number, in order), as they are shown."""
    wanted = [row for _, row in zip(range(MOST_EXAMPLES), rows, strict=False)]
    if not wanted:
        return ()
    found: list[str] = []
    for at, row in enumerate(spill.rows()):
        if at in wanted:
            found.append(f"line {row[0]}: {row[1]}")
        if at == wanted[-1]:
            break
    return tuple(found)


def _counts(tally: Tally, selection: Selection, *, slips: int) -> AudienceCounts:
    codes = tally.codes
    return AudienceCounts(
        rows=tally.rows,
        mailboxes=selection.mailboxes,
        persons=selection.persons,
        invalid=tally.invalid,
        duplicate=selection.duplicates,
        possible_duplicate=len(selection.doubted),
        suppressed=codes[Code.SUPPRESSED],
        recently_sent=codes[Code.REPEAT] + codes[Code.NEAR_REPEAT],
        open_reply=codes[Code.OPEN_REPLY],
        role=codes[RowCode.ROLE_ADDRESS],
        unreadable=codes[RowCode.UNREADABLE_ROW],
        unknown=codes[RowCode.UNKNOWN_PERSON],
        own=codes[RowCode.OWN_ADDRESS],
        test=codes[RowCode.TEST_ADDRESS],
        typo=slips,
        over_cap=codes[Code.FREQUENCY_CAP],
        known_data=codes[Code.KNOWN_DATA],
        other_brand=codes[RowCode.OTHER_BRAND],
        clean=selection.clean,
        left_out=tally.rows - selection.clean,
    )
