"""`mailguard db`: the versions of the database, both ways, and its backup."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile
from mailguard.cli.output import print_json, say
from mailguard.errors import UsageError
from mailguard.store import migration
from mailguard.store.database import Database
from mailguard.store.migration import BASE, LOST, Status
from mailguard.store.version import HEAD, version_of
from mailguard.store.workers import living

command = typer.Typer(rich_markup_mode=None)

Version = Annotated[str, typer.Argument(metavar="VERSION", help=f"The version to go back to, or {BASE} for no tables at all.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do go back, whatever that removes.")]
BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The new file.")]


@command.command("status")
def show_status(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Say which version the database has and which this program needs. Exit status 1 if they differ."""
    with open_ledger(config, any_version=True, create=False) as (_, database):
        status = migration.status(database)
        _report(status, database.url, as_json=as_json)
    if status.version != status.needed:
        raise typer.Exit(1)


@command.command("upgrade")
def upgrade(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Bring the database to the version that this program needs, in one transaction."""
    with open_ledger(config, any_version=True) as (_, database):
        _report(migration.upgrade(database), database.url, as_json=as_json)


@command.command("downgrade")
def downgrade(version: Version, config: ConfigFile = None, yes: Yes = False, as_json: AsJson = False) -> None:
    """Take the database back to VERSION, for an earlier program, in one transaction. Stop mailguard first."""
    with open_ledger(config, any_version=True, create=False) as (_, database):
        _refuse_while_running(database)
        if version in LOST and not yes:
            raise UsageError(f"going back to {version} removes {LOST[version]}; if that is meant, add --yes")
        _report(migration.downgrade(database, version), database.url, as_json=as_json)


@command.command("backup")
def make_backup(file: BackupFile, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Copy an SQLite database, as it is at one moment, to a new FILE, while mail goes on."""
    with open_ledger(config, any_version=True, create=False) as (_, database):
        _copy(database, file)
    if as_json:
        print_json({"file": str(file), "size": file.stat().st_size})
        return
    say(f"wrote {file}, {file.stat().st_size} octets; keep it as safe as the mail in it")


def _refuse_while_running(database: Database) -> None:
    with database.read() as connection:
        running = living(connection, now=datetime.now(UTC)) if version_of(connection) == HEAD else 0
    if running:
        raise UsageError(f"mailguard is running on this database ({running} workers); stop it first")


def _copy(database: Database, file: Path) -> None:
    try:
        migration.backup(database, file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}; name another file") from error


def _report(status: Status, url: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"database": url, "version": status.version, "needed": status.needed, "pending": list(status.pending)})
        return
    say(f"{url}: version {status.version or 'none'}, this program needs {status.needed}")
    if status.pending:
        say(f"to come: {', '.join(status.pending)}; run: mailguard db upgrade")
