from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from mailguard.store.database import Database
from mailguard.store.migration import SCRIPTS
from mailguard.store.version import HEAD, is_empty, version_of


def test_the_program_needs_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_version_of_a_database_that_has_one(database: Database) -> None:
    with database.read() as connection:
        assert version_of(connection) == HEAD
        assert not is_empty(connection)


def test_version_of_one_that_has_none(tmp_path: Path) -> None:
    database = Database.open_unchecked(f"sqlite:///{tmp_path}/new.db")
    with database.write() as connection:
        assert version_of(connection) is None
        assert is_empty(connection)
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num TEXT)")
        assert version_of(connection) is None
        assert is_empty(connection)
        connection.exec_driver_sql("CREATE TABLE other (a TEXT)")
        assert not is_empty(connection)
    database.close()
