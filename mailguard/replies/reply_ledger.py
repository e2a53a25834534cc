"""Writes down what sources hand on: mails, what could not be read, and how far a source was read, in one transaction.

A batch that raises because of what is in one of its mails is written mail by mail, and that one is put aside: no mail keeps
others from being taken. A database that fails raises: the source then reads the same again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, SQLAlchemyError

from mailguard.errors import MailguardError
from mailguard.replies.incoming import Incoming, Taken, Unreadable
from mailguard.replies.source import Batch, Clock
from mailguard.store import reply_cursors
from mailguard.store.database import Database
from mailguard.store.set_aside import SetAside, put_aside


class Ingest(Protocol):
    """Reads mails, and writes down what was read; `ingest.Ingest`, or what a test has in its place."""

    def read(self, mails: Sequence[Incoming]) -> Sequence[Any]:
        """Return the mails as they were read. Needs no database, so that no other work waits for it."""
        ...

    def take(self, connection: Connection, mails: Sequence[Any], *, now: datetime) -> list[Taken]:
        """Write down what was read, in the transaction of the connection; return what became of each."""
        ...


Counted = Callable[[str, Sequence[Taken]], None]
"""Is told, once it is durable, of each source what became of its mails."""

_log = structlog.get_logger(__name__)


class ReplyLedger:
    """Safe to use from several threads, as its database is."""

    def __init__(
        self, database: Database, ingest: Ingest, *, clock: Clock, counted: Counted = lambda _source, _taken: None
    ) -> None:
        self._database = database
        self._ingest = ingest
        self._clock = clock
        self._counted = counted

    def cursor(self, source: str, folder: str) -> reply_cursors.Cursor | None:
        """Return how far the folder was read, None if never."""
        with self._database.read() as connection:
            return reply_cursors.cursor(connection, source, folder)

    def take(self, batch: Batch) -> list[Taken]:
        """Keep all of it, durably when this returns; return what became of each mail, then of what could not be read."""
        try:
            taken = self._write(batch)
        except DataError:  # a value that the database will not have is the mail's fault
            taken = self._write_singly(batch)
        except (SQLAlchemyError, MailguardError, OSError, self._database.driver_error):
            raise
        except Exception:  # noqa: BLE001 - a mail that cannot be taken must not keep the others from it
            taken = self._write_singly(batch)
        self._counted(batch.source, taken)
        return taken

    def _write(self, batch: Batch) -> list[Taken]:
        read = self._ingest.read(batch.mails)
        with self._database.write() as connection:
            taken = self._ingest.take(connection, read, now=self._clock()) if read else []
            taken += self._put_aside(connection, batch.unreadable)
            if batch.cursor is not None:
                at = batch.cursor
                reply_cursors.move_cursor(
                    connection, batch.source, batch.folder, validity=at.validity, position=at.position, at=self._clock()
                )
        return taken

    def _write_singly(self, batch: Batch) -> list[Taken]:
        taken = [result for mail in batch.mails for result in self._write_one(replace(batch, mails=(mail,)))]
        return taken + self._write(replace(batch, mails=()))

    def _write_one(self, batch: Batch) -> list[Taken]:
        """Take the one mail of the batch, or put it aside. How far the source was read is written with the last."""
        alone = replace(batch, unreadable=(), cursor=None)
        (mail,) = batch.mails
        try:
            return self._write(alone)
        except (MailguardError, OSError):
            raise
        except Exception as error:
            if isinstance(error, SQLAlchemyError | self._database.driver_error) and not isinstance(error, DataError):
                raise
            _log.exception("reply_put_aside", source=mail.source, name=mail.name)
            reason = f"could not be taken: {type(error).__name__}"
            return self._write(replace(alone, mails=(), unreadable=(Unreadable(mail.source, mail.name, reason, mail.octets),)))

    def _put_aside(self, connection: Connection, unreadable: Sequence[Unreadable]) -> list[Taken]:
        now = self._clock()
        put_aside(connection, [SetAside(now, one.source, one.name, one.reason, one.octets) for one in unreadable])
        return [Taken("", None, is_new=True, error=one.reason, name=one.name) for one in unreadable]
