"""Opening what a command works on: the configuration, and the database that it names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from mailguard.config import Config, load_config
from mailguard.errors import MailguardError
from mailguard.store.database import Database


@contextmanager
def open_ledger(config: Path | None, *, any_version: bool = False, create: bool = True) -> Iterator[tuple[Config, Database]]:
    """Give the configuration and its database, and close it. `any_version` is for those who look after the database itself.

    Raises UsageError where it cannot be opened, DatabaseVersionError where it is of another version, and MailguardError where
    it fails on the way.
    """
    loaded = load_config(config)
    url = loaded.database_url
    database = Database.open_unchecked(url, create=create) if any_version else Database.open(url, create=create)
    try:
        with failing_in_words(database):
            yield loaded, database
    finally:
        database.close()


@contextmanager
def failing_in_words(database: Database) -> Iterator[None]:
    """Raise MailguardError, in one line that a person understands, where the database fails."""
    try:
        yield
    except (SQLAlchemyError, database.driver_error) as error:
        reason = getattr(error, "orig", None) or error
        raise MailguardError(f"the database {database.url} failed: {reason}; try again when it is well") from error
