"""The tables: the ledger's, records and persons, replies, broadcasts. Rows never leave `store/`; `migrations/` makes them.

All of them stand in one file, for the schema to be read as a whole. Every write happens under one lock (`database`),
so no foreign keys and no locks on rows are needed, and each index here is paid by a query that would otherwise not be bounded:
beside it stands which.
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

CLAIMED = "claimed_by <> ''"
"""Questions that a clerk has on the screen, or had."""

COUNTED = "is_counted = TRUE"
"""Recipients that were sent something, or will be."""

FORGOTTEN = "forgotten_by IS NOT NULL"
"""Records that were erased."""

OWED = "state IN ('open', 'acknowledged')"
"""Replies that somebody still owes something."""

AUTO_REPLIED = "acknowledged_by = 'auto-replied'"
"""Replies whose sign of life was sent by a program."""


OF_BROADCAST = "broadcast IS NOT NULL"
"""Messages that came with the token of a broadcast."""

UNANNOUNCED = "done_at IS NULL"
"""What a webhook was not told yet."""


IS_OPEN: ColumnElement[Any] = literal_column(OPEN)
IS_HELD: ColumnElement[Any] = literal_column(HELD)
IS_OWED: ColumnElement[Any] = literal_column(OWED)
"""The same as conditions. Literally, and of no type: SQLAlchemy would compare a boolean with 1, and SQLite's planner takes an
index that holds nothing else only for exactly these words."""


def _plain() -> Column[str]:
    return Column(Plain, nullable=False)


def _ordinal() -> Column[int]:
    return Column(Ordinal, nullable=False)


def _key() -> Column[int]:
    """A record, as part of a primary key."""
    return Column(Ordinal, primary_key=True, autoincrement=False)


class MessageRow(SQLModel, table=True):
    """One message, or one replay of a message (`is_replay`: nothing of it leaves, it has no content).

    `seq` is the order of commits, which the ids, made before, are not. `findings` is JSON, null where there are none; `key`
    null where the sender gave none. `audience`: the hash of the outside visible mailboxes where they are an audience.
    `is_shadow`: decided otherwise, but delivered, because the policy's mode is `shadow`. `asks`: the fields that it asks for,
    by commas; `answers` and `thread`: the Message-IDs of its In-Reply-To, and of its References after them, one a line; null
    where there are none. `broadcast`: the one whose token it brought, null where it brought none that held; `brand`: that of
    its client, null for none.
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
        # what was sent of a broadcast, and its recall.
        Index(
            "message_by_broadcast",
            "broadcast",
            sqlite_where=text(OF_BROADCAST),
            postgresql_where=text(OF_BROADCAST),
        ),
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
    asks: str | None = Field(sa_column=Column(Plain))
    answers: str | None = Field(sa_column=Column(Plain))
    thread: str | None = Field(sa_column=Column(Plain))
    broadcast: str | None = Field(sa_column=Column(Plain))
    brand: str | None = Field(sa_column=Column(Plain))


class ContentRow(SQLModel, table=True):
    """What leaves of a message, octet for octet, trace field included; gone after retention."""

    __tablename__ = "content"

    message: str = Field(sa_column=Column(Plain, primary_key=True))
    octets: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class RecipientRow(SQLModel, table=True):
    """One recipient of one message.

    `anchor` is what the history of a person hangs on: the canonical mailbox, or `R<record>` where several persons share the
    mailbox and it was known whose the mail is. It stays as it was when records are joined to persons or taken apart. `person`:
    the person's id as it was when the mail came, null where it is the anchor.
    `findings` is JSON, null where they are the message's. `probability` null is 1; `reverse_path` null is the message's.
    `joins`: the held message that this one is a repeat of. `owner`: the worker that has it in memory, "" for none.
    `due_at` is set for what a delivery still owes something, `attempts` is JSON, null where there were none. After
    `expires_at` a queued or deferred one fails and a held one expires. `is_counted`: a later mail may repeat this one
    (its state is in `policy.history.COUNTED`, and it joins no other); no expression, so that a delivery leaves its index be.
    `reply_aware`: the value of the field Mailguard-Reply-Aware, null where the next hop gets none.
    """

    __tablename__ = "recipient"
    __table_args__ = (
        # gather: what was sent to this anchor about the same facts, newest first; `is_counted` so that a sender who repeats
        # itself a thousand times, and is refused each time, costs no more than once. `log --person` uses its beginning.
        Index("recipient_by_anchor", "anchor", "facts", "is_counted", "at"),
        # what was sent to this anchor last, however much it was sent.
        Index("recipient_by_time", "anchor", "at", sqlite_where=text(COUNTED), postgresql_where=text(COUNTED)),
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
    anchor: str = Field(sa_column=_plain())
    person: str | None = Field(sa_column=Column(Plain))
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
    reply_aware: str | None = Field(sa_column=Column(Plain))


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
    """A person who gets no mail (of some classes), since when, and why; each reason by itself, for they end by themselves."""

    __tablename__ = "suppression"

    person: str = Field(sa_column=Column(Plain, primary_key=True))
    suppression: str = Field(sa_column=Column(Plain, primary_key=True))
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


class RecordRow(SQLModel, table=True):
    """One customer record in the form in which it is compared (`identity.standard`); `mailboxes` one a line.

    `id` counts up without a gap. `person` is the id of the oldest record of the same person, 0 for nobody's. Of a forgotten
    record nothing is left but the number, who had it erased, and a hash of its key, so that an import does not bring it back.
    """

    __tablename__ = "record"
    __table_args__ = (
        # import: is it there already; `crm:4711`.
        Index("record_by_key", "source", "source_key", unique=True),
        # the records of a person.
        Index("record_by_person", "person"),
        # the number of records, without counting them.
        Index("record_forgotten", "id", sqlite_where=text(FORGOTTEN), postgresql_where=text(FORGOTTEN)),
    )

    id: int = Field(sa_column=Column(Ordinal, primary_key=True, autoincrement=False))
    person: int = Field(sa_column=_ordinal())
    source: str = Field(sa_column=_plain())
    source_key: str = Field(sa_column=_plain())
    updated_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    forgotten_by: str | None = Field(sa_column=Column(Plain))
    given: str = Field(sa_column=_plain())
    middle: str = Field(sa_column=_plain())
    surname: str = Field(sa_column=_plain())
    born: str = Field(sa_column=_plain())
    phone: str = Field(sa_column=_plain())
    number: str = Field(sa_column=_plain())
    street: str = Field(sa_column=_plain())
    city: str = Field(sa_column=_plain())
    postcode: str = Field(sa_column=_plain())
    state: str = Field(sa_column=_plain())
    country: str = Field(sa_column=_plain())
    mailboxes: str = Field(sa_column=_plain())


class OriginalRow(SQLModel, table=True):
    """A record as its source gave it: JSON, apart from what is compared, which is read a million at a time."""

    __tablename__ = "original"

    record: int = Field(sa_column=_key())
    fields: str = Field(sa_column=_plain())


class MailboxRow(SQLModel, table=True):
    """Which records have a canonical mailbox. What a record has stands in its own row."""

    __tablename__ = "mailbox"
    __table_args__ = ({"sqlite_with_rowid": False},)

    mailbox: str = Field(sa_column=Column(Plain, primary_key=True))
    record: int = Field(sa_column=_key())


class BlockingKeyRow(SQLModel, table=True):
    """Which records have a blocking key (`identity.blocking`). What keys a record has follows from its own row."""

    __tablename__ = "blocking_key"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    record: int = Field(sa_column=_key())


class UnlinkedRow(SQLModel, table=True):
    """Records that are new or have changed and were not compared with the others since."""

    __tablename__ = "unlinked"

    record: int = Field(sa_column=_key())


class LinkRow(SQLModel, table=True):
    """A pair of records (a < b) that may be one person, scored by a machine. `levels`: an octet a comparison, level + 1."""

    __tablename__ = "link"
    __table_args__ = (Index("link_by_b", "b"), {"sqlite_with_rowid": False})

    a: int = Field(sa_column=_key())
    b: int = Field(sa_column=_key())
    probability: float
    match_weight: float
    levels: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    origin: str = Field(sa_column=_plain())
    at: datetime = Field(sa_column=Column(Instant, nullable=False))


class VerdictRow(SQLModel, table=True):
    """What a clerk said of a pair of records (a < b). Never rewritten: the newest that is not undone counts.

    `probability`: what the machine had thought, null where it had not looked.
    """

    __tablename__ = "verdict"
    __table_args__ = (Index("verdict_by_a", "a", "b"), Index("verdict_by_b", "b"))

    seq: int | None = Field(default=None, sa_column=Column(Ordinal, primary_key=True))
    a: int = Field(sa_column=_ordinal())
    b: int = Field(sa_column=_ordinal())
    answer: str = Field(sa_column=_plain())
    actor: str = Field(sa_column=_plain())
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    reason: str = Field(sa_column=_plain())
    probability: float | None
    undone_at: datetime | None = Field(sa_column=Column(Instant))
    undone_by: str | None = Field(sa_column=Column(Plain))


class QuestionRow(SQLModel, table=True):
    """A pair of records (a < b) for a clerk to decide. `is_bridge`: it would join two groups that speak against it.

    `value`: what is most worth asking is asked first. `claimed_by` has it on the screen until `claimed_until`.
    """

    __tablename__ = "question"
    __table_args__ = (
        Index("question_by_b", "b"),
        # the next question, the most valuable first.
        Index("question_by_value", "state", "value"),
        # what a clerk has on the screen.
        Index("question_claimed", "claimed_by", sqlite_where=text(CLAIMED), postgresql_where=text(CLAIMED)),
    )

    a: int = Field(sa_column=_key())
    b: int = Field(sa_column=_key())
    probability: float
    match_weight: float
    is_bridge: bool
    value: float
    state: str = Field(sa_column=_plain())
    claimed_by: str = Field(sa_column=_plain())
    claimed_until: datetime | None = Field(sa_column=Column(Instant))


class ParametersRow(SQLModel, table=True):
    """What the model has learnt, as JSON: the set in use, sets that were, and one that is only proposed."""

    __tablename__ = "parameters"

    version: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    origin: str = Field(sa_column=_plain())
    state: str = Field(sa_column=_plain())
    document: str = Field(sa_column=_plain())


class ReplyRow(SQLModel, table=True):
    """One mail that came from customers' side (`policy.reply`); `key` makes it one, whatever the number of its copies.

    `seq` is the order of commits. `state` is "" for what nobody owes an answer. `anchor`: that of the recipient whose mail it
    answers, else the canonical mailbox of From, which is `mailbox`; "" where there is none. `text`: what was newly written,
    null when retention has taken it. `answers`: the ledger's id of the mail that it answers, or "", and `answers_n` the
    recipient; `template` and `facts` are that mail's. `thread`: the Message-IDs of its conversation, one a line, and
    `conversation` the one that began it.
    """

    __tablename__ = "reply"
    __table_args__ = (
        Index("reply_by_id", "id", unique=True),
        # one mail is taken in once.
        Index("reply_by_key", "key", unique=True),
        # mail that answers a reply.
        Index("reply_by_message_id", "message_id"),
        # the newest of a person; all of a person, for showing and erasing.
        Index("reply_by_anchor", "anchor", "kind", "is_tied", "seq"),
        Index("reply_by_mailbox", "mailbox", "seq"),
        # gather: what is owed to a person, newest first; however much was answered, or left unanswered, before.
        Index("reply_owed", "anchor", "is_tied", "received_at", sqlite_where=text(OWED), postgresql_where=text(OWED)),
        # what is overdue.
        Index("reply_due", "due_at", sqlite_where=text(OWED), postgresql_where=text(OWED)),
        # gather: one acknowledgement a conversation, however much a person wrote.
        Index(
            "reply_auto_replied",
            "anchor",
            "conversation",
            sqlite_where=text(AUTO_REPLIED),
            postgresql_where=text(AUTO_REPLIED),
        ),
        # lists and retention.
        Index("reply_by_time", "received_at"),
    )

    seq: int | None = Field(default=None, sa_column=Column(Ordinal, primary_key=True))
    id: str = Field(sa_column=_plain())
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    received_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    written_at: datetime | None = Field(sa_column=Column(Instant))
    source: str = Field(sa_column=_plain())
    kind: str = Field(sa_column=_plain())
    detail: str = Field(sa_column=_plain())
    state: str = Field(sa_column=_plain())
    tie: str = Field(sa_column=_plain())
    is_tied: bool
    anchor: str = Field(sa_column=_plain())
    mailbox: str = Field(sa_column=_plain())
    message_id: str = Field(sa_column=_plain())
    subject: str = Field(sa_column=_plain())
    language: str = Field(sa_column=_plain())
    text: str | None = Field(sa_column=Column(Plain))
    score: int | None = Field(sa_column=Column(Integer))
    answers: str = Field(sa_column=_plain())
    answers_n: int | None = Field(sa_column=Column(Integer))
    thread: str = Field(sa_column=_plain())
    conversation: str = Field(sa_column=_plain())
    template: str = Field(sa_column=_plain())
    facts: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    brand: str = Field(sa_column=_plain())
    due_at: datetime | None = Field(sa_column=Column(Instant))
    returns_at: datetime | None = Field(sa_column=Column(Instant))
    acknowledged_at: datetime | None = Field(sa_column=Column(Instant))
    acknowledged_by: str = Field(sa_column=_plain())
    resolved_at: datetime | None = Field(sa_column=Column(Instant))
    resolved_by: str = Field(sa_column=_plain())
    size: int = Field(sa_column=Column(Integer, nullable=False))


class ReplyContentRow(SQLModel, table=True):
    """A reply as it came, octet for octet; gone after retention."""

    __tablename__ = "reply_content"

    reply: str = Field(sa_column=Column(Plain, primary_key=True))
    octets: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ReplyEventRow(SQLModel, table=True):
    """A move of a reply from one state to another: who, and why."""

    __tablename__ = "reply_event"
    __table_args__ = (Index("reply_event_by_reply", "reply"),)

    seq: int | None = Field(default=None, sa_column=Column(Ordinal, primary_key=True))
    reply: str = Field(sa_column=_plain())
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    actor: str = Field(sa_column=_plain())
    verb: str = Field(sa_column=_plain())
    reason: str = Field(sa_column=_plain())


class SetAsideRow(SQLModel, table=True):
    """What came in and could not be read, with the reason. `key`: a hash of the octets; the same is put aside once."""

    __tablename__ = "set_aside"
    __table_args__ = (Index("set_aside_by_key", "key", unique=True), Index("set_aside_by_time", "at"))

    seq: int | None = Field(default=None, sa_column=Column(Ordinal, primary_key=True))
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    source: str = Field(sa_column=_plain())
    name: str = Field(sa_column=_plain())
    reason: str = Field(sa_column=_plain())
    octets: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ReplyCursorRow(SQLModel, table=True):
    """How far a folder of a source was read: `position` within one `validity` (IMAP: the last UID and UIDVALIDITY)."""

    __tablename__ = "reply_cursor"

    source: str = Field(sa_column=Column(Plain, primary_key=True))
    folder: str = Field(sa_column=Column(Plain, primary_key=True))
    validity: str = Field(sa_column=_plain())
    position: str = Field(sa_column=_plain())
    at: datetime = Field(sa_column=Column(Instant, nullable=False))


class BounceRow(SQLModel, table=True):
    """A mail of ours that could not be delivered to a canonical mailbox; `key` is the same however often it is said."""

    __tablename__ = "bounce"
    __table_args__ = (Index("bounce_by_time", "at"), {"sqlite_with_rowid": False})

    mailbox: str = Field(sa_column=Column(Plain, primary_key=True))
    key: str = Field(sa_column=Column(Plain, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    is_hard: bool
    status: str = Field(sa_column=_plain())
    message: str = Field(sa_column=_plain())
    n: int = Field(sa_column=Column(Integer, nullable=False))


class ToldRow(SQLModel, table=True):
    """A field that a system said it knows of a person, under an anchor of theirs; `value` null where it did not say it."""

    __tablename__ = "told"
    __table_args__ = (Index("told_by_time", "at"), {"sqlite_with_rowid": False})

    anchor: str = Field(sa_column=Column(Plain, primary_key=True))
    field: str = Field(sa_column=Column(Plain, primary_key=True))
    value: str | None = Field(sa_column=Column(Plain))
    source: str = Field(sa_column=_plain())
    at: datetime = Field(sa_column=Column(Instant, nullable=False))


class TakenEventRow(SQLModel, table=True):
    """An event that was taken, by its sender's id: the same again changes nothing."""

    __tablename__ = "taken_event"
    __table_args__ = (Index("taken_event_by_time", "at"), {"sqlite_with_rowid": False})

    id: str = Field(sa_column=Column(Plain, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))


class SecretRow(SQLModel, table=True):
    """A key that is made once and never leaves the database, such as the one that signs reply addresses."""

    __tablename__ = "secret"

    name: str = Field(sa_column=Column(Plain, primary_key=True))
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))


class BroadcastRow(SQLModel, table=True):
    """A checked mail to a checked audience. It counts from `signed_at` on, null while its members are still being written.

    `salt`: what the keys of its members are made with. `texts_digest` and `audience`: what the token vouches for; b"" until it
    is signed, as `rows` and `members` are 0. `source`: the name of the message's file; `profile`: JSON, what the audience
    is made of, "" until it is signed.
    """

    __tablename__ = "broadcast"
    # the last one of a template, for the next to be compared with.
    __table_args__ = (Index("broadcast_by_template", "template", "signed_at"),)

    id: str = Field(sa_column=Column(Plain, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    signed_at: datetime | None = Field(sa_column=Column(Instant))
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    recalled_at: datetime | None = Field(sa_column=Column(Instant))
    actor: str = Field(sa_column=_plain())
    name: str = Field(sa_column=_plain())
    subject: str = Field(sa_column=_plain())
    mail_class: str = Field(sa_column=_plain())
    template: str = Field(sa_column=_plain())
    source: str = Field(sa_column=_plain())
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    texts_digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    audience: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    rows: int = Field(sa_column=Column(Integer, nullable=False))
    members: int = Field(sa_column=Column(Integer, nullable=False))
    profile: str = Field(sa_column=_plain())


class BroadcastTextRow(SQLModel, table=True):
    """A text that a broadcast may have: `facts`, 8 octets each and in order, are those that all of its mails share."""

    __tablename__ = "broadcast_text"

    broadcast: str = Field(sa_column=Column(Plain, primary_key=True))
    text: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    facts: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class MemberRow(SQLModel, table=True):
    """A mailbox that a broadcast may go to, as a hash that nobody reads backwards; and the mail that was taken for it."""

    __tablename__ = "member"
    __table_args__ = ({"sqlite_with_rowid": False},)

    broadcast: str = Field(sa_column=Column(Plain, primary_key=True))
    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    message: str | None = Field(sa_column=Column(Plain))
    n: int | None = Field(sa_column=Column(Integer))


class RecallRow(SQLModel, table=True):
    """A request to take mail back: `target` is what was named, `report` (JSON, null until it is there) what came of it.

    `apology`: the first of the mails that were drafted to those who got it, null for none.
    """

    __tablename__ = "recall"

    id: str = Field(sa_column=Column(Plain, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    actor: str = Field(sa_column=_plain())
    reason: str = Field(sa_column=_plain())
    target: str = Field(sa_column=_plain())
    cancelled: int = Field(sa_column=Column(Integer, nullable=False))
    apology: str | None = Field(sa_column=Column(Plain))
    report: str | None = Field(sa_column=Column(Plain))


class RecalledRow(SQLModel, table=True):
    """What is stopped from now on: `scope` is message (the ledger's id), broadcast (its id) or sent (client and Message-ID)."""

    __tablename__ = "recalled"
    # what one recall is about.
    __table_args__ = (Index("recalled_by_recall", "recall"), {"sqlite_with_rowid": False})

    scope: str = Field(sa_column=Column(Plain, primary_key=True))
    key: str = Field(sa_column=Column(Plain, primary_key=True))
    recall: str = Field(sa_column=_plain())
    at: datetime = Field(sa_column=Column(Instant, nullable=False))


class PauseRow(SQLModel, table=True):
    """Mail that waits until somebody lets it go: `scope` is all, client, class or brand; `key` which, "" for all."""

    __tablename__ = "pause"

    scope: str = Field(sa_column=Column(Plain, primary_key=True))
    key: str = Field(sa_column=Column(Plain, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    actor: str = Field(sa_column=_plain())
    reason: str = Field(sa_column=_plain())


class OverrideRow(SQLModel, table=True):
    """A token that lets one mail out. `mailbox` and `message` (the ledger's id, or a Message-ID) "" are any.

    `used_by`: the ledger's message that used it, "" while none has.
    """

    __tablename__ = "override"

    id: str = Field(sa_column=Column(Plain, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    actor: str = Field(sa_column=_plain())
    reason: str = Field(sa_column=_plain())
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    mailbox: str = Field(sa_column=_plain())
    message: str = Field(sa_column=_plain())
    used_at: datetime | None = Field(sa_column=Column(Instant))
    used_by: str = Field(sa_column=_plain())


class HoldGroupRow(SQLModel, table=True):
    """Who looks after the held mail of one cause."""

    __tablename__ = "hold_group"

    id: str = Field(sa_column=Column(Plain, primary_key=True))
    assignee: str = Field(sa_column=_plain())
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    actor: str = Field(sa_column=_plain())


class HoldNoteRow(SQLModel, table=True):
    """What somebody wrote beside the held mail of one cause."""

    __tablename__ = "hold_note"
    __table_args__ = (Index("hold_note_by_group", "group_id"),)

    seq: int | None = Field(default=None, sa_column=Column(Ordinal, primary_key=True))
    group_id: str = Field(sa_column=_plain())
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    actor: str = Field(sa_column=_plain())
    text: str = Field(sa_column=_plain())


class WebhookEventRow(SQLModel, table=True):
    """News for the moderators' webhook: due until it is done, or was tried often enough. `body` holds nobody's data."""

    __tablename__ = "webhook_event"
    __table_args__ = (Index("webhook_event_due", "due_at", sqlite_where=text(UNANNOUNCED), postgresql_where=text(UNANNOUNCED)),)

    id: str = Field(sa_column=Column(Plain, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    due_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    body: str = Field(sa_column=_plain())
    attempts: int = Field(sa_column=Column(Integer, nullable=False))
    last_answer: str = Field(sa_column=_plain())
    done_at: datetime | None = Field(sa_column=Column(Instant))


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
RECORD = _table(RecordRow)
ORIGINAL = _table(OriginalRow)
MAILBOX = _table(MailboxRow)
BLOCKING_KEY = _table(BlockingKeyRow)
UNLINKED = _table(UnlinkedRow)
LINK = _table(LinkRow)
VERDICT = _table(VerdictRow)
QUESTION = _table(QuestionRow)
PARAMETERS = _table(ParametersRow)
REPLY = _table(ReplyRow)
REPLY_CONTENT = _table(ReplyContentRow)
REPLY_EVENT = _table(ReplyEventRow)
SET_ASIDE = _table(SetAsideRow)
REPLY_CURSOR = _table(ReplyCursorRow)
BOUNCE = _table(BounceRow)
TOLD = _table(ToldRow)
TAKEN_EVENT = _table(TakenEventRow)
SECRET = _table(SecretRow)
BROADCAST = _table(BroadcastRow)
BROADCAST_TEXT = _table(BroadcastTextRow)
MEMBER = _table(MemberRow)
RECALL = _table(RecallRow)
RECALLED = _table(RecalledRow)
PAUSE = _table(PauseRow)
OVERRIDE = _table(OverrideRow)
HOLD_GROUP = _table(HoldGroupRow)
HOLD_NOTE = _table(HoldNoteRow)
WEBHOOK_EVENT = _table(WebhookEventRow)
