"""Small questions that each batch asks of the records first: whether there are any, and which mailboxes are shared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection

from mailguard.store.statement import Lookup, Statement

MOST_OWNERS: Final = 50
"""Records of one mailbox that are looked at; where more have it, their persons are more than one."""

_ANY = Statement("SELECT 1 FROM record LIMIT 1")

_SHARED = Lookup(
    {"mailbox": "text"},
    """SELECT k.mailbox FROM k WHERE (
        SELECT count(DISTINCT r.person)
        FROM (SELECT m.record FROM mailbox m WHERE m.mailbox = k.mailbox LIMIT ?) AS o CROSS JOIN record r WHERE r.id = o.record
    ) > 1""",
)


def is_any(connection: Connection) -> bool:
    """Whether there is any record."""
    return bool(_ANY.fetch(connection))


def shared(connection: Connection, mailboxes: Iterable[str]) -> frozenset[str]:
    """Those of these canonical mailboxes that stand in records of several persons."""
    keys = [(mailbox,) for mailbox in dict.fromkeys(mailboxes)]
    return frozenset(mailbox for (mailbox,) in _SHARED.fetch(connection, keys, MOST_OWNERS))
