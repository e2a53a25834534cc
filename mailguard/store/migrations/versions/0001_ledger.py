"""The ledger as it begins.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_OPEN = sa.text("state IN ('queued', 'deferred')")
_HELD = sa.text("state = 'held'")
_HAS_KEY = sa.text("key IS NOT NULL")
_JOINS = sa.text("joins IS NOT NULL")

TABLES = (
    "message",
    "content",
    "recipient",
    "reach",
    "wording",
    "audience",
    "suppression",
    "worker",
    "event",
    "notice",
)


def upgrade() -> None:
    """Make all tables."""
    _create_message()
    _create_recipient()
    _create_memory()
    _create_operation()


def downgrade() -> None:
    """Remove all tables, and all mail with them."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _PLAIN, nullable=nullable)


def _octets(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _create_message() -> None:
    op.create_table(
        "message",
        sa.Column("seq", _SEQUENCE, primary_key=True),
        _text("id"),
        _time("received_at"),
        _text("client"),
        _text("reverse_path"),
        _text("message_id"),
        _text("subject"),
        _text("mail_class"),
        _text("template"),
        _text("action"),
        _text("answer"),
        _text("findings", nullable=True),
        _text("key", nullable=True),
        _octets("digest"),
        _octets("text"),
        _octets("facts"),
        _octets("core"),
        _octets("audience", nullable=True),
        _number("size"),
        _number("hidden_outside"),
        _flag("is_replay"),
        _flag("is_shadow"),
        _flag("is_automatic"),
        _text("body"),
        _flag("smtputf8"),
        _text("ret"),
        _text("envid"),
    )
    op.create_index("message_by_id", "message", ["id"], unique=True)
    op.create_index("message_by_message_id", "message", ["message_id", "digest", "is_replay"])
    op.create_index(
        "message_by_key", "message", ["client", "key"], unique=True, sqlite_where=_HAS_KEY, postgresql_where=_HAS_KEY
    )
    op.create_index("message_by_time", "message", ["received_at"])
    op.create_table("content", sa.Column("message", _PLAIN, primary_key=True), _octets("octets"))
    if op.get_context().dialect.name == "postgresql":
        # Compressing each message would cost more time than all its other writing.
        op.execute("ALTER TABLE content ALTER COLUMN octets SET STORAGE EXTERNAL")


def _create_recipient() -> None:
    op.create_table(
        "recipient",
        sa.Column("message", _PLAIN, primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        _text("mailbox"),
        _text("person"),
        sa.Column("probability", sa.Float),
        _text("action"),
        _text("state"),
        _text("findings", nullable=True),
        _text("joins", nullable=True),
        _text("notify"),
        _text("orcpt"),
        _text("reverse_path", nullable=True),
        _time("at"),
        _octets("facts"),
        _time("due_at", nullable=True),
        _text("owner"),
        _text("attempts", nullable=True),
        _time("expires_at", nullable=True),
        _flag("is_counted"),
    )
    op.create_index("recipient_by_person", "recipient", ["person", "facts", "is_counted", "at"])
    op.create_index(
        "recipient_open", "recipient", ["owner", "due_at", "expires_at"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_index("recipient_held", "recipient", ["expires_at"], sqlite_where=_HELD, postgresql_where=_HELD)
    op.create_index("recipient_joined", "recipient", ["joins"], sqlite_where=_JOINS, postgresql_where=_JOINS)


def _create_memory() -> None:
    op.create_table(
        "reach",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("person", _PLAIN, primary_key=True),
        _time("at"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "wording",
        sa.Column("text", sa.LargeBinary, primary_key=True),
        _time("first_seen"),
        _time("last_seen"),
        _time("released_at", nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audience",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        _time("last_written_at"),
        _text("stale_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "suppression",
        sa.Column("person", _PLAIN, primary_key=True),
        _text("suppression"),
        _time("at"),
        _text("actor"),
        _text("reason"),
    )


def _create_operation() -> None:
    op.create_table(
        "worker",
        sa.Column("id", _PLAIN, primary_key=True),
        _text("host"),
        _number("pid"),
        sa.Column("ticks", sa.BigInteger, nullable=False),
        _time("lease_until"),
    )
    op.create_table(
        "event",
        sa.Column("seq", _SEQUENCE, primary_key=True),
        _time("at"),
        _text("message"),
        _number("n"),
        _text("actor"),
        _text("verb"),
        _text("reason"),
    )
    op.create_index("event_by_message", "event", ["message"])
    op.create_table("notice", sa.Column("cause", _PLAIN, primary_key=True), _time("at"))
