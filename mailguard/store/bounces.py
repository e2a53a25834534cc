"""Mail of ours that came back undelivered, by mailbox, and which mailboxes are not to be written to because of it.

A mailbox is bounced by two hard bounces of different mails, or by one that says the address is wrong (5.1.x, RFC 3463 3.2),
until a mail to it goes through, somebody writes from it, or 90 days have passed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select

from mailguard.identity.person import record_anchor
from mailguard.mail.mailbox import parse_mailbox
from mailguard.store.instant import from_micros, to_micros
from mailguard.store.plain_text import storable
from mailguard.store.statement import Lookup, Statement, insert
from mailguard.store.tables import BOUNCE

COUNTS_FOR: Final = timedelta(days=90)
"""How long a bounce counts."""

ENOUGH: Final = 2
"""So many hard bounces make a mailbox a bounced one."""

_WRONG_ADDRESS: Final = "5.1."
"""Of these statuses (RFC 3463 3.2) one is enough."""

_MOST_LATER: Final = 20

_RECORD = insert(
    "bounce",
    ("mailbox", "key", "at", "is_hard", "status", "message", "n"),
    conflict="ON CONFLICT (mailbox, key) DO NOTHING",
)
_HARD = Lookup(
    {"mailbox": "text"},
    """SELECT b.mailbox, b.at, b.status FROM k CROSS JOIN bounce b
    WHERE b.mailbox = k.mailbox AND b.is_hard = TRUE AND b.at > ? ORDER BY b.at""",
)
_ALL = Lookup(
    {"mailbox": "text"},
    """SELECT b.mailbox, b.at, b.is_hard, b.status, b.message, b.n FROM k CROSS JOIN bounce b
    WHERE b.mailbox = k.mailbox ORDER BY b.at""",
)
_BOXES = select(BOUNCE.c.mailbox).distinct().where(BOUNCE.c.is_hard.is_(True)).order_by(BOUNCE.c.mailbox)
_OWNERS = Statement("SELECT record FROM mailbox WHERE mailbox = ? ORDER BY record LIMIT ?")

# A mail that bounced itself was no success, though the next hop took it. What was delivered counts: so its index is taken.
_DELIVERED = Statement(
    """SELECT r.mailbox, r.at FROM recipient r
    WHERE r.anchor = ? AND r.is_counted = TRUE AND r.at > ? AND r.state = 'delivered'
    AND NOT EXISTS (SELECT 1 FROM bounce b WHERE b.mailbox = ? AND b.message = r.message AND b.n = r.n)
    ORDER BY r.at DESC LIMIT ?"""
)
_WROTE = Statement(
    """SELECT max(r.received_at) FROM reply r
    WHERE r.mailbox = ? AND r.kind = 'human' AND r.is_tied = TRUE AND r.received_at > ?"""
)


@dataclass(frozen=True, slots=True)
class Bounce:
    """One mail (`message` and its recipient `n`) that did not reach a canonical mailbox. `status`: RFC 3463, or "".

    However often and by whichever way it is told, it is one.
    """

    mailbox: str
    at: datetime
    is_hard: bool
    status: str
    message: str
    n: int


def record(connection: Connection, bounces: Sequence[Bounce]) -> None:
    """Write down `bounces`; what is told already stays as it was told first."""
    rows = [
        (one.mailbox, f"{one.message} {one.n}", to_micros(one.at), one.is_hard, storable(one.status), one.message, one.n)
        for one in bounces
    ]
    _RECORD.run(connection, rows)


def forget_bounces(connection: Connection, mailboxes: Collection[str]) -> int:
    """Let what came back from these canonical mailboxes count no more; return how many mails that were."""
    return connection.execute(delete(BOUNCE).where(BOUNCE.c.mailbox.in_(mailboxes))).rowcount


def bounces_of(connection: Connection, mailboxes: Iterable[str]) -> list[Bounce]:
    """All that is known of these canonical mailboxes, the oldest first."""
    rows = _ALL.fetch(connection, [(mailbox,) for mailbox in dict.fromkeys(mailboxes)])
    found = [Bounce(mailbox, from_micros(at), bool(is_hard), *rest) for mailbox, at, is_hard, *rest in rows]
    return sorted(found, key=lambda one: one.at)


def bounced(connection: Connection, now: datetime, *, limit: int) -> list[Bounce]:
    """The last hard bounce of each mailbox that is bounced now, by mailbox; `limit` mailboxes are looked at."""
    boxes = connection.scalars(_BOXES.where(BOUNCE.c.at > now - COUNTS_FOR).limit(limit))
    found = standing(connection, boxes, now)
    last = {one.mailbox: one for one in bounces_of(connection, found) if one.is_hard}
    return [last[mailbox] for mailbox in sorted(last)]


def standing(connection: Connection, mailboxes: Iterable[str], now: datetime) -> frozenset[str]:
    """Those of these canonical mailboxes that are bounced now. One look-up where there are no bounces, as nearly always."""
    since = to_micros(now - COUNTS_FOR)
    hard: dict[str, list[tuple[int, str]]] = {}
    for mailbox, at, status in _HARD.fetch(connection, [(mailbox,) for mailbox in dict.fromkeys(mailboxes)], since):
        hard.setdefault(mailbox, []).append((at, status))
    return frozenset(mailbox for mailbox, found in hard.items() if _is_bounced(connection, mailbox, found))


def _is_bounced(connection: Connection, mailbox: str, hard: Sequence[tuple[int, str]]) -> bool:
    if not _is_enough(hard):
        return False
    heard = _last_heard(connection, mailbox, since=hard[0][0])
    return _is_enough([one for one in hard if one[0] > heard])


def _is_enough(hard: Sequence[tuple[int, str]]) -> bool:
    return len(hard) >= ENOUGH or any(status.startswith(_WRONG_ADDRESS) for _, status in hard)


def _last_heard(connection: Connection, mailbox: str, *, since: int) -> int:
    """When a mail to the mailbox last went through or somebody last wrote from it, after `since`; else `since` less one."""
    owners = [record_anchor(record) for (record,) in _OWNERS.fetch(connection, mailbox, _MOST_LATER)]
    delivered: list[int] = [
        at
        for anchor in (mailbox, *owners)
        for wire, at in _DELIVERED.fetch(connection, anchor, since, mailbox, _MOST_LATER)
        if parse_mailbox(wire).canonical == mailbox
    ]
    wrote: int = _WROTE.fetch(connection, mailbox, since)[0][0] or 0
    return max([*delivered, wrote, since - 1])
