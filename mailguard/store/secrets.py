"""Keys that are made once and never leave the database: all processes that share it sign and read with the same."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from mailguard.store.instant import to_micros
from mailguard.store.statement import Statement, insert

KEY_OCTETS: Final = 32

REPLY_KEY: Final = "reply"
"""The key that signs the addresses and Message-IDs of answers."""

CHECK_KEY: Final = "check"
"""The key that signs what a broadcast was checked for."""

_KEY = Statement("SELECT key FROM secret WHERE name = ?")
_MAKE = insert("secret", ("name", "key", "at"))


def key_of(connection: Connection, name: str, *, now: datetime) -> bytes:
    """The key of this name, KEY_OCTETS long; made where there is none, so the connection must be one that writes."""
    found = _found(connection, name)
    if found is None:
        found = secrets.token_bytes(KEY_OCTETS)
        _MAKE.run(connection, [(name, found, to_micros(now))])
    return found


def known_key(connection: Connection, name: str) -> bytes | None:
    """The key of this name, None where it was never made."""
    return _found(connection, name)


def _found(connection: Connection, name: str) -> bytes | None:
    rows = _KEY.fetch(connection, name)
    return bytes(rows[0][0]) if rows else None
