"""Mail that waits until somebody lets it go again: everything, a client's, a class's or a brand's.

What is paused has an owner that no worker is, so that leasing mail costs no more. Whoever gives mail back to nobody has it
covered again (`keep`). Knows no worker's memory: what is in it is withdrawn by whoever has it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, delete, select

from mailguard.mail.control import MailClass
from mailguard.store.instant import to_micros
from mailguard.store.own_mail import OWN_CLIENT
from mailguard.store.plain_text import storable
from mailguard.store.statement import Lookup, Statement, insert
from mailguard.store.tables import OPEN, PAUSE
from mailguard.store.workers import PAUSED


class Scope(StrEnum):
    """What a pause is of."""

    ALL = "all"
    CLIENT = "client"
    CLASS = "class"
    BRAND = "brand"


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause, since when, who began it and why. `key`: which client, class or brand, "" for all."""

    scope: Scope
    key: str
    at: datetime
    actor: str
    reason: str

    @property
    def what(self) -> str:
        """What it is of, in words."""
        return what(self.scope, self.key)


@dataclass(frozen=True, slots=True)
class Pauses:
    """The pauses in force, as (scope, key)."""

    in_force: frozenset[tuple[str, str]] = frozenset()

    def covers(self, *, client: str, mail_class: MailClass, brand: str) -> bool:
        """Whether a sender's mail waits. Mail that mailguard itself writes is not asked about here."""
        if not self.in_force:
            return False
        asked = ((Scope.ALL, ""), (Scope.CLIENT, storable(client)), (Scope.CLASS, mail_class.value), (Scope.BRAND, brand))
        return any((scope.value, key) in self.in_force for scope, key in asked)


@dataclass(frozen=True, slots=True)
class Paused:
    """A pause that is in force now; `was_new` unless it was before. `recipients`: whose mail has just begun to wait."""

    pause: Pause
    was_new: bool
    recipients: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """A pause that has ended (None: there was none), how many recipients' mail goes on, and the pauses that are left."""

    pause: Pause | None
    recipients: int
    left: tuple[Pause, ...]


# A DSN or a notice is nobody's mail of a class or brand: it waits where everything does, or where it is named.
_IS_OF: Final = {
    Scope.ALL: "? = ''",
    Scope.CLIENT: "m.client = ?",
    Scope.CLASS: f"m.client <> '{OWN_CLIENT}' AND m.mail_class = ?",
    Scope.BRAND: f"m.client <> '{OWN_CLIENT}' AND m.brand = ?",
}
_COVERING: Final = " OR ".join(
    f"(p.scope = '{scope.value}' AND {condition.replace('?', 'p.key')})" for scope, condition in _IS_OF.items()
)
_IS_COVERED: Final = f"EXISTS (SELECT 1 FROM message m CROSS JOIN pause p WHERE m.id = recipient.message AND ({_COVERING}))"  # noqa: S608

_READ = Statement("SELECT scope, key FROM pause")
_BEGIN = insert("pause", ("scope", "key", "at", "actor", "reason"), conflict="ON CONFLICT (scope, key) DO NOTHING")
_COVER = Statement(f"UPDATE recipient SET owner = '{PAUSED}' WHERE owner = '' AND {OPEN} AND {_IS_COVERED}")  # noqa: S608
_PAUSED = Lookup(
    {"id": "text"},
    f"SELECT m.id FROM k CROSS JOIN message m CROSS JOIN pause p WHERE m.id = k.id AND ({_COVERING})",  # noqa: S608
)
# Not `owner = ''`: by that SQLite would look through all that is nobody's, for each message.
_KEEP = Statement(f"UPDATE recipient SET owner = '{PAUSED}' WHERE message = ? AND length(owner) = 0 AND {OPEN}")  # noqa: S608
_COUNT = Statement(f"SELECT count(*) FROM recipient WHERE owner = '{PAUSED}' AND {OPEN}")  # noqa: S608
# Each pause gives the time back that it took; where two covered a mail, it has the more time.
_RESUME = {
    scope: Statement(
        f"""UPDATE recipient SET expires_at = expires_at + (? - CASE WHEN at > ? THEN at ELSE ? END),
        owner = CASE WHEN {_IS_COVERED} THEN owner ELSE '' END
        WHERE owner = '{PAUSED}' AND {OPEN}
        AND EXISTS (SELECT 1 FROM message m WHERE m.id = recipient.message AND {condition})"""  # noqa: S608
    )
    for scope, condition in _IS_OF.items()
}


def what(scope: Scope, key: str) -> str:
    """What a pause is of, in words."""
    return "everything" if scope is Scope.ALL else f"{scope} {key}"


def active(connection: Connection) -> Pauses:
    """The pauses in force: one look into a table that is empty nearly always."""
    return Pauses(frozenset((scope, key) for scope, key in _READ.fetch(connection)))


def listed(connection: Connection) -> tuple[Pause, ...]:
    """The pauses in force, the oldest first."""
    rows = connection.execute(select(PAUSE).order_by(PAUSE.c.at, PAUSE.c.scope, PAUSE.c.key))
    return tuple(Pause(Scope(row.scope), row.key, row.at, row.actor, row.reason) for row in rows)


def begin(connection: Connection, pause: Pause) -> Paused:
    """Have mail wait from now on, and what waits to leave; what workers have in memory they give up by themselves.

    Where it waits already, the pause stays as it was begun.
    """
    key = storable(pause.key)
    is_new = _BEGIN.run(connection, [(pause.scope.value, key, to_micros(pause.at), pause.actor, storable(pause.reason))]) > 0
    covered = cover(connection)
    (found,) = (one for one in listed(connection) if (one.scope, one.key) == (pause.scope, key))
    return Paused(found, is_new, covered)


def end(connection: Connection, scope: Scope, key: str, *, now: datetime) -> Resumed:
    """Let mail go on that no other pause covers; it has as much more time to be delivered as it waited."""
    key = storable(key)
    found = next((one for one in listed(connection) if (one.scope, one.key) == (scope, key)), None)
    if found is None:
        return Resumed(None, 0, listed(connection))
    connection.execute(delete(PAUSE).where(PAUSE.c.scope == scope.value, PAUSE.c.key == key))
    before, since = waiting_for_resume(connection), to_micros(found.at)
    _RESUME[scope].run(connection, [(to_micros(now), since, since, key)])
    return Resumed(found, before - waiting_for_resume(connection), listed(connection))


def cover(connection: Connection) -> int:
    """Pause what is nobody's and a pause covers; the number of recipients. Free where nothing is paused."""
    return _COVER.run(connection, [()]) if active(connection).in_force else 0


def paused(connection: Connection, messages: Collection[str]) -> frozenset[str]:
    """Those of these messages that a pause covers."""
    return frozenset(id for (id,) in _PAUSED.fetch(connection, [(id,) for id in messages]))


def keep(connection: Connection, messages: Collection[str]) -> int:
    """Pause what is nobody's of these messages and a pause covers; the number of recipients."""
    return _KEEP.run(connection, [(id,) for id in paused(connection, messages)])


def waiting_for_resume(connection: Connection) -> int:
    """How many recipients' mail is paused."""
    ((count,),) = _COUNT.fetch(connection)
    return int(count)
