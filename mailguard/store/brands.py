"""Which brands have written to somebody: for what asks of many at once. Bounded, however much a mailbox gets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection

from mailguard.store.statement import Lookup

MOST_READ: Final = 20
"""Mails of one anchor whose brand is looked at, the newest ones."""

# The condition of the index word for word: SQLite takes it for nothing else.
_BRANDS = Lookup(
    {"anchor": "text"},
    """SELECT DISTINCT k.anchor, m.brand FROM k CROSS JOIN recipient r ON r.rowid IN (
        SELECT i.rowid FROM recipient i WHERE i.anchor = k.anchor AND i.is_counted = TRUE ORDER BY i.at DESC LIMIT ?
    ) CROSS JOIN message m WHERE m.id = r.message AND m.brand <> ''""",
    postgres="""SELECT DISTINCT k.anchor, m.brand FROM k CROSS JOIN LATERAL (
        SELECT i.message FROM recipient i WHERE i.anchor = k.anchor AND i.is_counted = TRUE ORDER BY i.at DESC LIMIT ?
    ) r JOIN message m ON m.id = r.message AND m.brand <> ''""",
)


def brands_of(connection: Connection, anchors: Iterable[str]) -> dict[str, frozenset[str]]:
    """The brands whose mail each of these anchors was sent lately; nothing for one that no brand has written to."""
    found: dict[str, set[str]] = {}
    keys = [(anchor,) for anchor in dict.fromkeys(anchors)]
    for anchor, brand in _BRANDS.fetch(connection, keys, MOST_READ):
        found.setdefault(anchor, set()).add(brand)
    return {anchor: frozenset(brands) for anchor, brands in found.items()}
