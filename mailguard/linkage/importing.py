"""Records of one source into the database: piece by piece, each piece whole, so that an import that dies is simply run again.

Knows nothing of files; what links the new records to the others comes afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final, Protocol

from mailguard.errors import UsageError
from mailguard.identity.record import MAIL_SOURCE, Record
from mailguard.linkage.preparing import Ready, Recipe, ready_pieces
from mailguard.sources.mapping import RowReader
from mailguard.sources.source_row import Flaw, Row, Source
from mailguard.store.database import Database
from mailguard.store.record_row import fields_to_json, standard_to_columns
from mailguard.store.records import Prepared, StoredRecord, Upserted, find, records, upsert

AT_ONCE: Final = 5000
"""Rows of one transaction. Mail that comes meanwhile waits for these, a quarter of a second; with fewer at a time each page of
the index of blocking keys, whose order is random, would be written more often."""

_SOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Keep = Callable[[Sequence[Prepared]], Upserted]
"""Takes a piece of the records and says what they are to the database: new, changed or known."""


class Listener(Protocol):
    """Who is told while the import runs."""

    def bad(self, flaw: Flaw) -> None:
        """A row was left out."""

    def warn(self, flaw: Flaw) -> None:
        """A row was kept in spite of something."""

    def went_on(self, rows: int) -> None:
        """So many rows were read, and those before them are kept."""


@dataclass(slots=True)
class Tally:
    """Rows by what became of them. `forgotten`: left out, because the person was erased on demand."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    forgotten: int = 0
    bad: int = 0

    @property
    def kept(self) -> int:
        """Rows that are records now, or were already."""
        return self.new + self.changed + self.unchanged


def source_name(text: str) -> str:
    """Return `text` as the name of a source. Raises UsageError for one that cannot stand before a colon, or is reserved."""
    if text == MAIL_SOURCE:
        raise UsageError(f"the source {MAIL_SOURCE} is for what mail itself teaches; choose another name, such as crm")
    if not _SOURCE_NAME.fullmatch(text):
        raise UsageError(f"{text!r} cannot name a source; use letters, digits, '.', '_' and '-', such as crm")
    return text


def keep_in(database: Database, *, clock: Callable[[], datetime]) -> Keep:
    """Return what writes each piece in a transaction of its own."""

    def keep(piece: Sequence[Prepared]) -> Upserted:
        with database.write() as connection:
            return upsert(connection, piece, now=clock())

    return keep


def would_keep_in(database: Database | None) -> Keep:
    """Return what says what would become of each piece, and writes nothing; without a database all is new.

    Records that were erased count as new.
    """

    def compare(piece: Sequence[Prepared]) -> Upserted:
        if database is None:
            return Upserted(new=(0,) * len(piece))
        with database.read() as connection:
            ids = find(connection, [(row.source, row.source_key) for row in piece])
            stored = records(connection, ids.values())
        known = {id: row for row in piece if (id := ids.get((row.source, row.source_key))) is not None}
        changed = tuple(id for id, row in known.items() if _differs(stored[id], row))
        return Upserted((0,) * (len(piece) - len(known)), changed, len(known) - len(changed))

    return compare


def _differs(stored: StoredRecord, row: Prepared) -> bool:
    """Whether the record would be written anew: it is compared in the form in which it is kept."""
    return (row.fields, row.columns) != (fields_to_json(stored.record), standard_to_columns(stored.standard))


def import_rows(source: Source, recipe: Recipe, keep: Keep, *, listener: Listener) -> Tally:
    """Return what became of the rows of `source`, whose good ones were given to `keep`.

    Raises what `keep` raises, and MailguardError where the source fails; the pieces before that are kept.
    """
    tally = Tally()
    seen: dict[int, int] = {}
    for piece in ready_pieces(_pieces(source), recipe):
        good = [row.record for row in _told(piece, seen, listener) if row.record is not None]
        kept = keep(good)
        tally.rows += len(piece)
        tally.bad += len(piece) - len(good)
        tally.new += len(kept.new)
        tally.changed += len(kept.changed)
        tally.unchanged += kept.unchanged
        tally.forgotten += kept.forgotten
        listener.went_on(tally.rows)
    return tally


def first_record(source: Source, recipe: Recipe) -> Record | None:
    """Return the first good row as a record, None where there is none."""
    reader = RowReader(recipe.mapping, recipe.source)
    read = (reader.read(row.values).record for row in source.rows() if isinstance(row, Row))
    return next((record for record in read if record), None)


def _pieces(source: Source) -> Iterator[list[Row | Flaw]]:
    rows = source.rows()
    while piece := list(islice(rows, AT_ONCE)):
        yield piece


def _told(piece: Iterable[Ready], seen: dict[int, int], listener: Listener) -> Iterator[Ready]:
    """The rows whose records are to be kept; what is wrong with the others is told. `seen`: the lines of the keys before."""
    for row in piece:
        # A hash of 64 bits instead of the key: among a million two are taken for one once in 30 million imports.
        first = seen.setdefault(hash(row.record.source_key), row.line) if row.record else row.line
        if row.record is None:
            listener.bad(Flaw(row.line, row.reason))
        elif first != row.line:
            listener.bad(Flaw(row.line, f"the key is that of line {first} already"))
        else:
            for text in row.warnings:
                listener.warn(Flaw(row.line, text))
            yield row
