"""Which records are one person, as it was worked out last: `record.person` is the number of the person's oldest record.

Any record's number therefore leads to the person that has it now, also that of a person which was joined to an older one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from mailguard.store.statement import Lookup, Statement

_PERSON_OF = Lookup(
    {"id": "bigint"}, "SELECT r.id, r.person FROM k CROSS JOIN record r WHERE r.id = k.id AND r.forgotten_by IS NULL"
)
_MEMBERS = Lookup(
    {"person": "bigint"}, "SELECT r.person, r.id FROM k CROSS JOIN record r WHERE r.person = k.person ORDER BY r.id"
)
_SIZES = Lookup(
    {"person": "bigint"}, "SELECT r.person, count(*) FROM k CROSS JOIN record r WHERE r.person = k.person GROUP BY r.person"
)
_MOVE = Statement("UPDATE record SET person = ? WHERE id = ? AND person <> ?")
_COUNT = Statement("SELECT count(*) FROM record WHERE person = id")


def person_of(connection: Connection, records: Iterable[int]) -> dict[int, int]:
    """Record → its person, of those records that there are: what a person's former number leads to."""
    return dict(_PERSON_OF.fetch(connection, [(record,) for record in dict.fromkeys(records)]))


def members(connection: Connection, persons: Iterable[int]) -> dict[int, list[int]]:
    """Person → its records, the oldest first; nothing for what is no person now."""
    found: dict[int, list[int]] = {}
    for person, record in _MEMBERS.fetch(connection, [(person,) for person in dict.fromkeys(persons)]):
        found.setdefault(person, []).append(record)
    return found


def sizes(connection: Connection, persons: Iterable[int]) -> dict[int, int]:
    """Person → the number of its records."""
    return dict(_SIZES.fetch(connection, [(person,) for person in dict.fromkeys(persons)]))


def count_persons(connection: Connection) -> int:
    """How many persons there are; reads all records."""
    found: int = _COUNT.fetch(connection)[0][0]
    return found


def replace_persons(connection: Connection, person_of: Mapping[int, int]) -> int:
    """Give each record this person; return how many had another one."""
    return _MOVE.run(connection, [(person, record, person) for record, person in sorted(person_of.items())])
