"""How far each folder of each source was read, so that a restart goes on where the last one was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailguard.store.instant import to_micros
from mailguard.store.statement import Statement, insert

_MOVE = insert(
    "reply_cursor",
    ("source", "folder", "validity", "position", "at"),
    conflict="""ON CONFLICT (source, folder) DO UPDATE SET
    validity = excluded.validity, position = excluded.position, at = excluded.at""",
)
_CURSOR = Statement("SELECT validity, position FROM reply_cursor WHERE source = ? AND folder = ?")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a folder: `position` counts within one `validity` (IMAP: the last UID, and UIDVALIDITY)."""

    validity: str
    position: str


def cursor(connection: Connection, source: str, folder: str) -> Cursor | None:
    """How far this folder was read, None where it never was."""
    rows = _CURSOR.fetch(connection, source, folder)
    return Cursor(*rows[0]) if rows else None


def move_cursor(connection: Connection, source: str, folder: str, *, validity: str, position: str, at: datetime) -> None:
    """Remember how far this folder was read; in the transaction that wrote what was read."""
    _MOVE.run(connection, [(source, folder, validity, position, to_micros(at))])
