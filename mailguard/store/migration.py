"""From one version of the database to another and back, in one transaction: killed midway, it is the old one or the new.

Also the backup of a database in use. Knows Alembic; no table.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from mailguard.errors import UsageError
from mailguard.store.database import Database
from mailguard.store.engine import create_private
from mailguard.store.version import version_of

SCRIPTS = Path(__file__).parent / "migrations"
"""Where the steps are: shipped with the program."""

BASE = "base"
"""The version before the first: no tables."""

LOST: Final = {
    BASE: "the whole ledger: what was sent to whom, and all content",
    "0001": "all customer records, who is whom, and what clerks have answered",
    "0002": "all replies and what is owed to whom, bounces, complaints, and what systems have told of customers",
    "0003": "all broadcasts with their members, what was recalled and paused, override tokens, notes on what waits",
}
"""What going back to a version removes."""

_WAITING = "SELECT count(*) FROM recipient WHERE state IN ('queued', 'deferred', 'held')"


@dataclass(frozen=True, slots=True)
class Status:
    """`version` is the database's (None: no tables yet), `needed` the program's, `pending` the steps between them, in order."""

    version: str | None
    needed: str
    pending: tuple[str, ...]


def status(database: Database, *, scripts: Path = SCRIPTS) -> Status:
    """How far `database` is. Raises UsageError where a later program has had it."""
    with database.read() as connection:
        version = version_of(connection)
    known = _known(scripts)
    if version is not None and version not in known:
        raise UsageError(f"{database.url} is of version {version}, which this program does not know")
    passed = known.index(version) + 1 if version else 0
    return Status(version, known[-1], tuple(known[passed:]))


def upgrade(database: Database, *, scripts: Path = SCRIPTS) -> Status:
    """Bring `database` to the newest version and return what it is then. Raises UsageError where a later program has had it."""
    if status(database, scripts=scripts).pending:
        with database.write() as connection:
            migrate(connection, scripts=scripts)
    return status(database, scripts=scripts)


def downgrade(database: Database, version: str, *, scripts: Path = SCRIPTS) -> Status:
    """Take `database` back to `version`, or to `BASE`, and return what it is then.

    Raises UsageError for a version that is not before its own, and for `BASE` while mail waits, which would be lost.
    """
    known = _known(scripts)
    with database.write() as connection:
        current = version_of(connection)
        before = [BASE, *known[: known.index(current)]] if current in known else []
        if version not in before:
            raise UsageError(f"cannot go back from {current} to {version}; possible: {_listed(before)}")
        if version == BASE:
            _refuse_while_mail_waits(connection)
        command.downgrade(_config(scripts, connection), version)
    return status(database, scripts=scripts)


def migrate(connection: Connection, *, scripts: Path = SCRIPTS) -> None:
    """Run all steps that the database lacks, inside the transaction of `connection`."""
    command.upgrade(_config(scripts, connection), "head")


def backup(database: Database, target: Path) -> None:
    """Copy `database` as it is at one moment to the new file `target`, while mail goes on. Raises UsageError for PostgreSQL."""
    if database.file is None:
        raise UsageError("a PostgreSQL database is backed up with its own means: pg_dump, or continuous archiving")
    if target.exists():
        raise UsageError(f"{target} exists; name a file that does not")
    unfinished = target.with_name(f"{target.name}.unfinished")
    create_private(unfinished)
    with closing(sqlite3.connect(database.file)) as source, closing(sqlite3.connect(unfinished)) as copy:
        # In one go: in steps, it would begin again with every commit of another process.
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    _publish(unfinished, target)


def _publish(unfinished: Path, target: Path) -> None:
    """Give the file its name only when its contents are on disk."""
    _sync(unfinished)
    unfinished.rename(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _known(scripts: Path) -> list[str]:
    """The versions that there are, oldest first."""
    return [step.revision for step in ScriptDirectory.from_config(_config(scripts)).walk_revisions()][::-1]


def _config(scripts: Path, connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _refuse_while_mail_waits(connection: Connection) -> None:
    waiting = connection.exec_driver_sql(_WAITING).scalar_one()
    if waiting:
        raise UsageError(f"mail to {waiting} recipients still waits and would be lost: see mailguard queue list")


def _listed(versions: Sequence[str]) -> str:
    return ", ".join(versions) or "none"
