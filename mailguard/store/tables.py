"""The tables of the ledger. Rows never leave `store/`; how they come to be in a database is for `migrations/` to say.

Every write happens under one lock (`database`), so no foreign keys and no locks on rows are needed, and each index here is
paid by a query that would otherwise not be bounded: beside it stands which.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Index, Integer, LargeBinary, Table, Text, literal_column, text
from sqlmodel import Field, SQLModel

from mailguard.store.instant import Instant

Plain = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared octet by octet: ids and mailboxes need no language's order of letters."""

Ordinal = BigInteger().with_variant(Integer, "sqlite")
"""A number that grows with every row. SQLite's own row number, where a column of this type is the primary key."""

OPEN = "state IN ('queued', 'deferred')"
"""Recipients that a delivery still owes something."""

HELD = "state = 'held'"
"""Recipients that wait for a person."""


IS_OPEN: ColumnElement[Any] = literal_column(OPEN)
IS_HELD: ColumnElement[Any] = literal_column(HELD)
"""The same as conditions. Literally, and of no type: SQLAlchemy would compare a boolean with 1, and SQLite's planner takes an
index that holds nothing else only for exactly these words."""


def _plain() -> Column[str]:
    return Column(Plain, nullable=False)


class MessageRow(SQLModel, table=True):
    """One message, or one replay of a message (`is_replay`: nothing of it leaves, it has no content).

    `seq` is the order of commits, which the ids, made before, are not. `findings` is JSON, null where there are none; `key`
    null where the sender gave none. `audience`: the hash of the outside visible mailboxes where they are an audience.
    `is_shadow`: decided otherwise, but delivered, because the policy's mode is `shadow`.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index("message_by_id", "id", unique=True),
        # gather: parts and replays. `is_replay` so that a thousand replays cost no more than one.
        Index("message_by_message_id", "message_id", "digest", "is_replay"),
        # gather: idempotency keys.
        Index(
            "message_by_key",
            "client",
            "key",
            unique=True,
            sqlite_where=text("key IS NOT NULL"),
            postgresql_where=text("key IS NOT NULL"),
        ),
        # log, stats and retention: since when, until when.
        Index("message_by_time", "received_at"),
    )

    seq: int | None = Field(default=None, sa_column=Column(Ordinal, primary_key=True))
    id: str = Field(sa_column=_plain())
    received_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    client: str = Field(sa_column=_plain())
    reverse_path: str = Field(sa_column=_plain())
    message_id: str = Field(sa_column=_plain())
    subject: str = Field(sa_column=_plain())
    mail_class: str = Field(sa_column=_plain())
    template: str = Field(sa_column=_plain())
    action: str = Field(sa_column=_plain())
    answer: str = Field(sa_column=_plain())
    findings: str | None = Field(sa_column=Column(Plain))
    key: str | None = Field(sa_column=Column(Plain))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    text: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    facts: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    core: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    audience: bytes | None = Field(sa_column=Column(LargeBinary))
    size: int = Field(sa_column=Column(Integer, nullable=False))
    hidden_outside: int = Field(sa_column=Column(Integer, nullable=False))
    is_replay: bool
    is_shadow: bool
    is_automatic: bool
    body: str = Field(sa_column=_plain())
    smtputf8: bool
    ret: str = Field(sa_column=_plain())
    envid: str = Field(sa_column=_plain())


class ContentRow(SQLModel, table=True):
    """What leaves of a message, octet for octet, trace field included; gone after retention."""

    __tablename__ = "content"

    message: str = Field(sa_column=Column(Plain, primary_key=True))
    octets: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class RecipientRow(SQLModel, table=True):
    """One recipient of one message.

    `findings` is JSON, null where they are the message's. `probability` null is 1; `reverse_path` null is the message's.
    `joins`: the held message that this one is a repeat of. `owner`: the worker that has it in memory, "" for none.
    `due_at` is set for what a delivery still owes something, `attempts` is JSON, null where there were none. After
    `expires_at` a queued or deferred one fails and a held one expires. `is_counted`: a later mail may repeat this one
    (its state is in `policy.history.COUNTED`, and it joins no other); no expression, so that a delivery leaves its index be.
    """

    __tablename__ = "recipient"
    __table_args__ = (
        # gather: what this person was sent about the same facts, newest first; `is_counted` so that a sender who repeats
        # itself a thousand times, and is refused each time, costs no more than once. `log --person` uses its beginning.
        Index("recipient_by_person", "person", "facts", "is_counted", "at"),
        # lease, adopt, usage: as large as the queue, so nearly free. `expires_at` for leasing only what has expired.
        Index("recipient_open", "owner", "due_at", "expires_at", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        # the holds, and when they expire.
        Index("recipient_held", "expires_at", sqlite_where=text(HELD), postgresql_where=text(HELD)),
        # the repeats that wait with a held mail.
        Index(
            "recipient_joined",
            "joins",
            sqlite_where=text("joins IS NOT NULL"),
            postgresql_where=text("joins IS NOT NULL"),
        ),
    )

    message: str = Field(sa_column=Column(Plain, primary_key=True))
    n: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    mailbox: str = Field(sa_column=_plain())
    person: str = Field(sa_column=_plain())
    probability: float | None
    action: str = Field(sa_column=_plain())
    state: str = Field(sa_column=_plain())
    findings: str | None = Field(sa_column=Column(Plain))
    joins: str | None = Field(sa_column=Column(Plain))
    notify: str = Field(sa_column=_plain())
    orcpt: str = Field(sa_column=_plain())
    reverse_path: str | None = Field(sa_column=Column(Plain))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    facts: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    due_at: datetime | None = Field(sa_column=Column(Instant))
    owner: str = Field(sa_column=_plain())
    attempts: str | None = Field(sa_column=Column(Plain))
    expires_at: datetime | None = Field(sa_column=Column(Instant))
    is_counted: bool


class ReachRow(SQLModel, table=True):
    """To whom a text (bulk) or a text with its facts went last. Emptied behind the fan-out window, so it stays small."""

    __tablename__ = "reach"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    person: str = Field(sa_column=Column(Plain, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))


class WordingRow(SQLModel, table=True):
    """When a text was seen first and, to the day, last; and when a clerk last released a mail with it."""

    __tablename__ = "wording"
    __table_args__ = ({"sqlite_with_rowid": False},)

    text: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    first_seen: datetime = Field(sa_column=Column(Instant, nullable=False))
    last_seen: datetime = Field(sa_column=Column(Instant, nullable=False))
    released_at: datetime | None = Field(sa_column=Column(Instant))


class AudienceRow(SQLModel, table=True):
    """A set of outside mailboxes that saw each other: last written to when, and the message found stale with it, or ""."""

    __tablename__ = "audience"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    last_written_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    stale_id: str = Field(sa_column=_plain())


class SuppressionRow(SQLModel, table=True):
    """A person who gets no mail (of some classes), since when, and why."""

    __tablename__ = "suppression"

    person: str = Field(sa_column=Column(Plain, primary_key=True))
    suppression: str = Field(sa_column=_plain())
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    actor: str = Field(sa_column=_plain())
    reason: str = Field(sa_column=_plain())


class WorkerRow(SQLModel, table=True):
    """A process that owns mail until `lease_until`. `host` names the machine's boot and the process namespace, too."""

    __tablename__ = "worker"

    id: str = Field(sa_column=Column(Plain, primary_key=True))
    host: str = Field(sa_column=_plain())
    pid: int = Field(sa_column=Column(Integer, nullable=False))
    ticks: int = Field(sa_column=Column(BigInteger, nullable=False))
    lease_until: datetime = Field(sa_column=Column(Instant, nullable=False))


class EventRow(SQLModel, table=True):
    """What a person (or the clock) did to a recipient's mail after it was decided, and why."""

    __tablename__ = "event"
    __table_args__ = (Index("event_by_message", "message"),)

    seq: int | None = Field(default=None, sa_column=Column(Ordinal, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    message: str = Field(sa_column=_plain())
    n: int = Field(sa_column=Column(Integer, nullable=False))
    actor: str = Field(sa_column=_plain())
    verb: str = Field(sa_column=_plain())
    reason: str = Field(sa_column=_plain())


class NoticeRow(SQLModel, table=True):
    """When the operators were last told of mail that waits for a cause (a finding's code)."""

    __tablename__ = "notice"

    cause: str = Field(sa_column=Column(Plain, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))


def _table(row: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(row.__tablename__)]


MESSAGE = _table(MessageRow)
CONTENT = _table(ContentRow)
RECIPIENT = _table(RecipientRow)
REACH = _table(ReachRow)
WORDING = _table(WordingRow)
AUDIENCE = _table(AudienceRow)
SUPPRESSION = _table(SuppressionRow)
WORKER = _table(WorkerRow)
EVENT = _table(EventRow)
NOTICE = _table(NoticeRow)
