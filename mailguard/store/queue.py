"""Mail on its way out: leased by a worker when it is due, finished by the one that had it.

Who is alive is for `workers` to say, what waits for a person for `holds`, what mailguard itself writes for `own_mail`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from mailguard.policy.history import COUNTED
from mailguard.policy.parcel import Outcome, Parcel
from mailguard.store.instant import to_micros
from mailguard.store.own_mail import OwnMail, put_own
from mailguard.store.parcels import MOST_OCTETS, parcels_of, places, read_parcels
from mailguard.store.plain_text import attempts_to_json
from mailguard.store.statement import Lookup, Statement
from mailguard.store.tables import IS_HELD, IS_OPEN, MESSAGE, RECIPIENT
from mailguard.store.workers import PAUSED, Worker, adopt_orphans, heartbeat, retire

__all__ = [
    "OwnMail",
    "Usage",
    "Worker",
    "adopt_orphans",
    "finish",
    "heartbeat",
    "lease",
    "next_due",
    "parcels_of",
    "places",
    "put_own",
    "retire",
    "usage",
]

# A delivery is a fact, whoever owns the recipient by now, and though a reply or a recall has stopped it meanwhile; for
# anything else the owner must still be who reports it. What was dropped or finished in between stays as it is.
_FINISH = Statement(
    """UPDATE recipient SET state = ?, attempts = ?, due_at = COALESCE(?, due_at), owner = ''
    WHERE message = ? AND n = ?
    AND (state IN ('queued', 'deferred') AND owner = ?
    OR state IN ('queued', 'deferred', 'held', 'cancelled') AND ? = 'delivered')"""
)

_FORGET = Statement("UPDATE recipient SET is_counted = FALSE WHERE message = ? AND n = ? AND state = ?")

_DISOWN = Statement("UPDATE recipient SET owner = '' WHERE owner = ? AND message = ? AND state IN ('queued', 'deferred')")

_MAILBOXES = Lookup(
    {"message": "text", "n": "integer"},
    "SELECT r.message, r.n, r.mailbox FROM k CROSS JOIN recipient r WHERE r.message = k.message AND r.n = k.n",
)

_OWN = Statement("UPDATE recipient SET owner = ? WHERE message = ? AND n = ?")


@dataclass(frozen=True, slots=True)
class Usage:
    """What the spool holds: recipients still to be delivered to, recipients held, and the messages and octets of both.

    `paused`: those of the queued that wait to be resumed.
    """

    queued: int
    held: int
    messages: int
    octets: int
    paused: int = 0


def finish(connection: Connection, outcomes: Sequence[Outcome], *, owner: str) -> None:
    """Write down what became of recipients that `owner` had; they are nobody's then."""
    _FINISH.run(connection, [_outcome_row(outcome, owner) for outcome in outcomes])
    ended = [outcome for outcome in outcomes if outcome.state not in COUNTED]
    _FORGET.run(connection, [(outcome.message, outcome.n, outcome.state.value) for outcome in ended])


def mailboxes_of(connection: Connection, places: Collection[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """The mailbox, in its wire form, of each of these recipients (message, ordinal) that there are."""
    return {(message, n): mailbox for message, n, mailbox in _MAILBOXES.fetch(connection, places)}


def still_open(connection: Connection, outcomes: Sequence[Outcome], *, owner: str) -> list[Outcome]:
    """Those of `outcomes` that `finish` will write: their recipients are `owner`'s and owed something still."""
    selection = select(RECIPIENT.c.message, RECIPIENT.c.n).where(RECIPIENT.c.owner == owner, IS_OPEN)
    rows = connection.execute(selection.where(RECIPIENT.c.message.in_({outcome.message for outcome in outcomes})))
    mine = {(row.message, row.n) for row in rows}
    return [outcome for outcome in outcomes if (outcome.message, outcome.n) in mine]


def lease(
    connection: Connection,
    *,
    owner: str,
    now: datetime,
    limit: int,
    most_octets: int = MOST_OCTETS,
    only_expired: bool = False,
) -> list[Parcel]:
    """What is due and nobody's becomes `owner`'s: at most `limit` recipients, longest due first, and about `most_octets`.

    `only_expired`: only what is past its time.
    """
    expired = (RECIPIENT.c.expires_at <= now,) if only_expired else ()
    parcels = read_parcels(
        connection,
        RECIPIENT.c.owner == "",
        RECIPIENT.c.due_at <= now,
        IS_OPEN,
        *expired,
        order_by=RECIPIENT.c.due_at,
        limit=limit,
        most_octets=most_octets,
    )
    _OWN.run(connection, [(owner, message, n) for message, n in places(parcels)])
    return parcels


def disown(connection: Connection, messages: Sequence[str], *, owner: str) -> int:
    """Let go of what `owner` is written down for in `messages`; it is due at once for whoever leases it."""
    return _DISOWN.run(connection, [(owner, message) for message in messages])


def next_due(connection: Connection) -> datetime | None:
    """When the next of the recipients that nobody has is due, None if there is none."""
    due = select(func.min(RECIPIENT.c.due_at)).where(RECIPIENT.c.owner == "", IS_OPEN)
    earliest: datetime | None = connection.execute(due).scalar_one()
    return earliest


def usage(connection: Connection) -> Usage:
    """What the spool holds now. Reads every waiting recipient: to be asked every few seconds, not with every mail."""
    count = select(func.count()).select_from(RECIPIENT)
    queued = connection.execute(count.where(IS_OPEN)).scalar_one()
    held = connection.execute(count.where(IS_HELD)).scalar_one()
    waiting = select(RECIPIENT.c.message).where(IS_OPEN).union(select(RECIPIENT.c.message).where(IS_HELD))
    totals = select(func.count(), func.coalesce(func.sum(MESSAGE.c.size), 0)).where(MESSAGE.c.id.in_(waiting))
    messages, octets = connection.execute(totals).one()
    paused = connection.execute(count.where(IS_OPEN, RECIPIENT.c.owner == PAUSED)).scalar_one()
    return Usage(queued, held, messages, int(octets), paused)


def _outcome_row(outcome: Outcome, owner: str) -> tuple[Any, ...]:
    due_at = None if outcome.due_at is None else to_micros(outcome.due_at)
    state = outcome.state.value
    return state, attempts_to_json(outcome.attempts), due_at, outcome.message, outcome.n, owner, state
