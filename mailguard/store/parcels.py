"""From rows to parcels: the recipients that a condition selects, with the octets that leave, one parcel a message and path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, tuple_

from mailguard.mail.envelope import BodyType
from mailguard.policy.parcel import Destination, Parcel
from mailguard.store.plain_text import attempts_from_json
from mailguard.store.statement import MOST_KEYS, Lookup
from mailguard.store.tables import CONTENT, MESSAGE, RECIPIENT

MOST_OCTETS = 67_108_864
"""Octets of content in one reading, beyond a single message: they will be in memory."""

_CONTENTS = Lookup({"id": "text"}, "SELECT c.message, c.octets FROM k CROSS JOIN content c WHERE c.message = k.id")

# A recipient whose content is gone is no parcel's.
_SELECTION = (
    select(
        RECIPIENT.c.message,
        RECIPIENT.c.n,
        RECIPIENT.c.mailbox,
        RECIPIENT.c.notify,
        RECIPIENT.c.orcpt,
        RECIPIENT.c.attempts,
        RECIPIENT.c.reply_aware,
        func.coalesce(RECIPIENT.c.expires_at, RECIPIENT.c.at).label("expires_at"),
        func.coalesce(RECIPIENT.c.reverse_path, MESSAGE.c.reverse_path).label("reverse_path"),
        MESSAGE.c.body,
        MESSAGE.c.smtputf8,
        MESSAGE.c.ret,
        MESSAGE.c.envid,
        MESSAGE.c.size,
    )
    .join(MESSAGE, MESSAGE.c.id == RECIPIENT.c.message)
    .join(CONTENT, CONTENT.c.message == RECIPIENT.c.message)
)


def read_parcels(
    connection: Connection,
    *conditions: ColumnElement[Any],
    order_by: ColumnElement[Any],
    limit: int,
    most_octets: int = MOST_OCTETS,
) -> list[Parcel]:
    """The parcels of the first `limit` recipients that meet `conditions`, and of about `most_octets` at most.

    On PostgreSQL the recipients are locked, and those that another transaction has locked are passed over.
    """
    chosen = _SELECTION.where(*conditions).order_by(order_by).limit(limit).with_for_update(skip_locked=True, of=RECIPIENT)
    rows: list[Any] = list(connection.execute(chosen))
    return _parcels(connection, _within(rows, most_octets))


def parcels_of(connection: Connection, recipients: Iterable[tuple[str, int]]) -> list[Parcel]:
    """The parcels of these recipients (message, ordinal), whatever their state, as far as the content is still there."""
    place = tuple_(RECIPIENT.c.message, RECIPIENT.c.n)
    rows: list[Row[Any]] = []
    for chunk in _chunks(sorted(set(recipients))):
        rows += connection.execute(_SELECTION.where(place.in_(chunk)))
    return _parcels(connection, rows)


def places(parcels: Sequence[Parcel]) -> list[tuple[str, int]]:
    """Message and ordinal of each recipient of `parcels`."""
    return [(parcel.message, destination.n) for parcel in parcels for destination in parcel.destinations]


def _chunks(pairs: Sequence[tuple[str, int]]) -> Iterator[Sequence[tuple[str, int]]]:
    return (pairs[begin : begin + MOST_KEYS] for begin in range(0, len(pairs), MOST_KEYS))


def _within(rows: Sequence[Row[Any]], most_octets: int) -> list[Row[Any]]:
    """The first of `rows` whose messages together have about `most_octets`; at least one message."""
    sizes: dict[str, int] = {}
    total = 0
    for place, row in enumerate(rows):
        if row.message not in sizes:
            total += row.size
            if sizes and total > most_octets:
                return list(rows[:place])
            sizes[row.message] = row.size
    return list(rows)


def _parcels(connection: Connection, rows: Sequence[Row[Any]]) -> list[Parcel]:
    octets = dict(_CONTENTS.fetch(connection, {(row.message,) for row in rows}))
    ordered = sorted(rows, key=lambda row: (row.message, row.reverse_path, row.n))
    groups = (list(group) for _, group in groupby(ordered, key=lambda row: (row.message, row.reverse_path)))
    return [_parcel(group, octets[group[0].message]) for group in groups]


def _parcel(rows: Sequence[Row[Any]], octets: bytes) -> Parcel:
    first = rows[0]
    return Parcel(
        message=first.message,
        octets=octets,
        reverse_path=first.reverse_path,
        body=BodyType(first.body),
        smtputf8=first.smtputf8,
        ret=first.ret,
        envid=first.envid,
        destinations=tuple(
            Destination(
                row.n,
                row.mailbox,
                row.notify,
                row.orcpt,
                attempts_from_json(row.attempts),
                row.expires_at,
                reply_aware=row.reply_aware or "",
            )
            for row in rows
        ),
    )
