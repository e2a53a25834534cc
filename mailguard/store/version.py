"""The version of a database: the migration it was brought to last. Reading it needs no Alembic."""

from __future__ import annotations

from sqlalchemy import Connection, inspect

HEAD = "0004"
"""The migration that this program needs."""

_VERSION_TABLE = "alembic_version"


def version_of(connection: Connection) -> str | None:
    """The version of the database, None where it has none."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    return connection.exec_driver_sql(f"SELECT version_num FROM {_VERSION_TABLE}").scalar_one_or_none()  # noqa: S608


def is_empty(connection: Connection) -> bool:
    """Whether there is no table at all, or only that of the version, without one."""
    return set(inspect(connection).get_table_names()) <= {_VERSION_TABLE}
