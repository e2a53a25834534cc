"""Customer records: in as their sources give them, each under a number of its own for ever; changed, read, and forgotten.

What stands beside a record for finding it (mailboxes, blocking keys) is written here with it. Who belongs together is for
`links` and `persons`; a new record is a person of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection, func, select

from mailguard.identity.blocking import blocking_keys
from mailguard.identity.record import Record
from mailguard.identity.standard import Standard
from mailguard.store.engine import overwrite_what_is_deleted
from mailguard.store.instant import to_micros
from mailguard.store.links import drop_links_of, drop_weighed_links_of
from mailguard.store.plain_text import storable
from mailguard.store.record_row import (
    STANDARD_COLUMNS,
    fields_to_json,
    mailboxes_of,
    record_from,
    standard_from,
    standard_to_columns,
)
from mailguard.store.statement import SCANNED, Load, Lookup, Statement, insert, scan
from mailguard.store.tables import RECORD

Reference = tuple[str, str]
"""A record's source, and its key there."""

_FAST_BITS: Final = 34
"""Bits taken from a key of 64, so that it fits what Python compares as a machine word."""

_STANDARD: Final = ", ".join(f"r.{name}" for name in STANDARD_COLUMNS)

_BY_REFERENCE = Lookup(
    {"source": "text", "source_key": "text"},
    f"""SELECT r.source, r.source_key, r.id, o.fields, {_STANDARD}
    FROM k CROSS JOIN record r CROSS JOIN original o
    WHERE r.source = k.source AND r.source_key = k.source_key AND o.record = r.id""",  # noqa: S608 - constants
)

_IDS = Lookup(
    {"source": "text", "source_key": "text"},
    """SELECT r.source, r.source_key, r.id FROM k CROSS JOIN record r
    WHERE r.source = k.source AND r.source_key = k.source_key""",
)

_BY_ID = Lookup(
    {"id": "bigint"},
    f"""SELECT r.id, r.person, r.source, r.source_key, o.fields, {_STANDARD}
    FROM k CROSS JOIN record r CROSS JOIN original o WHERE r.id = k.id AND o.record = r.id""",  # noqa: S608 - constants
)

_LOAD_RECORD = Load("record", ("id", "person", "source", "source_key", "updated_at", *STANDARD_COLUMNS))
_LOAD_ORIGINAL = Load("original", ("record", "fields"))
_LOAD_MAILBOX = Load("mailbox", ("mailbox", "record"))
_LOAD_KEY = Load("blocking_key", ("key", "record"))
_LOAD_UNLINKED = Load("unlinked", ("record",))

_ADD_MAILBOX = insert("mailbox", ("mailbox", "record"), conflict="ON CONFLICT DO NOTHING")
_ADD_KEY = insert("blocking_key", ("key", "record"), conflict="ON CONFLICT DO NOTHING")
_ADD_UNLINKED = insert("unlinked", ("record",), conflict="ON CONFLICT DO NOTHING")

_CHANGE_RECORD = Statement(
    f"UPDATE record SET updated_at = ?, {', '.join(f'{name} = ?' for name in STANDARD_COLUMNS)} WHERE id = ?"  # noqa: S608
)
_CHANGE_ORIGINAL = Statement("UPDATE original SET fields = ? WHERE record = ?")
_DROP_MAILBOX = Statement("DELETE FROM mailbox WHERE mailbox = ? AND record = ?")
_DROP_KEY = Statement("DELETE FROM blocking_key WHERE key = ? AND record = ?")

_BURY = Statement(
    f"""UPDATE record SET person = 0, source_key = ?, updated_at = ?, forgotten_by = ?,
    {", ".join(f"{name} = ''" for name in STANDARD_COLUMNS)} WHERE id = ?"""  # noqa: S608 - constants
)
_ERASE: Final = tuple(
    Statement(f"DELETE FROM {table} WHERE {column} = ?")  # noqa: S608 - constants
    for table, column in (
        ("original", "record"),
        ("unlinked", "record"),
        ("verdict", "a"),
        ("verdict", "b"),
        ("question", "a"),
        ("question", "b"),
    )
)

_POPULATION = Statement(
    """SELECT (SELECT coalesce(max(id), 0) FROM record) - (SELECT count(*) FROM record WHERE forgotten_by IS NOT NULL)"""
)
_LAST = Statement("SELECT coalesce(max(id), 0) FROM record")
_ANY_FORGOTTEN = Statement("SELECT 1 FROM record WHERE forgotten_by IS NOT NULL LIMIT 1")
_ALL_STANDARDS: Final = f"SELECT r.id, r.person, {_STANDARD} FROM record r WHERE r.forgotten_by IS NULL ORDER BY r.id"  # noqa: S608
_ALL_REFERENCES: Final = "SELECT r.id, r.source, r.source_key FROM record r WHERE r.forgotten_by IS NULL ORDER BY r.id"


@dataclass(frozen=True, slots=True)
class Upserted:
    """What became of the records given: numbers of the `new` and of the `changed`, in the order given, and counts.

    `forgotten`: left out, because they were erased before.
    """

    new: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    unchanged: int = 0
    forgotten: int = 0


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record with its number, that of its person (its oldest record's) and its comparable form."""

    id: int
    person: int
    record: Record
    standard: Standard


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record as it is to be written. `keys`: its blocking keys; None where they are still to be made, if it comes to that."""

    source: str
    source_key: str
    fields: str
    columns: tuple[str, ...]
    standard: Standard
    keys: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Change:
    id: int
    row: Prepared
    former: tuple[str, ...]


def prepare(rows: Iterable[tuple[Record, Standard]]) -> list[Prepared]:
    """The records with all that can be worked out before a transaction: half of what `upsert` does with new ones."""
    return [replace(_prepared(row), keys=blocking_keys(row[1])) for row in rows]


def upsert(connection: Connection, rows: Iterable[tuple[Record, Standard]] | Iterable[Prepared], *, now: datetime) -> Upserted:
    """Write records with their standards, by source and source key; what is there already and the same is left alone.

    A record that compares otherwise than before loses its links that rest on a weight, which are to be scored again; what
    clerks said of it stays.
    Of several with one key the last counts. The memory taken is a few kilobytes a row; the time, and so the time for which
    mail waits, some 50 µs.
    """
    prepared = (row if isinstance(row, Prepared) else _prepared(row) for row in rows)
    given = {(row.source, row.source_key): row for row in prepared}
    stored = {(found[0], found[1]): found[2:] for found in _BY_REFERENCE.fetch(connection, list(given))}
    erased = _erased(connection, given.keys() - stored.keys())
    new = [row for reference, row in given.items() if reference not in stored and reference not in erased]
    changes = list(_changes(given, stored))
    return Upserted(
        new=tuple(_insert(connection, new, now)),
        changed=tuple(_change(connection, changes, now)),
        unchanged=len(stored) - len(changes),
        forgotten=len(erased),
    )


def _prepared(given: tuple[Record, Standard]) -> Prepared:
    record, standard = given
    return Prepared(
        storable(record.source),
        storable(record.source_key),
        fields_to_json(record),
        standard_to_columns(standard),
        standard,
    )


def _changes(given: Mapping[Reference, Prepared], stored: Mapping[Reference, Sequence[Any]]) -> Iterator[_Change]:
    for reference, (id, fields, *former) in stored.items():
        row = given[reference]
        if (fields, tuple(former)) != (row.fields, row.columns):
            yield _Change(id, row, tuple(former))


def _erased(connection: Connection, references: Collection[Reference]) -> frozenset[Reference]:
    """Those of `references` that were forgotten."""
    if not references or not _ANY_FORGOTTEN.fetch(connection):
        return frozenset()
    buried = {(source, _buried(source_key)): (source, source_key) for source, source_key in references}
    return frozenset(buried[source, key] for source, key, _ in _IDS.fetch(connection, list(buried)))


def _buried(source_key: str) -> str:
    """What stands for the key of a forgotten record."""
    return f"forgotten {blake2b(source_key.encode(), digest_size=16).hexdigest()}"


def _insert(connection: Connection, rows: Sequence[Prepared], now: datetime) -> range:
    """Write new records and return their numbers."""
    if not rows:
        return range(0)
    # Nobody else writes meanwhile; so the numbers have no gap, and the last one says how many there were.
    first = _LAST.fetch(connection)[0][0] + 1
    ids = range(first, first + len(rows))
    at = to_micros(now)
    _LOAD_RECORD.run(
        connection, ((id, id, row.source, row.source_key, at, *row.columns) for id, row in zip(ids, rows, strict=True))
    )
    _LOAD_ORIGINAL.run(connection, ((id, row.fields) for id, row in zip(ids, rows, strict=True)))
    _LOAD_UNLINKED.run(connection, ((id,) for id in ids))
    _LOAD_MAILBOX.run(
        connection, sorted((mailbox, id) for id, row in zip(ids, rows, strict=True) for mailbox in _mailboxes(row))
    )
    _LOAD_KEY.run(connection, _in_order((key, id) for id, row in zip(ids, rows, strict=True) for key in _keys(row)))
    return ids


def _change(connection: Connection, changes: Sequence[_Change], now: datetime) -> list[int]:
    """Rewrite records and return their numbers."""
    at = to_micros(now)
    _CHANGE_ORIGINAL.run(connection, [(one.row.fields, one.id) for one in changes])
    compared = [one for one in changes if one.row.columns != one.former]
    _CHANGE_RECORD.run(connection, [(at, *one.row.columns, one.id) for one in compared])
    _drop_index(connection, {one.id: one.former for one in compared})
    _ADD_MAILBOX.run(connection, sorted((mailbox, one.id) for one in compared for mailbox in _mailboxes(one.row)))
    _ADD_KEY.run(connection, _in_order((key, one.id) for one in compared for key in _keys(one.row)))
    _ADD_UNLINKED.run(connection, [(one.id,) for one in compared])
    drop_weighed_links_of(connection, [one.id for one in compared])
    return [one.id for one in changes]


def _mailboxes(row: Prepared) -> set[str]:
    return set(mailboxes_of(row.columns[-1]))


def _keys(row: Prepared) -> tuple[int, ...]:
    return blocking_keys(row.standard) if row.keys is None else row.keys


def _in_order(keys: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Keys nearly in order, so that a page of the index is written once: by their upper bits, for which Python sorts fast."""
    return sorted(keys, key=lambda pair: pair[0] >> _FAST_BITS)


def _drop_index(connection: Connection, former: Mapping[int, Sequence[str]]) -> None:
    """Remove the mailboxes and blocking keys that follow from these columns."""
    standards = {id: standard_from(columns) for id, columns in former.items()}
    _DROP_MAILBOX.run(connection, [(mailbox, id) for id, standard in standards.items() for mailbox in standard.mailboxes])
    _DROP_KEY.run(connection, [(key, id) for id, standard in standards.items() for key in blocking_keys(standard)])


def forget(connection: Connection, ids: Collection[int], *, now: datetime, actor: str) -> int:
    """Erase records with all that was known and said of them; return how many. Only their numbers stay used.

    The persons that they belonged to are to be formed anew, from the other records.
    """
    overwrite_what_is_deleted(connection)
    found = records(connection, ids)
    _drop_index(connection, {id: standard_to_columns(one.standard) for id, one in found.items()})
    drop_links_of(connection, list(found))
    for statement in _ERASE:
        statement.run(connection, [(id,) for id in found])
    at = to_micros(now)
    _BURY.run(connection, [(_buried(one.record.source_key), at, actor, id) for id, one in found.items()])
    return len(found)


def find(connection: Connection, references: Iterable[Reference]) -> dict[Reference, int]:
    """The numbers of those of `references` that there are."""
    named = {(storable(source), storable(source_key)): (source, source_key) for source, source_key in references}
    return {named[source, source_key]: id for source, source_key, id in _IDS.fetch(connection, list(named))}


def record_of(connection: Connection, source: str, source_key: str) -> int | None:
    """The number of one record, None where there is none."""
    return find(connection, [(source, source_key)]).get((source, source_key))


def records(connection: Connection, ids: Iterable[int]) -> dict[int, StoredRecord]:
    """Those of the records that there are, forgotten ones not among them."""
    return {
        id: StoredRecord(id, person, record_from(source, source_key, fields), standard_from(columns))
        for id, person, source, source_key, fields, *columns in _BY_ID.fetch(connection, [(id,) for id in dict.fromkeys(ids)])
    }


def count(connection: Connection) -> int:
    """How many records there are, without counting them."""
    found: int = _POPULATION.fetch(connection)[0][0]
    return found


def sources(connection: Connection) -> dict[str, int]:
    """How many records each source has; reads all of an index."""
    kept = select(RECORD.c.source, func.count()).where(RECORD.c.forgotten_by.is_(None)).group_by(RECORD.c.source)
    return {source: number for source, number in connection.execute(kept.order_by(RECORD.c.source))}  # noqa: C416 - rows


def columns(connection: Connection, *, rows: int = SCANNED) -> Iterator[list[tuple[Any, ...]]]:
    """All records in the order of their numbers, `rows` at a time: number, person, and the values of STANDARD_COLUMNS."""
    return scan(connection, _ALL_STANDARDS, rows=rows)


def all_references(connection: Connection) -> Iterator[tuple[int, Reference]]:
    """What each record is called, in the order of their numbers."""
    for piece in scan(connection, _ALL_REFERENCES):
        for id, source, source_key in piece:
            yield id, (source, source_key)
