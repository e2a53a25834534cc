"""mailguard.cli.ledger: opening what a command works on."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from mailguard.cli.ledger import open_ledger
from mailguard.errors import DatabaseVersionError, MailguardError, UsageError


def test_absent_database_is_created(here: Path) -> None:
    with open_ledger(None) as (_, database):
        assert database.file == here / "mailguard.db"


def test_absent_database_is_refused_where_it_is_not_to_be_created(here: Path) -> None:
    with pytest.raises(UsageError, match="no database"), open_ledger(None, create=False):
        pass


def test_database_of_another_version_names_the_upgrade(here: Path) -> None:
    with open_ledger(None) as (_, database), database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(DatabaseVersionError, match="mailguard db upgrade"), open_ledger(None):
        pass
    with open_ledger(None, any_version=True) as (_, database):
        assert database.file


@pytest.mark.parametrize("raises", [True, False])
def test_database_that_fails_on_the_way_is_one_line(here: Path, raises: bool) -> None:  # noqa: FBT001 - a table of cases
    def fail() -> None:
        if raises:
            raise sqlite3.OperationalError("disk I/O error")
        with open_ledger(None) as (_, database), database.read() as connection:
            connection.execute(text("SELECT * FROM nothing"))

    with pytest.raises(MailguardError, match=r"the database .*mailguard.db failed: "), open_ledger(None):
        fail()
