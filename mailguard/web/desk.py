"""What the routes ask of the ledger: contexts, replies, events, unsubscriptions. Blocks; knows no HTTP.

One a process, with a database of its own that is opened when it is first needed. Safe to use from threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Final, TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from mailguard.errors import MailguardError, StorageFullError
from mailguard.mail.mailbox import Mailbox
from mailguard.mail.token import read
from mailguard.policy.context import Context
from mailguard.policy.facts import Suppression
from mailguard.policy.foresight import Intent
from mailguard.policy.reply import ReplyState
from mailguard.policy.template_rule import rule_for
from mailguard.relay.clock import system_clock
from mailguard.relay.resolution import Directory
from mailguard.relay.settings import Policy, RelaySettings
from mailguard.replies.context import contexts
from mailguard.replies.document import ReplyDocument, reply_documents
from mailguard.replies.events import Event, TakenEvent, take_event
from mailguard.replies.incoming import Incoming, Taken
from mailguard.replies.ingest import Ingest
from mailguard.replies.reply_ledger import ReplyLedger
from mailguard.replies.settings import ReplySettings
from mailguard.replies.source import Batch
from mailguard.store.database import Database
from mailguard.store.replies import Filter, find, show
from mailguard.store.reply_moves import Moved, move
from mailguard.store.secrets import REPLY_KEY, known_key
from mailguard.store.sent import sent_by_id
from mailguard.store.suppressions import Suppressed, said_against, suppress

T = TypeVar("T")

ACTOR: Final = "one-click"
"""Who has unsubscribed a person that followed the link of a mail."""

_log = structlog.get_logger(__name__)


class UnavailableError(MailguardError):
    """The database cannot be asked now."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which replies are wanted: as `Filter` says, and those of whom a mailbox is."""

    chosen: Filter
    mailbox: Mailbox | None
    limit: int
    is_overdue: bool = False


class Desk:
    """Asks and tells the ledger. Each method raises UnavailableError where the database fails."""

    def __init__(self, relay: RelaySettings, replies: ReplySettings, *, clock: Callable[[], datetime] = system_clock) -> None:
        self._relay = relay
        self._replies = replies
        self._clock = clock
        self._policy = relay.policy
        self._opening = Lock()
        self._database: Database | None = None
        self._directory = Directory(relay.identity)

    @property
    def settings(self) -> RelaySettings:
        """What the relay is told, with the policy as it is now."""
        return replace(self._relay, policy=self._policy)

    def use(self, policy: Policy) -> None:
        """Judge by another policy from now on."""
        self._policy = policy
        self._replies = replace(self._replies, limits=policy.limits, templates=policy.templates)

    def warm_up(self) -> None:
        """Open the database and load what the first question would load."""
        self._directory.warm_up()
        with self._well():
            pass

    def now(self) -> datetime:
        """Return the time."""
        return self._clock()

    def read(self, question: Callable[[Connection], T]) -> T:
        """Return what a question comes to, all of one moment."""
        with self._reading() as connection:
            return question(connection)

    def write(self, act: Callable[[Connection], T]) -> T:
        """Return what an act comes to, durable when this returns."""
        with self._writing() as connection:
            return act(connection)

    def work(self, task: Callable[[Database], T]) -> T:
        """Return what a task comes to that has several transactions."""
        with self._well() as database:
            return task(database)

    def contexts(self, mailboxes: Sequence[Mailbox], intent: Intent) -> list[Context]:
        """Return the context of each of these mailboxes, in their order, all of one moment."""
        policy, now = self._policy, self._clock()
        meant = replace(intent, is_survey=rule_for(policy.templates, intent.template).is_survey)
        with self._reading() as connection:
            found = self._directory.resolve_mailboxes(connection, mailboxes, limits=policy.limits)
            return contexts(connection, found, meant, limits=policy.limits, now=now)

    def take(self, octets: bytes, *, source: str) -> Taken:
        """Take one mail in, durably when this returns."""
        mail = Incoming(octets, source, self._clock())
        with self._well() as database:
            ledger = ReplyLedger(database, Ingest(self._replies), clock=self._clock)
            return ledger.take(Batch(source, "", (mail,)))[0]

    def replies(self, wish: Wish) -> list[ReplyDocument]:
        """Return the replies that are wanted, the newest first; overdue ones by their due time."""
        now = self._clock()
        chosen = replace(wish.chosen, overdue_at=now) if wish.is_overdue else wish.chosen
        with self._reading() as connection:
            if wish.mailbox is not None:
                chosen = replace(chosen, anchors=self._anchors(connection, wish.mailbox), mailboxes=[wish.mailbox.canonical])
            return reply_documents(connection, find(connection, chosen, limit=wish.limit), now=now)

    def reply(self, id: str) -> ReplyDocument | None:
        """Return one reply, None where there is none."""
        with self._reading() as connection:
            found = show(connection, id)
            return reply_documents(connection, [found], now=self._clock())[0] if found else None

    def move(self, id: str, state: ReplyState, *, actor: str, reason: str) -> Moved | None:
        """Bring a reply forward; None where there is none, or nobody owes it an answer."""
        with self._writing() as connection:
            return move(connection, id, state, actor=actor, reason=reason, now=self._clock())

    def tell(self, events: Sequence[Event]) -> list[TakenEvent]:
        """Do what follows from the events, all of them or none. Raises EventError for one that names nobody."""
        with self._writing() as connection:
            return [take_event(connection, event, self._replies, now=self._clock()) for event in events]

    def knows(self, token: str) -> bool:
        """Whether the token of an unsubscribe link is ours, and still says whose it is. Nothing is changed."""
        with self._reading() as connection:
            return _meant(connection, token) is not None

    def unsubscribe(self, token: str) -> bool:
        """Have the person of an unsubscribe link get no more bulk mail; False where the link is not ours, or too old."""
        with self._writing() as connection:
            meant = _meant(connection, token)
            if meant is None:
                return False
            anchor, message = meant
            if Suppression.UNSUBSCRIBED not in said_against(connection, [anchor]).get(anchor, ()):
                suppress(
                    connection, Suppressed(anchor, Suppression.UNSUBSCRIBED, self._clock(), ACTOR, f"the link of {message}")
                )
            return True

    def close(self) -> None:
        """Close the database."""
        with self._opening:
            database, self._database = self._database, None
        if database is not None:
            database.close()

    def _anchors(self, connection: Connection, mailbox: Mailbox) -> tuple[str, ...]:
        """Return all under which replies of the person stand whose the mailbox is."""
        return self._directory.resolve_mailboxes(connection, [mailbox], limits=self._policy.limits)[0].anchors

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._well() as database, database.read() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._well() as database, database.write() as connection:
            yield connection

    @contextmanager
    def _well(self) -> Iterator[Database]:
        """Give the database. Raises UnavailableError where it fails; the log has the cause."""
        database = self._opened()
        try:
            yield database
        except (SQLAlchemyError, database.driver_error, OSError, StorageFullError) as error:
            raise _unavailable(error) from error

    def _opened(self) -> Database:
        with self._opening:
            if self._database is None:
                try:
                    self._database = Database.open(self._relay.database, create=False)
                except (MailguardError, SQLAlchemyError, OSError) as error:
                    raise _unavailable(error) from error
            return self._database


def _unavailable(error: Exception) -> UnavailableError:
    _log.error("http_database_failed", reason=str(getattr(error, "orig", None) or error))
    return UnavailableError("the database cannot be asked now; try again")


def _meant(connection: Connection, token: str) -> tuple[str, str] | None:
    """Return the anchor of the recipient of a token, and its mail; None where it is not ours, or the mail is gone."""
    key = known_key(connection, REPLY_KEY)
    signed = read(key, token) if key is not None else None
    if signed is None:
        return None
    mail = sent_by_id(connection, [signed.message]).get(signed.message)
    recipients = mail.recipients if mail else ()
    return next(((to.anchor, signed.message) for to in recipients if to.n == signed.n), None)
