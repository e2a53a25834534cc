from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlmodel import SQLModel

from mailguard.store import tables
from mailguard.store.database import Database


def conditions(connection: Connection) -> dict[str, str]:
    """The WHERE of each partial index, as the engine keeps it, without what it adds by itself."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    else:
        rows = connection.exec_driver_sql("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
    return {name: condition for name, sql in rows if (condition := sql.partition(" WHERE ")[2])}


def test_migrations_make_exactly_these_tables(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_small_indexes_hold_only_what_waits(database: Database) -> None:
    with database.read() as connection:
        found = conditions(connection)
    assert set(found) == {"message_by_key", "recipient_open", "recipient_held", "recipient_joined"}
    assert "queued" in found["recipient_open"]
    assert "held" in found["recipient_held"]


def test_every_table_has_a_name_here(database: Database) -> None:
    with database.read() as connection:
        names = set(inspect(connection).get_table_names()) - {"alembic_version"}
    named = {tables.MESSAGE, tables.CONTENT, tables.RECIPIENT, tables.REACH, tables.WORDING, tables.AUDIENCE}
    named |= {tables.SUPPRESSION, tables.WORKER, tables.EVENT, tables.NOTICE}
    assert {table.name for table in named} == names
