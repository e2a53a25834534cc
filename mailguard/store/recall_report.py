"""Who got recalled mail, who may have, and who did not: read from what became of each recipient. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from mailguard.mail.header import MAX_HEADER_OCTETS
from mailguard.policy.facts import State
from mailguard.policy.parcel import Attempt
from mailguard.store.instant import from_micros
from mailguard.store.own_mail import OWN_CLIENT
from mailguard.store.plain_text import UNCERTAIN, attempts_from_json
from mailguard.store.recalls import targets
from mailguard.store.statement import Lookup, Statement
from mailguard.store.tables import RECALL

_COLUMNS = "message, n, mailbox, anchor, state, attempts"
# A header and an octet more: who asks for many mails is to hold none of their attachments in memory.
_ORIGINALS = Lookup(
    {"id": "text"},
    f"""SELECT m.id, m.client, m.message_id, m.subject, m.received_at, m.reverse_path,
    substr(c.octets, 1, {MAX_HEADER_OCTETS + 1})
    FROM k CROSS JOIN message m CROSS JOIN content c WHERE m.id = k.id AND c.message = m.id""",  # noqa: S608 - constants
)

_BY_KEY = Lookup(
    {"key": "text"},
    f"""SELECT m.key, m.id, m.template FROM k CROSS JOIN message m
    WHERE m.client = '{OWN_CLIENT}' AND m.key = k.key AND m.key IS NOT NULL""",  # noqa: S608 - constants
)

_IN_ORDER = "ORDER BY message, n"
_GOT = "state = 'delivered'"
_MAY_HAVE = "state NOT IN ('delivered', 'replayed') AND attempts LIKE ?"
_DID_NOT = "state NOT IN ('delivered', 'replayed', 'queued', 'deferred')"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of recalled mail. `attempt`: that by which it got the mail, or may have; None where it did not."""

    message: str
    n: int
    mailbox: str
    anchor: str
    state: State
    attempt: Attempt | None = None


@dataclass(frozen=True, slots=True)
class Drafted:
    """The draft of an apology in the ledger; `template` says for which recall."""

    id: str
    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A recalled mail as it was sent; `octets` begin with all of its header that can be read."""

    id: str
    client: str
    message_id: str
    subject: str
    received_at: datetime
    reverse_path: str
    octets: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A recall as it was asked for, and what has come of it.

    `messages` and `states` (recipients by state) are of all mail that it is about.
    """

    id: str
    at: datetime
    actor: str
    reason: str
    target: str
    messages: int
    states: dict[State, int]
    got: tuple[Recipient, ...]
    may_have: tuple[Recipient, ...]


def recalled(connection: Connection, recalls: Sequence[str]) -> Recalled:
    """What has come of the first of these recalls; counts and recipients are those of all of them."""
    row = connection.execute(select(RECALL).where(RECALL.c.id == recalls[0])).one()
    sql, ids = targets(recalls)
    counted = Statement(
        f"SELECT state, count(*) FROM recipient WHERE message IN ({sql}) AND state <> 'replayed' GROUP BY state"  # noqa: S608
    ).fetch(connection, *ids)
    ((messages,),) = Statement(f"SELECT count(DISTINCT t.key) FROM ({sql}) AS t").fetch(connection, *ids)  # noqa: S608
    return Recalled(
        id=row.id,
        at=row.at,
        actor=row.actor,
        reason=row.reason,
        target=row.target,
        messages=messages,
        states={State(state): count for state, count in counted},
        got=tuple(_found(connection, recalls, _GOT)),
        may_have=tuple(one for one in _found(connection, recalls, _MAY_HAVE, f"%{UNCERTAIN}%") if one.attempt is not None),
    )


def did_not_get(connection: Connection, recalls: Sequence[str]) -> Iterator[Recipient]:
    """Those who got nothing of these recalls, for certain; what a worker still has is not among them."""
    return (one for one in _found(connection, recalls, _DID_NOT) if one.attempt is None)


def sent(connection: Connection, messages: Collection[str]) -> dict[str, Sent]:
    """These messages by id, as far as their content is kept."""
    return {
        id: Sent(
            id=id,
            client=client,
            message_id=message_id,
            subject=subject,
            received_at=from_micros(received_at),
            reverse_path=reverse_path,
            octets=bytes(octets),
        )
        for id, client, message_id, subject, received_at, reverse_path, octets in _ORIGINALS.fetch(
            connection, [(id,) for id in messages]
        )
    }


def drafted(connection: Connection, keys: Collection[str]) -> dict[str, Drafted]:
    """The own mail that was written under these keys."""
    return {key: Drafted(id, template) for key, id, template in _BY_KEY.fetch(connection, [(key,) for key in keys])}


def _found(connection: Connection, recalls: Sequence[str], condition: str, *parameters: str) -> Iterator[Recipient]:
    sql, ids = targets(recalls)
    selection = f"SELECT {_COLUMNS} FROM recipient WHERE message IN ({sql}) AND {condition} {_IN_ORDER}"  # noqa: S608
    return (_recipient(row) for row in Statement(selection).fetch(connection, *ids, *parameters))


def _recipient(row: Sequence[Any]) -> Recipient:
    message, n, mailbox, anchor, state, attempts = row
    tries = attempts_from_json(attempts) if attempts and (state == State.DELIVERED or UNCERTAIN in attempts) else ()
    is_there = state == State.DELIVERED
    counting = [one for one in tries if is_there or one.is_uncertain]
    return Recipient(message, n, mailbox, anchor, State(state), counting[-1] if counting else None)
