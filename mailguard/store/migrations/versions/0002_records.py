"""Customer records, links and persons; and in the ledger, what a person's history hangs on.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ORDINAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_CLAIMED = sa.text("claimed_by <> ''")
_FORGOTTEN = sa.text("forgotten_by IS NOT NULL")

TABLES = ("record", "original", "mailbox", "blocking_key", "unlinked", "link", "verdict", "question", "parameters")

_SUPPRESS_MAILBOXES = """
    INSERT INTO suppression (person, suppression, at, actor, reason)
    SELECT m.mailbox, s.suppression, s.at, s.actor, s.reason
    FROM suppression s JOIN record r ON s.person = 'R' || r.id JOIN record o ON o.person = r.person
        JOIN mailbox m ON m.record = o.id
    WHERE s.person NOT LIKE '%@%'
    ON CONFLICT (person) DO NOTHING
"""

_STANDARD = (
    "given",
    "middle",
    "surname",
    "born",
    "phone",
    "number",
    "street",
    "city",
    "postcode",
    "state",
    "country",
    "mailboxes",
)


def upgrade() -> None:
    """Let the ledger's history hang on anchors, and make the tables of records, links and reviews."""
    op.drop_index("recipient_by_person", "recipient")
    # Said to the engines themselves, which do it without copying the table; Alembic would copy it on SQLite.
    op.execute("ALTER TABLE recipient RENAME COLUMN person TO anchor")
    op.add_column("recipient", _text("person", nullable=True))
    op.create_index("recipient_by_anchor", "recipient", ["anchor", "facts", "is_counted", "at"])
    _create_record()
    _create_link()
    _create_review()


def downgrade() -> None:
    """Remove all records, links and answers, and let a person be a mailbox again."""
    # Who was suppressed as a person is still not to be written to, at any mailbox.
    op.execute(_SUPPRESS_MAILBOXES)
    op.execute("DELETE FROM suppression WHERE person NOT LIKE '%@%'")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_index("recipient_by_anchor", "recipient")
    op.execute("ALTER TABLE recipient DROP COLUMN person")
    # A record's number says nothing any more. The mailbox does, if not canonically where it has a +tag.
    op.execute("UPDATE recipient SET anchor = lower(mailbox) WHERE anchor NOT LIKE '%@%'")
    op.execute("ALTER TABLE recipient RENAME COLUMN anchor TO person")
    op.create_index("recipient_by_person", "recipient", ["person", "facts", "is_counted", "at"])


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _PLAIN, nullable=nullable)


def _ordinal(name: str) -> sa.Column[int]:
    return sa.Column(name, _ORDINAL, nullable=False)


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, _ORDINAL, primary_key=True, autoincrement=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _share(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Float, nullable=nullable)


def _create_record() -> None:
    op.create_table(
        "record",
        _key("id"),
        _ordinal("person"),
        _text("source"),
        _text("source_key"),
        _time("updated_at"),
        _text("forgotten_by", nullable=True),
        *(_text(name) for name in _STANDARD),
    )
    op.create_index("record_by_key", "record", ["source", "source_key"], unique=True)
    op.create_index("record_by_person", "record", ["person"])
    op.create_index("record_forgotten", "record", ["id"], sqlite_where=_FORGOTTEN, postgresql_where=_FORGOTTEN)
    op.create_table("original", _key("record"), _text("fields"))
    op.create_table("mailbox", sa.Column("mailbox", _PLAIN, primary_key=True), _key("record"), sqlite_with_rowid=False)
    op.create_table(
        "blocking_key",
        sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
        _key("record"),
        sqlite_with_rowid=False,
    )
    op.create_table("unlinked", _key("record"))


def _create_link() -> None:
    op.create_table(
        "link",
        _key("a"),
        _key("b"),
        _share("probability"),
        _share("match_weight"),
        sa.Column("levels", sa.LargeBinary, nullable=False),
        _text("origin"),
        _time("at"),
        sqlite_with_rowid=False,
    )
    op.create_index("link_by_b", "link", ["b"])
    op.create_table(
        "verdict",
        sa.Column("seq", _ORDINAL, primary_key=True),
        _ordinal("a"),
        _ordinal("b"),
        _text("answer"),
        _text("actor"),
        _time("at"),
        _text("reason"),
        _share("probability", nullable=True),
        _time("undone_at", nullable=True),
        _text("undone_by", nullable=True),
    )
    op.create_index("verdict_by_a", "verdict", ["a", "b"])
    op.create_index("verdict_by_b", "verdict", ["b"])


def _create_review() -> None:
    op.create_table(
        "question",
        _key("a"),
        _key("b"),
        _share("probability"),
        _share("match_weight"),
        sa.Column("is_bridge", sa.Boolean, nullable=False),
        _share("value"),
        _text("state"),
        _text("claimed_by"),
        _time("claimed_until", nullable=True),
    )
    op.create_index("question_by_b", "question", ["b"])
    op.create_index("question_by_value", "question", ["state", "value"])
    op.create_index("question_claimed", "question", ["claimed_by"], sqlite_where=_CLAIMED, postgresql_where=_CLAIMED)
    op.create_table(
        "parameters",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        _time("at"),
        _text("origin"),
        _text("state"),
        _text("document"),
    )
