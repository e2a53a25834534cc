"""Taking mail back: what is stopped from now on, and what is cancelled of it.

Everything is done to sets of rows by the database, whatever their number. What a worker has in memory is left to it: it is
cancelled when the worker has given it up, by whoever sees that first. Who got a recalled mail is for `recall_report` to say.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Connection, String, and_, delete, exists, insert, literal, or_, select, update
from ulid import ULID

from mailguard.policy.recall_key import BETWEEN, RecallScope
from mailguard.store.filter import is_named, is_one_of
from mailguard.store.instant import to_micros
from mailguard.store.own_mail import OWN_CLIENT
from mailguard.store.plain_text import storable
from mailguard.store.recall_lookup import newest_recall, recalled_among
from mailguard.store.statement import Statement
from mailguard.store.statement import insert as insert_into
from mailguard.store.tables import BROADCAST, MESSAGE, RECALL, RECALLED
from mailguard.store.workers import PAUSED

MOST_AT_ONCE: Final = 5_000
"""Recipients that are no longer counted, in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Which mail is taken back: what is named, and what meets the filter, all of which must hold.

    `names`: ids, or Message-IDs in angle brackets; `broadcasts`: ids. `sender`: a reverse-path, its domain, or a client's name.
    `since`: received then or later.
    """

    names: tuple[str, ...] = ()
    broadcasts: tuple[str, ...] = ()
    sender: str = ""
    client: str = ""
    template: str = ""
    since: datetime | None = None

    @property
    def is_filter(self) -> bool:
        """Whether mail is meant by what it is."""
        return bool(self.sender or self.client or self.template or self.since)

    @property
    def means_nothing(self) -> bool:
        """Whether nothing is given."""
        return not (self.names or self.broadcasts or self.is_filter)

    @property
    def words(self) -> tuple[str, ...]:
        """It as it was given, piece by piece."""
        asked = {"sender": self.sender, "client": self.client, "template": self.template}
        if self.since is not None:
            asked["since"] = self.since.isoformat()
        return (
            *self.names,
            *(f"broadcast {id}" for id in self.broadcasts),
            *(f"{name} {value}" for name, value in asked.items() if value),
        )


@dataclass(frozen=True, slots=True)
class Order:
    """Who takes mail back, when and why."""

    at: datetime
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A recall that is in force. `ids`: it, and earlier ones that had taken back some of the same mail, the newest first.

    `is_new`: something of it was not taken back before. `unknown`: names that are in no ledger.
    """

    ids: tuple[str, ...]
    is_new: bool
    unknown: tuple[str, ...]

    @property
    def id(self) -> str:
        """The recall's own id."""
        return self.ids[0]


TARGETS: Final = """SELECT d.key FROM recalled d WHERE d.recall IN ({0}) AND d.scope = 'message'
    UNION ALL SELECT m.id FROM recalled d CROSS JOIN message m
    WHERE d.recall IN ({0}) AND d.scope = 'broadcast' AND m.broadcast = d.key AND m.broadcast IS NOT NULL"""
"""The messages of recalls, `{0}` of them: their ids are given twice."""

_STOPPABLE: Final = f"(state = 'held' OR state IN ('queued', 'deferred') AND owner IN ('', '{PAUSED}'))"
_CANCEL: Final = "UPDATE recipient SET state = 'cancelled', due_at = NULL, owner = ''"

_CANCEL_OF = Statement(f"{_CANCEL}, is_counted = FALSE WHERE message = ? AND {_STOPPABLE}")
_UNCOUNT = Statement("UPDATE recipient SET is_counted = FALSE WHERE message = ? AND n = ? AND state = 'cancelled'")

_MARK = insert_into(
    "recalled", ("scope", "key", "recall", "at"), conflict="ON CONFLICT (scope, key) DO UPDATE SET recall = excluded.recall"
)
_SEND_NO_MORE = Statement(
    """INSERT INTO recalled (scope, key, recall, at)
    SELECT DISTINCT 'sent', m.client || CAST(? AS TEXT) || m.message_id, CAST(? AS TEXT), CAST(? AS BIGINT)
    FROM recalled d CROSS JOIN message m WHERE d.recall = ? AND d.scope = 'message' AND m.id = d.key
    ON CONFLICT (scope, key) DO UPDATE SET recall = excluded.recall, at = excluded.at"""
)

IS_RECALLED: Final = or_(
    exists().where(RECALLED.c.scope == RecallScope.MESSAGE, RECALLED.c.key == MESSAGE.c.id),
    and_(
        MESSAGE.c.broadcast.is_not(None),
        exists().where(RECALLED.c.scope == RecallScope.BROADCAST, RECALLED.c.key == MESSAGE.c.broadcast),
    ),
)
"""A message that was taken back, or its broadcast."""


def targets(recalls: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """SQL of the ids of all messages that these recalls are about, and its parameters."""
    return TARGETS.format(", ".join("?" for _ in recalls)), (*recalls, *recalls)


def begin(connection: Connection, target: Target, order: Order) -> Begun | None:
    """Stop what is meant: from now on nobody leases it, and what comes of it is too late. None where there is no such mail.

    A message that is named takes with it all that its client sent as the same Message-ID. Mail that mailguard itself wrote is
    meant by no filter that does not name it as the client.
    """
    id = _next_id(connection, order.at)
    meant, unknown = _meant(connection, target)
    for condition in meant:
        _mark_messages(connection, condition, id, order.at)
    _mark_broadcasts(connection, target.broadcasts, id, order.at)
    is_new = bool(connection.execute(select(exists().where(RECALLED.c.recall == id))).scalar_one())
    if is_new:
        _SEND_NO_MORE.run(connection, [(BETWEEN, id, to_micros(order.at), id)])
        row = {
            "id": id,
            "at": order.at,
            "actor": order.actor,
            "reason": storable(order.reason),
            "target": storable(", ".join(target.words)),
        }
        connection.execute(insert(RECALL).values(cancelled=0, **row))
    ids = tuple(sorted(_recalls_of(connection, meant, target.broadcasts), reverse=True))
    known = set(connection.scalars(select(BROADCAST.c.id).where(BROADCAST.c.id.in_(target.broadcasts))))
    unknown += tuple(one for one in target.broadcasts if one not in known)
    return Begun(ids, is_new, unknown) if ids else None


def cancel(connection: Connection, recalls: Sequence[str]) -> int:
    """Cancel what waits for a person, for a next hop or to be resumed, of these recalls; the number of recipients.

    On SQLite they lose `is_counted` later (`uncount`), for its indexes cost three times as much as the rest; PostgreSQL writes
    the whole row anyway. Nothing rests on them now.
    """
    sql, ids = targets(recalls)
    change = _CANCEL if connection.dialect.name == "sqlite" else f"{_CANCEL}, is_counted = FALSE"
    return Statement(f"{change} WHERE message IN ({sql}) AND {_STOPPABLE}").run(connection, [ids])


def cancel_among(connection: Connection, messages: Collection[str]) -> frozenset[str]:
    """Cancel what waits of those of these messages that were taken back, and return these."""
    recalled = recalled_among(connection, messages)
    _CANCEL_OF.run(connection, [(id,) for id in recalled])
    return recalled


def under_way(connection: Connection, recalls: Sequence[str]) -> tuple[int, int]:
    """How many recipients of these recalls some worker has, and how many wait that are still to be cancelled."""
    sql, ids = targets(recalls)
    owned = f"count(CASE WHEN state IN ('queued', 'deferred') AND owner NOT IN ('', '{PAUSED}') THEN 1 END)"
    counts = Statement(f"SELECT {owned}, count(CASE WHEN {_STOPPABLE} THEN 1 END) FROM recipient WHERE message IN ({sql})")  # noqa: S608
    ((under_way, waiting),) = counts.fetch(connection, *ids)
    return int(under_way), int(waiting)


def counted(connection: Connection, recalls: Sequence[str]) -> list[list[tuple[str, int]]]:
    """The recipients whose cancelled mail is still counted as sent, in pieces for `uncount`."""
    sql, ids = targets(recalls)
    found = Statement(
        f"SELECT message, n FROM recipient WHERE message IN ({sql}) AND state = 'cancelled' AND is_counted = TRUE"  # noqa: S608
    ).fetch(connection, *ids)
    return [list(map(tuple, found[begin : begin + MOST_AT_ONCE])) for begin in range(0, len(found), MOST_AT_ONCE)]


def uncount(connection: Connection, places: Sequence[tuple[str, int]]) -> None:
    """Let cancelled mail be nothing that a later mail repeats."""
    _UNCOUNT.run(connection, places)


def finish(connection: Connection, id: str, *, cancelled: int, apology: str, report: str) -> None:
    """Keep what came of a recall: how many were cancelled, the first of the drafts ("" for none), and its counts as JSON."""
    row = {"cancelled": cancelled, "apology": apology or None, "report": report}
    connection.execute(update(RECALL).where(RECALL.c.id == id).values(row))


def extend_report(connection: Connection, id: str, more: Mapping[str, Any]) -> None:
    """Keep more of what came of a recall, beside its counts."""
    report = connection.execute(select(RECALL.c.report).where(RECALL.c.id == id)).scalar_one()
    row = {"report": json.dumps({**json.loads(report or "{}"), **more})}
    connection.execute(update(RECALL).where(RECALL.c.id == id).values(row))


def purge(connection: Connection, before: datetime) -> None:
    """Forget recalls that are older than the ledger."""
    if connection.execute(select(exists().where(RECALL.c.at < before))).scalar_one():
        connection.execute(delete(RECALL).where(RECALL.c.at < before))
        connection.execute(delete(RECALLED).where(RECALLED.c.recall.not_in(select(RECALL.c.id))))


def _next_id(connection: Connection, at: datetime) -> str:
    """An id beyond that of every recall so far: by it a worker sees that there is one more, whatever the clocks say."""
    newest, id = newest_recall(connection), str(ULID.from_datetime(at))
    return id if id > newest else str(ULID.from_int(int(ULID.from_str(newest)) + 1))


def _meant(connection: Connection, target: Target) -> tuple[list[ColumnElement[bool]], tuple[str, ...]]:
    """What holds for messages that are meant, and the names that mean none."""
    rows = connection.execute(select(MESSAGE.c.id, MESSAGE.c.client, MESSAGE.c.message_id).where(is_one_of(target.names))).all()
    unknown = (name for name in target.names if not any(is_named(name, id=row.id, message_id=row.message_id) for row in rows))
    sent = dict.fromkeys((row.client, row.message_id) for row in rows)
    meant = [and_(MESSAGE.c.message_id == message_id, MESSAGE.c.client == client) for client, message_id in sent]
    return [*meant, *([and_(*_conditions(target))] if target.is_filter else [])], tuple(unknown)


def _conditions(target: Target) -> Iterator[ColumnElement[bool]]:
    """What holds for a message that the filter means."""
    if target.sender:
        domain = MESSAGE.c.reverse_path.endswith(f"@{target.sender}", autoescape=True)
        yield or_(MESSAGE.c.reverse_path == target.sender, domain, MESSAGE.c.client == target.sender)
    if target.template:
        yield MESSAGE.c.template == target.template
    if target.since:
        yield MESSAGE.c.received_at >= target.since
    yield MESSAGE.c.client == target.client if target.client else MESSAGE.c.client != OWN_CLIENT


def _mark_messages(connection: Connection, condition: ColumnElement[bool], id: str, at: datetime) -> None:
    """Write down the messages that were not taken back before."""
    fresh = select(
        literal(RecallScope.MESSAGE.value, String), MESSAGE.c.id, literal(id, String), literal(to_micros(at), BigInteger)
    )
    fresh = fresh.where(condition, MESSAGE.c.is_replay.is_(False), ~IS_RECALLED)
    columns = ["scope", "key", "recall", "at"]
    connection.execute(insert(RECALLED).from_select(columns, fresh))


def _mark_broadcasts(connection: Connection, ids: Sequence[str], id: str, at: datetime) -> None:
    """Write down the broadcasts that were not taken back before."""
    fresh = select(BROADCAST.c.id).where(BROADCAST.c.id.in_(ids), BROADCAST.c.recalled_at.is_(None))
    found = list(connection.scalars(fresh))
    _MARK.run(connection, [(RecallScope.BROADCAST.value, broadcast, id, to_micros(at)) for broadcast in found])
    connection.execute(update(BROADCAST).where(BROADCAST.c.id.in_(found)).values(recalled_at=at))


def _recalls_of(connection: Connection, meant: Sequence[ColumnElement[bool]], broadcasts: Sequence[str]) -> set[str]:
    """The recalls that have taken back what is meant."""
    own = and_(RECALLED.c.scope == RecallScope.MESSAGE, RECALLED.c.key == MESSAGE.c.id)
    whole = and_(
        MESSAGE.c.broadcast.is_not(None), RECALLED.c.scope == RecallScope.BROADCAST, RECALLED.c.key == MESSAGE.c.broadcast
    )
    found = set(
        connection.scalars(
            select(RECALLED.c.recall).where(RECALLED.c.scope == RecallScope.BROADCAST, RECALLED.c.key.in_(broadcasts))
        )
    )
    for condition in meant:
        for link in (own, whole):
            found |= set(connection.scalars(select(RECALLED.c.recall).distinct().join(MESSAGE, link).where(condition)))
    return found
