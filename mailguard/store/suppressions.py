"""Who gets no mail (of some classes), since when, who said so, and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from mailguard.policy.facts import Suppression
from mailguard.store.instant import to_micros
from mailguard.store.statement import Statement, insert
from mailguard.store.tables import SUPPRESSION

_SUPPRESS = insert(
    "suppression",
    ("person", "suppression", "at", "actor", "reason"),
    conflict="""ON CONFLICT (person) DO UPDATE SET
    suppression = excluded.suppression, at = excluded.at, actor = excluded.actor, reason = excluded.reason""",
)

_ERASED = Statement("SELECT 1 FROM suppression WHERE person = ? AND suppression = ?")


@dataclass(frozen=True, slots=True)
class Suppressed:
    """One person on the list. `person` is an anchor of theirs: a canonical mailbox, or "R17" for whom record 17 belongs to."""

    person: str
    suppression: Suppression
    at: datetime
    actor: str
    reason: str


def suppress(connection: Connection, *suppressed: Suppressed) -> None:
    """Put persons on the list; what was said of them before is replaced."""
    rows = [(one.person, one.suppression.value, to_micros(one.at), one.actor, one.reason) for one in suppressed]
    _SUPPRESS.run(connection, rows)


def lift(connection: Connection, anchors: Collection[str]) -> bool:
    """Take the person of these anchors off the list; return whether they were on it."""
    return connection.execute(delete(SUPPRESSION).where(SUPPRESSION.c.person.in_(anchors))).rowcount > 0


def is_erased(connection: Connection, mailbox: str) -> bool:
    """Whether the owner of this canonical mailbox was erased on request."""
    return bool(_ERASED.fetch(connection, mailbox, Suppression.ERASED.value))


def suppressed(connection: Connection) -> list[Suppressed]:
    """Everybody on the list, by name."""
    rows = connection.execute(select(SUPPRESSION).order_by(SUPPRESSION.c.person))
    return [Suppressed(row.person, Suppression(row.suppression), row.at, row.actor, row.reason) for row in rows]
