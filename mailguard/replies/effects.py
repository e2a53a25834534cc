"""What follows from a mail that came in: mail to the person stops, addresses and persons are suppressed, a score is settled.

Everything here is for mail that is new to the ledger; a copy of it has no effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.facts import Suppression
from mailguard.policy.reply import Kind, Reply, ReplyState
from mailguard.replies.read_reply import ReadReply
from mailguard.replies.settings import ReplySettings
from mailguard.replies.tying import Tied
from mailguard.store.bounces import Bounce, record
from mailguard.store.person_anchors import anchors_of
from mailguard.store.replies import NewReply, Put
from mailguard.store.reply_moves import Act, move_all
from mailguard.store.suppressions import Suppressed, suppress
from mailguard.store.waiting_replies import Terms, stop_waiting

BY_SCORE: Final = "score"
"""The actor that resolves a good score without words: there is nothing to answer."""

_ACTOR: Final = "mailguard"
_SUPPRESSIONS: Final = {Kind.COMPLAINT: Suppression.COMPLAINED, Kind.UNSUBSCRIBE: Suppression.UNSUBSCRIBED}


@dataclass(frozen=True, slots=True)
class Entered:
    """A mail that came in: as it was to be written, where it stands, what was read of it and whose it is."""

    new: NewReply
    place: Put
    read: ReadReply
    tied: Tied


def carry_out(connection: Connection, entered: Sequence[Entered], settings: ReplySettings, *, now: datetime) -> None:
    """Do what follows from mails that are new."""
    record(connection, [bounce for one in entered for bounce in _bounces(one)])
    suppress(connection, *(found for one in entered if (found := _suppressed(one)) is not None))
    settle(connection, [one.new for one in entered], now=now)
    stop(connection, [(one.new, one.place) for one in entered], settings, now=now)


def settle(connection: Connection, replies: Iterable[NewReply], *, now: datetime) -> None:
    """Resolve what needs no answer."""
    move_all(connection, [one.id for one in replies if one.is_settled], ReplyState.RESOLVED, act=Act(now, BY_SCORE))


def stop(connection: Connection, replies: Iterable[tuple[NewReply, Put]], settings: ReplySettings, *, now: datetime) -> None:
    """Stop the mail that waits to go to who has answered, and that this reply speaks against."""
    owed = [(new.anchor, as_reply(new, place)) for new, place in replies if _counts(new)]
    anchors = anchors_of(connection, {anchor for anchor, _ in owed})
    terms = Terms(limits=settings.limits, now=now, hold_times=settings.hold_times, templates=settings.templates)
    of_person: dict[frozenset[str], list[Reply]] = {}
    for anchor, reply in owed:
        of_person.setdefault(frozenset(anchors[anchor]), []).append(reply)
    for own, written in of_person.items():
        stop_waiting(connection, own, written, terms)


def as_reply(new: NewReply, place: Put) -> Reply:
    """Return a human's reply that was just written, as the rules see it."""
    return Reply(
        id=place.id,
        seq=place.seq,
        at=new.received_at,
        state=ReplyState.OPEN,
        tie=new.tie,
        message_id=new.message_id,
        answers=new.answers,
        template=new.template,
        facts=new.facts,
        thread=frozenset(new.thread),
        conversation=new.conversation,
        score=new.score,
    )


def _counts(new: NewReply) -> bool:
    """Whether a reply is owed an answer and counts for the person."""
    return new.kind is Kind.HUMAN and new.is_owed and new.speaks_for_person and not new.is_settled


def _bounces(one: Entered) -> list[Bounce]:
    """Return what a bounce says of mailboxes that we wrote to; nothing for one that names no mail of ours."""
    return [
        Bounce(
            parse_mailbox(failure.to.mailbox).canonical,
            one.new.received_at,
            failure.said.is_hard,
            # A co-recipient, too, knows the Message-ID: what one mail says of the address then needs another that says it.
            failure.said.status if failure.is_proven else "",
            failure.mail.id,
            failure.to.n,
        )
        for failure in one.tied.failures
    ]


def _suppressed(one: Entered) -> Suppressed | None:
    """Return whom a complaint or an unsubscription takes off the lists; the latter is obeyed on its mere word."""
    suppression = _SUPPRESSIONS.get(one.new.kind)
    is_meant = one.new.kind is Kind.UNSUBSCRIBE or one.new.speaks_for_person
    if suppression is None or not one.new.anchor or not is_meant:
        return None
    return Suppressed(one.new.anchor, suppression, one.new.received_at, _ACTOR, f"{one.new.kind} {one.place.id}")
