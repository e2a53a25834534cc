"""What was sent, as what comes back names it: by Message-ID, by the ledger's id, or by whom it went to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from mailguard.policy.facts import State
from mailguard.store.instant import from_micros, to_micros
from mailguard.store.plain_text import storable
from mailguard.store.statement import Lookup

MOST_OF_A_MESSAGE_ID: Final = 1_000
"""Mails with one Message-ID that are looked at, the newest ones: what is rendered is a mail for each of its recipients."""

MOST_RECIPIENTS: Final = 1_000
"""Recipients of one mail that are looked at."""

_LEFT: Final = tuple(state.value for state in (State.QUEUED, State.DEFERRED, State.DELIVERED, State.FAILED))
"""States in which a recipient may have had the mail, or soon will."""

_IN_LEFT: Final = ", ".join(f"'{state}'" for state in _LEFT)

_MAIL: Final = "m.id, m.received_at, m.template, m.facts, m.subject, m.client, m.message_id, m.is_automatic, m.thread"

_BY_MESSAGE_ID = Lookup(
    {"message_id": "text"},
    f"""SELECT {_MAIL} FROM k CROSS JOIN message m ON m.seq IN (
        SELECT i.seq FROM message i WHERE i.message_id = k.message_id AND i.is_replay = FALSE ORDER BY i.seq DESC LIMIT ?
    ) ORDER BY m.seq DESC""",  # noqa: S608 - constants
    postgres=f"""SELECT {_MAIL} FROM k CROSS JOIN LATERAL (
        SELECT i.* FROM message i WHERE i.message_id = k.message_id AND i.is_replay = FALSE ORDER BY i.seq DESC LIMIT ?
    ) m ORDER BY m.seq DESC""",  # noqa: S608 - constants
)

_BY_ID = Lookup({"id": "text"}, f"SELECT {_MAIL} FROM k CROSS JOIN message m WHERE m.id = k.id")  # noqa: S608 - constants

_RECIPIENTS = Lookup(
    {"id": "text"},
    f"""SELECT r.message, r.n, r.mailbox, r.anchor FROM k CROSS JOIN recipient r ON r.rowid IN (
        SELECT i.rowid FROM recipient i WHERE i.message = k.id AND i.state IN ({_IN_LEFT}) ORDER BY i.n LIMIT ?
    ) ORDER BY r.message, r.n""",  # noqa: S608 - constants
    postgres=f"""SELECT r.message, r.n, r.mailbox, r.anchor FROM k CROSS JOIN LATERAL (
        SELECT i.* FROM recipient i WHERE i.message = k.id AND i.state IN ({_IN_LEFT}) ORDER BY i.n LIMIT ?
    ) r ORDER BY r.message, r.n""",  # noqa: S608 - constants
)

_SENT_TO = Lookup(
    {"anchor": "text"},
    f"""SELECT r.anchor, r.message, r.n, r.mailbox FROM k CROSS JOIN recipient r ON r.rowid IN (
        SELECT i.rowid FROM recipient i WHERE i.anchor = k.anchor AND i.is_counted = TRUE AND i.at > ?
        ORDER BY i.at DESC LIMIT ?
    ) WHERE r.state IN ({_IN_LEFT}) ORDER BY r.at DESC""",  # noqa: S608 - constants
    postgres=f"""SELECT r.anchor, r.message, r.n, r.mailbox FROM k CROSS JOIN LATERAL (
        SELECT i.* FROM recipient i WHERE i.anchor = k.anchor AND i.is_counted = TRUE AND i.at > ? ORDER BY i.at DESC LIMIT ?
    ) r WHERE r.state IN ({_IN_LEFT}) ORDER BY r.at DESC""",  # noqa: S608 - constants
)


@dataclass(frozen=True, slots=True)
class SentTo:
    """One recipient of a mail: its ordinal there, the mailbox as it was written to, and what its history hangs on."""

    n: int
    mailbox: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail of the ledger, with those recipients that had it or soon will, at most MOST_RECIPIENTS.

    `thread`: the Message-IDs that it names itself, what it answers first and what began the conversation last.
    """

    id: str
    received_at: datetime
    template: str
    facts: bytes
    subject: str
    client: str
    message_id: str
    is_automatic: bool
    thread: tuple[str, ...] = ()
    recipients: tuple[SentTo, ...] = ()


def sent(connection: Connection, message_ids: Iterable[str]) -> dict[str, list[SentMail]]:
    """Message-ID (without angle brackets) → the mails that were sent under it, newest first."""
    named = {storable(id): id for id in message_ids if id}
    rows = _BY_MESSAGE_ID.fetch(connection, [(id,) for id in named], MOST_OF_A_MESSAGE_ID)
    found: dict[str, list[SentMail]] = {}
    for mail in _with_recipients(connection, [_mail(row) for row in rows]):
        found.setdefault(named[mail.message_id], []).append(mail)
    return found


def sent_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, SentMail]:
    """The mails with these ids of the ledger, those that there are."""
    rows = _BY_ID.fetch(connection, [(id,) for id in dict.fromkeys(ids)])
    return {mail.id: mail for mail in _with_recipients(connection, [_mail(row) for row in rows])}


def sent_to(connection: Connection, anchors: Iterable[str], since: datetime, limit: int) -> dict[str, list[SentMail]]:
    """Anchor → the mails that it was sent since then, newest first, each with that recipient alone; `limit` are looked at."""
    keys = [(anchor,) for anchor in dict.fromkeys(anchors)]
    found: dict[str, list[tuple[str, SentTo]]] = {}
    for anchor, message, n, mailbox in _SENT_TO.fetch(connection, keys, to_micros(since), limit):
        found.setdefault(anchor, []).append((message, SentTo(n, mailbox, anchor)))
    wanted = {(message,) for of_anchor in found.values() for message, _ in of_anchor}
    mails = {row[0]: _mail(row) for row in _BY_ID.fetch(connection, wanted)}
    return {
        anchor: [replace(mails[message], recipients=(to,)) for message, to in of_anchor] for anchor, of_anchor in found.items()
    }


def _with_recipients(connection: Connection, mails: Collection[SentMail]) -> list[SentMail]:
    to: dict[str, list[SentTo]] = {mail.id: [] for mail in mails}
    for message, *rest in _RECIPIENTS.fetch(connection, [(id,) for id in to], MOST_RECIPIENTS):
        to[message].append(SentTo(*rest))
    return [replace(mail, recipients=tuple(to[mail.id])) for mail in mails]


def _mail(row: Any) -> SentMail:
    id, at, template, facts, subject, client, message_id, is_automatic, thread = row
    return SentMail(
        id=id,
        received_at=from_micros(at),
        template=template,
        facts=bytes(facts),
        subject=subject,
        client=client,
        message_id=message_id,
        is_automatic=bool(is_automatic),
        thread=tuple(thread.split("\n")) if thread else (),
    )
