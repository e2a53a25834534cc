"""Mail that answers replies: what it moves in the ledger once it may leave, at intake or when a clerk releases it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from mailguard.identity.person import Resolution
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.reply_history import Answering, Move, is_of, move_of
from mailguard.store import reply_lookup
from mailguard.store.person_anchors import anchors_of
from mailguard.store.reply_moves import Act, move_each
from mailguard.store.statement import Lookup

_ANSWERING: Final = Lookup(
    {"message": "text", "n": "integer"},
    """SELECT r.message, r.mailbox, r.anchor, m.client, m.is_automatic, m.answers
    FROM k CROSS JOIN recipient r CROSS JOIN message m
    WHERE r.message = k.message AND r.n = k.n AND m.id = r.message AND m.answers IS NOT NULL""",
)


def answer_replies(connection: Connection, moves: Iterable[Move], *, now: datetime) -> None:
    """Write down what mail that may leave has answered."""
    move_each(connection, [(one.reply, one.state, Act(now, one.actor, one.reason)) for one in moves])


def answer_released(connection: Connection, places: Collection[tuple[str, int]], *, now: datetime) -> None:
    """The same for mail (message and recipient) that a clerk has just let out.

    Whether an automatic one was an auto-reply is not written down: it acknowledges in the name of its client.
    """
    rows = _ANSWERING.fetch(connection, places)
    named = reply_lookup.by_message_id(connection, {id for row in rows for id in row[5].split("\n")})
    if not named:
        return
    theirs = anchors_of(connection, {row[2] for row in rows})
    for message, mailbox, anchor, client, is_automatic, answers in rows:
        box = parse_mailbox(mailbox)
        ids = tuple(answers.split("\n"))
        answering = Answering(message, client, ids, ids, is_automatic=bool(is_automatic), is_auto_replied=False)
        to = Resolution(box, anchor, 1.0, anchor=anchor, anchors=theirs[anchor])
        answered = (one.reply for id in ids for one in named.get(id, ()) if is_of(one, to))
        answer_replies(connection, filter(None, (move_of(reply, answering) for reply in answered)), now=now)
