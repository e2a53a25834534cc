"""What came from customers' side: written once, whatever the number of copies, and found again.

What becomes of a reply is for `reply_moves`; what the hot path asks for `reply_lookup`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from mailguard.policy.reply import Kind, Reply, ReplyState, Tie
from mailguard.store.instant import to_micros
from mailguard.store.plain_text import storable
from mailguard.store.statement import Lookup, Statement, insert
from mailguard.store.tables import IS_OWED, REPLY

MOST_TEXT: Final = 64 * 1024
"""Characters that are kept of what was newly written."""

MOST_SHOWN: Final = 500
"""Replies of one answer, unless asked for otherwise."""

_COLUMNS = (
    "id",
    "key",
    "received_at",
    "written_at",
    "source",
    "kind",
    "detail",
    "state",
    "tie",
    "is_tied",
    "anchor",
    "mailbox",
    "message_id",
    "subject",
    "language",
    "text",
    "score",
    "answers",
    "answers_n",
    "thread",
    "conversation",
    "template",
    "facts",
    "brand",
    "due_at",
    "returns_at",
    "acknowledged_by",
    "resolved_by",
    "size",
)

# The unique index decides which of two copies is the first one.
_INSERT = insert("reply", _COLUMNS, conflict="ON CONFLICT (key) DO NOTHING")
_INSERT_CONTENT = insert("reply_content", ("reply", "octets"))
_BY_KEY = Lookup({"key": "bytea"}, "SELECT r.key, r.id, r.seq FROM k CROSS JOIN reply r WHERE r.key = k.key")
_CONTENT = Statement("SELECT octets FROM reply_content WHERE reply = ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReply:
    """A reply that was read and tied. `id` is a ULID, `key` 16 octets that all copies share.

    `anchor`: of the recipient whose mail it answers, else the canonical mailbox of From (which is `mailbox`), else "".
    `answers` and `answers_n`: the ledger's id of that mail, and the recipient; `template` and `facts` are that mail's.
    `thread`: the Message-IDs of its conversation. `text`: what was newly written. `content`: the mail as it came.
    `is_settled`: a human's, but nothing in it is to be answered. `is_owed`: False for a colleague's mail that went out, which
    has no state and counts for nobody. `is_trusted`: counts for the person though its tie is no proof: the operator says so.
    """

    id: str
    key: bytes
    received_at: datetime
    source: str
    kind: Kind
    tie: Tie
    size: int
    written_at: datetime | None = None
    detail: str = ""
    anchor: str = ""
    mailbox: str = ""
    message_id: str = ""
    subject: str = ""
    language: str = ""
    text: str = ""
    score: int | None = None
    answers: str = ""
    answers_n: int | None = None
    thread: tuple[str, ...] = ()
    conversation: str = ""
    template: str = ""
    facts: bytes = b""
    brand: str = ""
    due_at: datetime | None = None
    returns_at: datetime | None = None
    is_settled: bool = False
    is_owed: bool = True
    is_trusted: bool = False
    content: bytes = field(default=b"", repr=False)

    @property
    def speaks_for_person(self) -> bool:
        """Whether it counts for the person that it is tied to."""
        return self.is_trusted or self.tie.speaks_for_person


@dataclass(frozen=True, slots=True)
class Put:
    """Where a reply stands: its id, the first copy's where this one was not the first, and its place in the ledger."""

    id: str
    seq: int
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReply:
    """A reply as the ledger has it; see `tables.ReplyRow`. `state` None: nobody owes it an answer. `text` None: it is gone."""

    id: str
    seq: int
    received_at: datetime
    written_at: datetime | None
    source: str
    kind: Kind
    detail: str
    state: ReplyState | None
    tie: Tie
    is_tied: bool
    anchor: str
    mailbox: str
    message_id: str
    subject: str
    language: str
    text: str | None
    score: int | None
    answers: str
    answers_n: int | None
    thread: tuple[str, ...]
    conversation: str
    template: str
    facts: bytes
    brand: str
    due_at: datetime | None
    returns_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    resolved_at: datetime | None
    resolved_by: str
    size: int

    @property
    def as_seen_by_rules(self) -> Reply:
        """The reply as a rule sees it. Raises ValueError for one that is not a human's."""
        if self.state is None:
            raise ValueError(f"{self.id} is nobody's to answer")
        return Reply(
            id=self.id,
            seq=self.seq,
            at=self.received_at,
            state=self.state,
            tie=self.tie,
            message_id=self.message_id,
            answers=self.answers,
            template=self.template,
            facts=self.facts,
            thread=frozenset(self.thread),
            conversation=self.conversation,
            score=self.score,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which replies are meant; what is not given does not matter. `mailboxes` are canonical.

    `overdue_at`: owed and due before it. `anchors` and `mailboxes` together: either.
    """

    kinds: Collection[Kind] = ()
    states: Collection[ReplyState] = ()
    anchors: Collection[str] = ()
    mailboxes: Collection[str] = ()
    message_id: str = ""
    brand: str = ""
    since: datetime | None = None
    until: datetime | None = None
    overdue_at: datetime | None = None
    is_tied: bool | None = None

    @property
    def is_of_owed(self) -> bool:
        """Whether it means nothing but what is owed: few of very many, which have an index of their own."""
        return bool(self.states) and ReplyState.RESOLVED not in self.states


def put(connection: Connection, replies: Sequence[NewReply]) -> list[Put]:
    """Write `replies`, those that are not there yet; say of each where it stands."""
    _INSERT.run(connection, [_row(one) for one in replies])
    stands = {bytes(key): (id, seq) for key, id, seq in _BY_KEY.fetch(connection, [(one.key,) for one in replies])}
    found = [Put(*stands[one.key], is_new=stands[one.key][0] == one.id) for one in replies]
    # One for each, if an empty one: retention finds by it what still has words.
    new = [(one.id, one.content) for one, place in zip(replies, found, strict=True) if place.is_new]
    _INSERT_CONTENT.run(connection, new)
    return found


def find(connection: Connection, chosen: Filter, *, limit: int = MOST_SHOWN, by_due: bool = False) -> list[StoredReply]:
    """The replies that `chosen` means, the newest first; `by_due` and the overdue ones by their due time, none at the end."""
    due = (REPLY.c.due_at.is_(None), REPLY.c.due_at, REPLY.c.seq)
    # Sorted, where they are few: else SQLite reads all there are in the order of their numbers, until it has found so many.
    seq = REPLY.c.seq + 0 if chosen.is_of_owed else REPLY.c.seq
    order = due if by_due or chosen.overdue_at else (seq.desc(),)
    rows = connection.execute(select(REPLY).where(*_conditions(chosen)).order_by(*order).limit(limit))
    return [_stored(row) for row in rows]


def count(connection: Connection, chosen: Filter) -> int:
    """How many replies `chosen` means."""
    return connection.execute(select(func.count()).select_from(REPLY).where(*_conditions(chosen))).scalar_one()


def show(connection: Connection, id: str) -> StoredReply | None:
    """One reply by its id, None where there is none."""
    row = connection.execute(select(REPLY).where(REPLY.c.id == id)).first()
    return _stored(row) if row else None


def content_of(connection: Connection, id: str) -> bytes | None:
    """A reply as it came, octet for octet; None where it is gone."""
    rows = _CONTENT.fetch(connection, id)
    return bytes(rows[0][0]) if rows else None


def _conditions(chosen: Filter) -> list[ColumnElement[bool]]:
    return [*_of_what(chosen), *_of_whom(chosen), *_of_when(chosen)]


def _of_what(chosen: Filter) -> Iterator[ColumnElement[bool]]:
    if chosen.kinds:
        yield REPLY.c.kind.in_([kind.value for kind in chosen.kinds])
    if chosen.states:
        yield REPLY.c.state.in_([state.value for state in chosen.states])
        if chosen.is_of_owed:
            yield IS_OWED
    if chosen.message_id:
        yield REPLY.c.message_id == storable(chosen.message_id)
    if chosen.brand:
        yield REPLY.c.brand == chosen.brand
    if chosen.is_tied is not None:
        yield REPLY.c.is_tied.is_(chosen.is_tied)


def _of_whom(chosen: Filter) -> Iterator[ColumnElement[bool]]:
    of_anchors, of_mailboxes = REPLY.c.anchor.in_(chosen.anchors), REPLY.c.mailbox.in_(chosen.mailboxes)
    if chosen.anchors and chosen.mailboxes:
        yield or_(of_anchors, of_mailboxes)
    elif chosen.anchors:
        yield of_anchors
    elif chosen.mailboxes:
        yield of_mailboxes


def _of_when(chosen: Filter) -> Iterator[ColumnElement[bool]]:
    if chosen.since is not None:
        yield REPLY.c.received_at >= chosen.since
    if chosen.until is not None:
        yield REPLY.c.received_at < chosen.until
    if chosen.overdue_at is not None:
        yield and_(IS_OWED, REPLY.c.due_at < chosen.overdue_at)


def _row(one: NewReply) -> tuple[Any, ...]:
    return (
        one.id,
        one.key,
        to_micros(one.received_at),
        _micros(one.written_at),
        storable(one.source),
        one.kind.value,
        storable(one.detail),
        ReplyState.OPEN.value if one.kind is Kind.HUMAN and one.is_owed else "",
        one.tie.value,
        one.speaks_for_person and one.is_owed,
        one.anchor,
        one.mailbox,
        storable(one.message_id),
        storable(one.subject),
        one.language,
        _text(one.text),
        one.score,
        one.answers,
        one.answers_n,
        "\n".join(dict.fromkeys(storable(id) for id in one.thread)),
        storable(one.conversation),
        one.template,
        one.facts,
        one.brand,
        _micros(one.due_at),
        _micros(one.returns_at),
        "",
        "",
        one.size,
    )


def _micros(at: datetime | None) -> int | None:
    return None if at is None else to_micros(at)


def _text(text: str) -> str:
    """`text` as a column takes it: without NUL and lone surrogates, at most MOST_TEXT long."""
    return text[:MOST_TEXT].replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _stored(row: Row[Any]) -> StoredReply:
    kept = {name: value for name, value in row._mapping.items() if name != "key"}  # noqa: SLF001 - SQLAlchemy's name for it
    return StoredReply(
        **kept
        | {
            "kind": Kind(row.kind),
            "state": ReplyState(row.state) if row.state else None,
            "tie": Tie(row.tie),
            "thread": tuple(row.thread.split("\n")) if row.thread else (),
            "facts": bytes(row.facts),
        }
    )
