"""Who a recipient may be, found through indexes alone: the hot path of every mail. What is found is for `identity` to judge.

Each function takes what a whole batch asks for and puts one or two queries, whatever the size of either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from sqlalchemy import Connection

from mailguard.identity.known import known_fields
from mailguard.identity.person import record_anchor
from mailguard.identity.resolve import Candidate
from mailguard.store.record_row import STANDARD_COLUMNS, mailboxes_of, record_from, standard_from
from mailguard.store.records import Reference
from mailguard.store.statement import Lookup

MOST_OF_A_KEY: Final = 50
"""Records of one blocking key; a key that more have is passed over, for it says too little and would cost too much."""

MOST_OWNERS: Final = 50
"""Records of one mailbox that are looked at, the oldest ones."""

MOST_MEMBERS: Final = 200
"""Records of one person that are looked at, the oldest ones."""

_CANDIDATE: Final = f"r.id, r.person, r.source, r.source_key, {', '.join(f'r.{name}' for name in STANDARD_COLUMNS)}"

_OWNERS = Lookup(
    {"mailbox": "text"},
    f"""SELECT k.mailbox, {_CANDIDATE} FROM k CROSS JOIN record r ON r.id IN (
        SELECT m.record FROM mailbox m WHERE m.mailbox = k.mailbox ORDER BY m.record LIMIT ?
    ) ORDER BY r.id""",  # noqa: S608 - constants
    postgres=f"""SELECT k.mailbox, {_CANDIDATE} FROM k CROSS JOIN LATERAL (
        SELECT m.record FROM mailbox m WHERE m.mailbox = k.mailbox ORDER BY m.record LIMIT ?
    ) m JOIN record r ON r.id = m.record ORDER BY r.id""",  # noqa: S608 - constants
)

# One more than would be used shows that there are too many.
_RECORDS_OF_KEYS = Lookup(
    {"key": "bigint"},
    """SELECT k.key, b.record FROM k CROSS JOIN blocking_key b
    WHERE b.key = k.key AND NOT EXISTS (SELECT 1 FROM blocking_key x WHERE x.key = k.key LIMIT 1 OFFSET ?)""",
)

_BY_ID = Lookup({"id": "bigint"}, f"SELECT {_CANDIDATE} FROM k CROSS JOIN record r WHERE r.id = k.id")  # noqa: S608 - constants

_NAMED = Lookup(
    {"source": "text", "source_key": "text"},
    f"""SELECT {_CANDIDATE} FROM k CROSS JOIN record r
    WHERE r.source = k.source AND r.source_key = k.source_key""",  # noqa: S608 - constants
)

_MAILBOXES = Lookup(
    {"person": "bigint"},
    """SELECT r.person, r.id, r.mailboxes FROM k CROSS JOIN record r ON r.id IN (
        SELECT x.id FROM record x WHERE x.person = k.person ORDER BY x.id LIMIT ?
    ) ORDER BY r.id""",
    postgres="""SELECT r.person, r.id, r.mailboxes FROM k CROSS JOIN LATERAL (
        SELECT x.id, x.person, x.mailboxes FROM record x WHERE x.person = k.person ORDER BY x.id LIMIT ?
    ) r ORDER BY r.id""",
)

_OLDEST = Lookup(
    {"mailbox": "text"},
    """SELECT k.mailbox, r.person FROM k CROSS JOIN record r
    WHERE r.id = (SELECT min(m.record) FROM mailbox m WHERE m.mailbox = k.mailbox)""",
)

_ORIGINALS = Lookup(
    {"person": "bigint"},
    """SELECT r.person, r.source, r.source_key, o.fields FROM k CROSS JOIN record r ON r.id IN (
        SELECT x.id FROM record x WHERE x.person = k.person ORDER BY x.id LIMIT ?
    ) CROSS JOIN original o WHERE o.record = r.id ORDER BY r.id""",
    postgres="""SELECT r.person, r.source, r.source_key, o.fields FROM k CROSS JOIN LATERAL (
        SELECT x.id, x.person, x.source, x.source_key FROM record x WHERE x.person = k.person ORDER BY x.id LIMIT ?
    ) r JOIN original o ON o.record = r.id ORDER BY r.id""",
)


def owners(connection: Connection, mailboxes: Iterable[str]) -> dict[str, list[Candidate]]:
    """The records that have each of these canonical mailboxes, the oldest first; nothing for one that no record has."""
    found: dict[str, list[Candidate]] = {}
    keys = [(mailbox,) for mailbox in dict.fromkeys(mailboxes)]
    for mailbox, *row in _OWNERS.fetch(connection, keys, MOST_OWNERS):
        found.setdefault(mailbox, []).append(_candidate(row))
    return found


def named(connection: Connection, references: Collection[Reference]) -> dict[Reference, Candidate]:
    """The records with these sources and source keys, those that there are."""
    return {(row[2], row[3]): _candidate(row) for row in _NAMED.fetch(connection, references)}


def sharing(connection: Connection, keys: Iterable[int], *, most: int = MOST_OF_A_KEY) -> dict[int, list[int]]:
    """The records that have each of these blocking keys, by number; nothing for a key that none has, or more than `most`."""
    found: dict[int, list[int]] = {}
    for key, record in _RECORDS_OF_KEYS.fetch(connection, [(key,) for key in dict.fromkeys(keys)], most):
        found.setdefault(key, []).append(record)
    return found


def by_number(connection: Connection, records: Iterable[int]) -> dict[int, Candidate]:
    """These records, those that there are."""
    return {row[0]: _candidate(row) for row in _BY_ID.fetch(connection, [(record,) for record in dict.fromkeys(records)])}


def candidates(connection: Connection, keys: Iterable[int], *, most: int = MOST_OF_A_KEY) -> dict[int, list[Candidate]]:
    """What `sharing` finds, read: the records that have each of these blocking keys."""
    found = sharing(connection, keys, most=most)
    # A record that shares several keys is read once.
    read = by_number(connection, (record for records in found.values() for record in records))
    return {key: [read[record] for record in records] for key, records in found.items()}


def anchors(connection: Connection, persons: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """All that mail to each of these persons may hang on: the mailboxes of all its records, and the records themselves.

    The latter, as `R<record>`, where the mail came to a mailbox that was shared then; who shared it may be gone since. Mail
    that came to a mailbox before it was shared is the first one's: a shared mailbox is an anchor of the person whose record
    there is the oldest, and of no other.
    """
    keys = [(person,) for person in dict.fromkeys(persons)]
    rows = [
        (person, record, mailboxes_of(column)) for person, record, column in _MAILBOXES.fetch(connection, keys, MOST_MEMBERS)
    ]
    first = dict(_OLDEST.fetch(connection, {(mailbox,) for _, _, mailboxes in rows for mailbox in mailboxes}))
    found: dict[int, dict[str, None]] = {}
    for person, _, mailboxes in rows:
        own = (mailbox for mailbox in mailboxes if first[mailbox] == person)
        found.setdefault(person, {}).update(dict.fromkeys(own))
    for person, record, _ in rows:
        found[person][record_anchor(record)] = None
    return {person: tuple(own) for person, own in found.items()}


def known(connection: Connection, persons: Iterable[int]) -> dict[int, dict[str, tuple[str, ...]]]:
    """What is on file for each of these persons: field → the records that have it (`crm:4711`), the oldest first."""
    found: dict[int, dict[str, tuple[str, ...]]] = {}
    keys = [(person,) for person in dict.fromkeys(persons)]
    for person, source, source_key, fields in _ORIGINALS.fetch(connection, keys, MOST_MEMBERS):
        of_person = found.setdefault(person, {})
        for name in sorted(known_fields(record_from(source, source_key, fields))):
            of_person[name] = (*of_person.get(name, ()), reference_of(source, source_key))
    return found


def reference_of(source: str, source_key: str) -> str:
    """A record's name as text."""
    return f"{source}:{source_key}"


def _candidate(row: Any) -> Candidate:
    return Candidate(row[0], row[1], reference_of(row[2], row[3]), standard_from(row[4:]))
