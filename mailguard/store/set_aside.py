"""Mail that came in and could not be read: kept with the reason, for a person to look at, while the others go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from mailguard.store.instant import to_micros
from mailguard.store.plain_text import storable
from mailguard.store.statement import insert
from mailguard.store.tables import SET_ASIDE

MOST_OCTETS: Final = 1024 * 1024
"""What is kept of one."""

_PUT = insert("set_aside", ("key", "at", "source", "name", "reason", "octets"), conflict="ON CONFLICT (key) DO NOTHING")


@dataclass(frozen=True, slots=True)
class SetAside:
    """One mail that could not be read. `name`: what its source calls it, such as a file or a UID.

    `number` is its place in the ledger, 0 before it has one.
    """

    at: datetime
    source: str
    name: str
    reason: str
    octets: bytes
    number: int = field(default=0, compare=False)


def put_aside(connection: Connection, mails: Sequence[SetAside]) -> int:
    """Keep `mails`, of each at most MOST_OCTETS; return how many were not there already."""
    rows = [
        (
            _key(one),
            to_micros(one.at),
            storable(one.source),
            storable(one.name),
            storable(one.reason),
            one.octets[:MOST_OCTETS],
        )
        for one in mails
    ]
    return max(_PUT.run(connection, rows), 0)


def _key(one: SetAside) -> bytes:
    """What makes it one: its octets; where its source gave none, what it is called there."""
    return blake2b(one.octets or f"{one.source} {one.name}".encode(errors="replace"), digest_size=16).digest()


def all_set_aside(connection: Connection, *, limit: int = 50) -> list[SetAside]:
    """What was put aside, the newest first."""
    rows = connection.execute(select(SET_ASIDE).order_by(SET_ASIDE.c.seq.desc()).limit(limit))
    return [_aside(row) for row in rows]


def one_set_aside(connection: Connection, number: int) -> SetAside | None:
    """What was put aside under this number, None where that is nothing."""
    row = connection.execute(select(SET_ASIDE).where(SET_ASIDE.c.seq == number)).one_or_none()
    return None if row is None else _aside(row)


def _aside(row: Row[Any]) -> SetAside:
    return SetAside(row.at, row.source, row.name, row.reason, bytes(row.octets), row.seq)
