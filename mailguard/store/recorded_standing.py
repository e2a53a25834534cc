"""What stood before a piece of the ledger begins, put into another ledger: texts, audiences, bounces' mail, persons' fields.

As of a time, as far as the ledger still says it: of what was written over since, nothing is made up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from mailguard.store.database import Database
from mailguard.store.instant import to_micros
from mailguard.store.intake import INSERT_RECIPIENT, RECIPIENT_COLUMNS
from mailguard.store.record_row import STANDARD_COLUMNS
from mailguard.store.statement import Lookup, Statement, insert

PIECE: Final = 2_000
MOST_MEMBERS: Final = 200
"""Records of one person that are read, the oldest ones, as for a decision."""

_WORDINGS: Final = Lookup(
    {"text": "bytea"},
    """SELECT w.text, w.first_seen, w.first_seen, CASE WHEN w.released_at <= ? THEN w.released_at END
    FROM k CROSS JOIN wording w WHERE w.text = k.text AND w.first_seen < ?""",
)
_PUT_WORDING: Final = insert(
    "wording", ("text", "first_seen", "last_seen", "released_at"), conflict="ON CONFLICT (text) DO NOTHING"
)

_AUDIENCES: Final = Statement(
    """SELECT a.hash, a.last_written_at,
    CASE WHEN EXISTS (SELECT 1 FROM message m WHERE m.id = a.stale_id AND m.received_at >= ?) THEN '' ELSE a.stale_id END
    FROM audience a WHERE a.hash > ? AND a.last_written_at < ? ORDER BY a.hash LIMIT ?"""
)
# Of an audience that was written to again since, the ledger still has the mail.
_WRITTEN: Final = Statement(
    """SELECT m.audience, max(m.received_at), '' FROM message m
    WHERE m.audience > ? AND m.received_at < ? AND (m.action = 'deliver' OR m.is_shadow = TRUE)
    GROUP BY m.audience ORDER BY m.audience LIMIT ?"""
)
_PUT_AUDIENCE: Final = insert(
    "audience",
    ("hash", "last_written_at", "stale_id"),
    conflict="""ON CONFLICT (hash) DO UPDATE SET last_written_at = excluded.last_written_at, stale_id = excluded.stale_id
    WHERE excluded.last_written_at > audience.last_written_at""",
)

_BOUNCED: Final = Statement(
    """SELECT b.mailbox, min(b.at) FROM bounce b WHERE b.mailbox > ? AND b.is_hard = TRUE AND b.at < ?
    GROUP BY b.mailbox ORDER BY b.mailbox LIMIT ?"""
)
_DELIVERED: Final = Lookup(
    {"mailbox": "text", "since": "bigint"},
    f"""SELECT {", ".join(f"r.{name}" for name in RECIPIENT_COLUMNS)} FROM k CROSS JOIN recipient r
    WHERE r.anchor = k.mailbox AND r.is_counted = TRUE AND r.at > k.since AND r.at < ? AND r.state = 'delivered'
    AND NOT EXISTS (SELECT 1 FROM bounce b WHERE b.mailbox = k.mailbox AND b.message = r.message AND b.n = r.n)""",  # noqa: S608
)

_MEMBERS: Final = Lookup(
    {"person": "bigint"},
    """SELECT r.id, r.person, r.source, r.source_key, o.fields FROM k CROSS JOIN record r ON r.id IN (
        SELECT x.id FROM record x WHERE x.person = k.person ORDER BY x.id LIMIT ?
    ) CROSS JOIN original o WHERE o.record = r.id""",
    postgres="""SELECT r.id, r.person, r.source, r.source_key, o.fields FROM k CROSS JOIN LATERAL (
        SELECT x.id, x.person, x.source, x.source_key FROM record x WHERE x.person = k.person ORDER BY x.id LIMIT ?
    ) r JOIN original o ON o.record = r.id""",
)
_PUT_RECORD: Final = insert(
    "record", ("id", "person", "source", "source_key", "updated_at", *STANDARD_COLUMNS), conflict="ON CONFLICT (id) DO NOTHING"
)
_PUT_ORIGINAL: Final = insert("original", ("record", "fields"), conflict="ON CONFLICT (record) DO NOTHING")


def put_audiences(source: Database, scratch: Connection, begin: datetime) -> None:
    """Write when each set of mailboxes was last written to before `begin`."""
    at = to_micros(begin)
    for statement, times in ((_AUDIENCES, (at,)), (_WRITTEN, ())):
        after = b""
        while True:
            with source.read() as connection:
                rows = statement.fetch(connection, *times, after, at, PIECE)
            _PUT_AUDIENCE.run(scratch, rows)
            if len(rows) < PIECE:
                break
            after = bytes(rows[-1][0])


def put_deliveries(source: Database, scratch: Connection, begin: datetime) -> None:
    """Write what was delivered before `begin` to mailboxes after a bounce of theirs: it says that they are well again."""
    at, after = to_micros(begin), ""
    while True:
        with source.read() as connection:
            bounced = _BOUNCED.fetch(connection, after, at, PIECE)
            rows = _DELIVERED.fetch(connection, bounced, at)
        INSERT_RECIPIENT.run(scratch, rows)
        if len(bounced) < PIECE:
            return
        after = bounced[-1][0]


def put_wordings(source: Connection, scratch: Connection, texts: Collection[bytes], now: datetime) -> None:
    """Write since when these texts are known, where they were before `now`, and whether one had been released by then."""
    at = to_micros(now)
    _PUT_WORDING.run(scratch, _WORDINGS.fetch(source, [(text,) for text in texts], at, at))


def put_persons(source: Connection, scratch: Connection, persons: Iterable[int]) -> None:
    """Write what is on file now for these persons, so far as a decision asks for it."""
    rows: list[Any] = _MEMBERS.fetch(source, [(person,) for person in dict.fromkeys(persons)], MOST_MEMBERS)
    blank = ("",) * len(STANDARD_COLUMNS)
    _PUT_RECORD.run(scratch, [(id, person, origin, key, 0, *blank) for id, person, origin, key, _ in rows])
    _PUT_ORIGINAL.run(scratch, [(row[0], row[4]) for row in rows])
