"""Runs the steps on the connection that `migration.migrate` hands in, inside the transaction that it has begun.

Nothing commits here: the caller's transaction ends with all steps done or with none, also when the process is killed.
"""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from mailguard.store import tables

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata if tables else None,
    # SQLite cannot alter a column: such a step copies the table.
    render_as_batch=True,
    # SQLite takes DDL back like everything else, given BEGIN IMMEDIATE; Alembic believes it does not.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
