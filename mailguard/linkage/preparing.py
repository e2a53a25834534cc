"""Rows made ready to be written: read as records, standardised, with their blocking keys. Many of them in other processes.

It is half of an import's work, and needs nothing but the row itself. Knows no database.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from multiprocessing import get_context
from typing import Final

from mailguard.errors import MailguardError
from mailguard.identity.standardise import standardise
from mailguard.sources.mapping import ColumnMapping, RowReader
from mailguard.sources.source_row import Flaw, Row
from mailguard.store.child_process import live_with_parent
from mailguard.store.record_row import standard_from
from mailguard.store.records import Prepared, prepare

MOST_PROCESSES: Final = 4
"""More would wait for the one that writes."""

_AHEAD: Final = 1
"""Pieces that are ready, or nearly so, beyond those being worked on: what bounds the memory."""

Piece = Sequence[Row | Flaw]
_Fields = tuple[str, str, str, tuple[str, ...], tuple[int, ...] | None]
_Packed = tuple[int, _Fields | None, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What becomes of a row: by which columns, of which source, and the region of its telephone numbers (ISO 3166, or "")."""

    mapping: ColumnMapping
    source: str
    region: str


@dataclass(frozen=True, slots=True)
class Ready:
    """One row: the record as it is to be written, or None and the reason why there is none."""

    line: int
    record: Prepared | None
    reason: str = ""
    warnings: tuple[str, ...] = ()


def ready_pieces(pieces: Iterator[Piece], recipe: Recipe) -> Iterator[list[Ready]]:
    """The pieces in order, each made ready. A single one here, several in as many processes as there are processors.

    Raises MailguardError where one of these is killed.
    """
    first = list(islice(pieces, 2))
    if len(first) < 2:
        yield from (make_ready(recipe, piece) for piece in first)
        return
    count = min(MOST_PROCESSES, len(os.sched_getaffinity(0)))
    # Not by fork: this process has open databases, and perhaps threads.
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=live_with_parent)
    try:
        yield from _in_order(pool, chain(first, pieces), recipe, most=count + _AHEAD)
    except BrokenProcessPool as error:
        raise MailguardError("a process that reads rows was killed, perhaps out of memory; run the import again") from error
    finally:
        pool.shutdown(cancel_futures=True)


def make_ready(recipe: Recipe, piece: Piece) -> list[Ready]:
    """The rows of one piece, made ready."""
    return list(_ready(recipe, piece))


def _in_order(pool: ProcessPoolExecutor, pieces: Iterable[Piece], recipe: Recipe, *, most: int) -> Iterator[list[Ready]]:
    waiting: deque[Future[list[_Packed]]] = deque()
    for piece in pieces:
        waiting.append(pool.submit(_make_packed, recipe, [(row.line, _content(row)) for row in piece]))
        if len(waiting) == most:
            yield [_unpacked(packed) for packed in waiting.popleft().result()]
    while waiting:
        yield [_unpacked(packed) for packed in waiting.popleft().result()]


def _content(row: Row | Flaw) -> list[str] | str:
    return row.reason if isinstance(row, Flaw) else list(row.values)


def _make_packed(recipe: Recipe, rows: Iterable[tuple[int, list[str] | str]]) -> list[_Packed]:
    """In another process: rows there and back as tuples, which cost a quarter of what dataclasses do."""
    piece = (Flaw(line, content) if isinstance(content, str) else Row(line, content) for line, content in rows)
    return [_packed(ready) for ready in _ready(recipe, piece)]


def _packed(ready: Ready) -> _Packed:
    record = ready.record
    fields = None if record is None else (record.source, record.source_key, record.fields, record.columns, record.keys)
    return ready.line, fields, ready.reason, ready.warnings


def _unpacked(packed: _Packed) -> Ready:
    line, fields, reason, warnings = packed
    if fields is None:
        return Ready(line, None, reason, warnings)
    source, key, text, columns, keys = fields
    return Ready(line, Prepared(source, key, text, columns, standard_from(columns), keys), reason, warnings)


def _ready(recipe: Recipe, piece: Iterable[Row | Flaw]) -> Iterator[Ready]:
    reader = _reader(recipe)
    for row in piece:
        if isinstance(row, Flaw):
            yield Ready(row.line, None, row.reason)
            continue
        read = reader.read(row.values)
        if read.record is None:
            yield Ready(row.line, None, read.reason)
        else:
            prepared = prepare([(read.record, standardise(read.record, region=recipe.region))])
            yield Ready(row.line, prepared[0], "", read.warnings)


@lru_cache(1)
def _reader(recipe: Recipe) -> RowReader:
    return RowReader(recipe.mapping, recipe.source)
