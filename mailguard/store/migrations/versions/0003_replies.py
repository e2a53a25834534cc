"""Replies with their ledger, bounces, what systems have told; and each reason for which a person gets no mail by itself.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ORDINAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_COUNTED = sa.text("is_counted = TRUE")
_OWED = sa.text("state IN ('open', 'acknowledged')")
_AUTO_REPLIED = sa.text("acknowledged_by = 'auto-replied'")

TABLES = (
    "reply",
    "reply_content",
    "reply_event",
    "set_aside",
    "reply_cursor",
    "bounce",
    "told",
    "taken_event",
    "secret",
)

# The version before knows two reasons, and one a person. Who complained is still not to be written to in bulk; who was erased
# was erased, whatever was said before or after.
_STRONGEST = """
    CREATE TABLE suppression_kept AS
    SELECT person, CASE suppression WHEN 'erased' THEN 'erased' ELSE 'unsubscribed' END AS suppression, at, actor, reason
    FROM suppression s
    WHERE suppression IN ('erased', 'complained', 'unsubscribed') AND NOT EXISTS (
        SELECT 1 FROM suppression o WHERE o.person = s.person AND (
            (o.suppression = 'erased' AND s.suppression <> 'erased')
            OR (o.suppression = 'complained' AND s.suppression = 'unsubscribed')
        )
    )
"""


# Findings that the version before does not know, and could not show.
_LATER_FINDINGS = ("open_reply", "stale_context", "render_failed")
_HALF_MADE = """SELECT r.message, r.n FROM recipient r JOIN message m ON m.id = r.message
    WHERE r.state = 'held' AND coalesce(r.findings, m.findings) LIKE :mark"""


def upgrade() -> None:
    """Make the tables of replies, and let a person be suppressed for several reasons."""
    for column in ("asks", "answers", "thread"):
        op.add_column("message", _text(column, nullable=True))
    op.add_column("recipient", _text("reply_aware", nullable=True))
    op.create_index("recipient_by_time", "recipient", ["anchor", "at"], sqlite_where=_COUNTED, postgresql_where=_COUNTED)
    op.execute("CREATE TABLE suppression_kept AS SELECT * FROM suppression")
    _replace_suppression(key=("person", "suppression"))
    _create_reply()
    _create_sources()
    _create_bounce()


def downgrade() -> None:
    """Remove all replies and what followed from them; of the reasons for which a person gets no mail, keep the strongest.

    What was held because of a reply waits on. A template that was not rendered is dropped: the version before would let it out.
    """
    _drop_what_was_not_rendered()
    _remove_findings("message", ("id",), nothing=None)
    _remove_findings("recipient", ("message", "n"), nothing="[]")
    op.execute(_STRONGEST)
    _replace_suppression(key=("person",))
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_index("recipient_by_time", "recipient")
    op.execute("ALTER TABLE recipient DROP COLUMN reply_aware")
    for column in ("thread", "answers", "asks"):
        op.execute(f"ALTER TABLE message DROP COLUMN {column}")


def _mark(code: str) -> str:
    return f'%"code":"{code}"%'


def _drop_what_was_not_rendered() -> None:
    bind, at = op.get_bind(), time.time_ns() // 1000
    for message, n in bind.execute(sa.text(_HALF_MADE), {"mark": _mark("render_failed")}).all():
        place = {"message": message, "n": n}
        bind.execute(
            sa.text("UPDATE recipient SET state = 'dropped', is_counted = FALSE WHERE message = :message AND n = :n"), place
        )
        bind.execute(sa.text("DELETE FROM content WHERE message = :message"), {"message": message})
        bind.execute(
            sa.text(
                "INSERT INTO event (at, message, n, actor, verb, reason) VALUES (:at, :message, :n, 'mailguard', 'dropped', "
                "'a template that was not rendered, and this version of the database renders none')"
            ),
            {"at": at, **place},
        )


def _remove_findings(table: str, key: Sequence[str], *, nothing: str | None) -> None:
    """Take out the findings of this version. `nothing`: what a column holds where none is left."""
    bind = op.get_bind()
    marks = {f"mark{n}": _mark(code) for n, code in enumerate(_LATER_FINDINGS)}
    condition = " OR ".join(f"findings LIKE :{name}" for name in marks)
    rows = bind.execute(sa.text(f"SELECT {', '.join(key)}, findings FROM {table} WHERE {condition}"), marks).all()  # noqa: S608
    place = " AND ".join(f"{name} = :{name}" for name in key)
    change = sa.text(f"UPDATE {table} SET findings = :findings WHERE {place}")  # noqa: S608 - constants
    for row in rows:
        left = [one for one in json.loads(row.findings) if one["code"] not in _LATER_FINDINGS]
        findings = json.dumps(left, separators=(",", ":")) if left else nothing
        bind.execute(change, {"findings": findings, **{name: getattr(row, name) for name in key}})


def _text(name: str, *, nullable: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, _PLAIN, nullable=nullable, primary_key=key)


def _octets(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=nullable)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _seq() -> sa.Column[int]:
    return sa.Column("seq", _ORDINAL, primary_key=True)


def _replace_suppression(*, key: Sequence[str]) -> None:
    """Make the table anew with another primary key, from the rows in `suppression_kept`: SQLite cannot change a key."""
    op.drop_table("suppression")
    op.create_table(
        "suppression",
        _text("person", key="person" in key),
        _text("suppression", key="suppression" in key),
        _time("at"),
        _text("actor"),
        _text("reason"),
    )
    op.execute(
        "INSERT INTO suppression (person, suppression, at, actor, reason) "
        "SELECT person, suppression, at, actor, reason FROM suppression_kept"
    )
    op.drop_table("suppression_kept")


def _create_reply() -> None:
    op.create_table(
        "reply",
        _seq(),
        _text("id"),
        _octets("key"),
        _time("received_at"),
        _time("written_at", nullable=True),
        *(_text(name) for name in ("source", "kind", "detail", "state", "tie")),
        _flag("is_tied"),
        *(_text(name) for name in ("anchor", "mailbox", "message_id", "subject", "language")),
        _text("text", nullable=True),
        _number("score", nullable=True),
        _text("answers"),
        _number("answers_n", nullable=True),
        *(_text(name) for name in ("thread", "conversation", "template")),
        _octets("facts"),
        _text("brand"),
        _time("due_at", nullable=True),
        _time("returns_at", nullable=True),
        _time("acknowledged_at", nullable=True),
        _text("acknowledged_by"),
        _time("resolved_at", nullable=True),
        _text("resolved_by"),
        _number("size"),
    )
    op.create_index("reply_by_id", "reply", ["id"], unique=True)
    op.create_index("reply_by_key", "reply", ["key"], unique=True)
    op.create_index("reply_by_message_id", "reply", ["message_id"])
    op.create_index("reply_by_anchor", "reply", ["anchor", "kind", "is_tied", "seq"])
    op.create_index("reply_by_mailbox", "reply", ["mailbox", "seq"])
    op.create_index("reply_owed", "reply", ["anchor", "is_tied", "received_at"], sqlite_where=_OWED, postgresql_where=_OWED)
    op.create_index("reply_due", "reply", ["due_at"], sqlite_where=_OWED, postgresql_where=_OWED)
    op.create_index(
        "reply_auto_replied",
        "reply",
        ["anchor", "conversation"],
        sqlite_where=_AUTO_REPLIED,
        postgresql_where=_AUTO_REPLIED,
    )
    op.create_index("reply_by_time", "reply", ["received_at"])
    op.create_table("reply_content", _text("reply", key=True), _octets("octets"))
    op.create_table("reply_event", _seq(), _text("reply"), _time("at"), _text("actor"), _text("verb"), _text("reason"))
    op.create_index("reply_event_by_reply", "reply_event", ["reply"])


def _create_sources() -> None:
    op.create_table(
        "set_aside",
        _seq(),
        _octets("key"),
        _time("at"),
        *(_text(name) for name in ("source", "name", "reason")),
        _octets("octets"),
    )
    op.create_index("set_aside_by_key", "set_aside", ["key"], unique=True)
    op.create_index("set_aside_by_time", "set_aside", ["at"])
    op.create_table(
        "reply_cursor",
        _text("source", key=True),
        _text("folder", key=True),
        _text("validity"),
        _text("position"),
        _time("at"),
    )


def _create_bounce() -> None:
    op.create_table(
        "bounce",
        _text("mailbox", key=True),
        _text("key", key=True),
        _time("at"),
        _flag("is_hard"),
        _text("status"),
        _text("message"),
        _number("n"),
        sqlite_with_rowid=False,
    )
    op.create_index("bounce_by_time", "bounce", ["at"])
    op.create_table(
        "told",
        _text("anchor", key=True),
        _text("field", key=True),
        _text("value", nullable=True),
        _text("source"),
        _time("at"),
        sqlite_with_rowid=False,
    )
    op.create_index("told_by_time", "told", ["at"])
    op.create_table("taken_event", _text("id", key=True), _time("at"), sqlite_with_rowid=False)
    op.create_index("taken_event_by_time", "taken_event", ["at"])
    op.create_table("secret", _text("name", key=True), _octets("key"), _time("at"))
