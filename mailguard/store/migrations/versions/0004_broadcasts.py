"""Broadcasts with their members, what was recalled or paused, override tokens, notes on holds, news for a webhook.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ORDINAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_OF_BROADCAST = sa.text("broadcast IS NOT NULL")
_UNANNOUNCED = sa.text("done_at IS NULL")

TABLES = (
    "broadcast",
    "broadcast_text",
    "member",
    "recall",
    "recalled",
    "pause",
    "override",
    "hold_group",
    "hold_note",
    "webhook_event",
)

# Findings that the version before does not know, and could not show.
_LATER_FINDINGS = ("unchecked_broadcast", "recalled")


def upgrade() -> None:
    """Make the tables of broadcasts and of second thoughts; mail of before belongs to no broadcast and no brand."""
    for column in ("broadcast", "brand"):
        op.add_column("message", _text(column, nullable=True))
    op.create_index(
        "message_by_broadcast", "message", ["broadcast"], sqlite_where=_OF_BROADCAST, postgresql_where=_OF_BROADCAST
    )
    _create_broadcast()
    _create_recall()
    _create_holds()


def downgrade() -> None:
    """Remove all of it. What was held waits on; what was paused is nobody's, so that it leaves: no pause is left to end."""
    # An attempt whose end is not known has a fourth element.
    op.execute("""UPDATE recipient SET attempts = replace(attempts, '",1]', '"]') WHERE attempts LIKE '%",1]%'""")
    _remove_findings("message", ("id",), nothing=None)
    _remove_findings("recipient", ("message", "n"), nothing="[]")
    op.execute("UPDATE recipient SET owner = '' WHERE owner = 'paused'")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_index("message_by_broadcast", "message")
    for column in ("brand", "broadcast"):
        op.execute(f"ALTER TABLE message DROP COLUMN {column}")


def _remove_findings(table: str, key: Sequence[str], *, nothing: str | None) -> None:
    """Take out the findings of this version. `nothing`: what a column holds where none is left."""
    bind = op.get_bind()
    marks = {f"mark{n}": f'%"code":"{code}"%' for n, code in enumerate(_LATER_FINDINGS)}
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


def _octets(name: str, *, key: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False, primary_key=key)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _create_broadcast() -> None:
    op.create_table(
        "broadcast",
        _text("id", key=True),
        _time("at"),
        _time("signed_at", nullable=True),
        _time("expires_at"),
        _time("recalled_at", nullable=True),
        *(_text(name) for name in ("actor", "name", "subject", "mail_class", "template", "source")),
        *(_octets(name) for name in ("salt", "texts_digest", "audience")),
        _number("rows"),
        _number("members"),
        _text("profile"),
    )
    op.create_index("broadcast_by_template", "broadcast", ["template", "signed_at"])
    op.create_table("broadcast_text", _text("broadcast", key=True), _octets("text", key=True), _octets("facts"))
    op.create_table(
        "member",
        _text("broadcast", key=True),
        _octets("key", key=True),
        _text("message", nullable=True),
        _number("n", nullable=True),
        sqlite_with_rowid=False,
    )


def _create_recall() -> None:
    op.create_table(
        "recall",
        _text("id", key=True),
        _time("at"),
        *(_text(name) for name in ("actor", "reason", "target")),
        _number("cancelled"),
        _text("apology", nullable=True),
        _text("report", nullable=True),
    )
    op.create_table(
        "recalled", _text("scope", key=True), _text("key", key=True), _text("recall"), _time("at"), sqlite_with_rowid=False
    )
    op.create_index("recalled_by_recall", "recalled", ["recall"])
    op.create_table("pause", _text("scope", key=True), _text("key", key=True), _time("at"), _text("actor"), _text("reason"))


def _create_holds() -> None:
    op.create_table(
        "override",
        _text("id", key=True),
        _time("at"),
        _text("actor"),
        _text("reason"),
        _time("expires_at"),
        _text("mailbox"),
        _text("message"),
        _time("used_at", nullable=True),
        _text("used_by"),
    )
    op.create_table("hold_group", _text("id", key=True), _text("assignee"), _time("at"), _text("actor"))
    op.create_table(
        "hold_note",
        sa.Column("seq", _ORDINAL, primary_key=True),
        _text("group_id"),
        _time("at"),
        _text("actor"),
        _text("text"),
    )
    op.create_index("hold_note_by_group", "hold_note", ["group_id"])
    op.create_table(
        "webhook_event",
        _text("id", key=True),
        _time("at"),
        _time("due_at"),
        _text("body"),
        _number("attempts"),
        _text("last_answer"),
        _time("done_at", nullable=True),
    )
    op.create_index("webhook_event_due", "webhook_event", ["due_at"], sqlite_where=_UNANNOUNCED, postgresql_where=_UNANNOUNCED)
