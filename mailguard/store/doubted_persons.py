"""Which persons may be one and wait for a clerk to say so, as a whole: for what looks at many persons at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from mailguard.identity.person import person_id
from mailguard.store.statement import scan

_PAIRS: Final = """SELECT ra.person, rb.person FROM question q JOIN record ra ON ra.id = q.a JOIN record rb ON rb.id = q.b
WHERE q.state = 'open' AND ra.person <> rb.person"""


def doubted_persons(connection: Connection) -> Iterator[tuple[str, str]]:
    """Pairs of persons between which a question is open, once for each question."""
    for piece in scan(connection, _PAIRS):
        for one, other in piece:
            yield person_id(one), person_id(other)
