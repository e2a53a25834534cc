"""Who gets no mail (of some classes), since when, who said so, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from mailguard.policy.facts import Suppression
from mailguard.store.instant import to_micros
from mailguard.store.statement import Lookup, Statement, insert
from mailguard.store.tables import SUPPRESSION

_SUPPRESS = insert(
    "suppression",
    ("person", "suppression", "at", "actor", "reason"),
    conflict="""ON CONFLICT (person, suppression) DO UPDATE SET
    at = excluded.at, actor = excluded.actor, reason = excluded.reason""",
)

_ERASED = Statement("SELECT 1 FROM suppression WHERE person = ? AND suppression = ?")

_OF_ANCHORS = Lookup(
    {"person": "text"}, "SELECT s.person, s.suppression FROM k CROSS JOIN suppression s WHERE s.person = k.person"
)


@dataclass(frozen=True, slots=True)
class Suppressed:
    """One person on the list. `person` is an anchor of theirs: a canonical mailbox, or "R17" for whom record 17 belongs to."""

    person: str
    suppression: Suppression
    at: datetime
    actor: str
    reason: str


def suppress(connection: Connection, *suppressed: Suppressed) -> None:
    """Put persons on the list; what was said of them before for the same reason is replaced, each other reason stays."""
    rows = [(one.person, one.suppression.value, to_micros(one.at), one.actor, one.reason) for one in suppressed]
    _SUPPRESS.run(connection, rows)


def lift(connection: Connection, anchors: Collection[str]) -> bool:
    """Take the person of these anchors off the list; return whether they were on it."""
    return connection.execute(delete(SUPPRESSION).where(SUPPRESSION.c.person.in_(anchors))).rowcount > 0


def is_erased(connection: Connection, mailbox: str) -> bool:
    """Whether the owner of this canonical mailbox was erased on request."""
    return bool(_ERASED.fetch(connection, mailbox, Suppression.ERASED.value))


def said_against(connection: Connection, anchors: Iterable[str]) -> dict[str, set[Suppression]]:
    """Anchor → all that is said against writing to who is meant by it; nothing for whom nothing is said."""
    found: dict[str, set[Suppression]] = {}
    for anchor, suppression in _OF_ANCHORS.fetch(connection, [(anchor,) for anchor in dict.fromkeys(anchors)]):
        found.setdefault(anchor, set()).add(Suppression(suppression))
    return found


def suppressed(connection: Connection) -> list[Suppressed]:
    """Everybody on the list, by name; who is on it for several reasons, as often."""
    rows = connection.execute(select(SUPPRESSION).order_by(SUPPRESSION.c.person, SUPPRESSION.c.suppression))
    return [Suppressed(row.person, Suppression(row.suppression), row.at, row.actor, row.reason) for row in rows]
