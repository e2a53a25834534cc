"""The way of a reply in: read, tied, written once, and what follows from it done; a batch in one transaction.

Reading is by far the most of the work and needs no database, so it is done before: no mail waits at the ledger for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection
from ulid import ULID

from mailguard.policy.reply import Kind, Tie
from mailguard.policy.template_rule import rule_for
from mailguard.replies.due import due_at, is_settled
from mailguard.replies.effects import Entered, carry_out
from mailguard.replies.incoming import Incoming, Taken
from mailguard.replies.read_reply import ReadReply, read_reply
from mailguard.replies.settings import ReplySettings
from mailguard.replies.tying import Tied, tie_all
from mailguard.store.replies import NewReply, put
from mailguard.store.set_aside import SetAside, put_aside

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A mail as its source gave it, and what was read of it; None where that could not be, and `error` says why."""

    incoming: Incoming
    reply: ReadReply | None
    error: str = ""


class Ingest:
    """Takes replies in as the operator has set it. Keeps nothing but that; may be used by several threads."""

    def __init__(self, settings: ReplySettings) -> None:
        self._settings = settings

    def use(self, settings: ReplySettings) -> None:
        """Take replies in by other settings from the next batch on."""
        self._settings = settings

    def read(self, mails: Sequence[Incoming]) -> list[ReadMail]:
        """Return `mails`, read. Never raises on what is in them."""
        return [self._read(mail) for mail in mails]

    def take(self, connection: Connection, mails: Sequence[ReadMail], *, now: datetime) -> list[Taken]:
        """Write down what was read and do what follows from it; return what became of each.

        What is there already changes nothing, what could not be read is put aside.
        """
        put_aside(connection, [_aside(mail, now) for mail in mails if mail.reply is None])
        readable = [(mail.incoming, mail.reply) for mail in mails if mail.reply is not None]
        entered = iter([one for wave in _waves(readable) for one in self._enter(connection, wave, now=now)])
        return [_put_aside(mail) if mail.reply is None else _entered(next(entered)) for mail in mails]

    def _enter(self, connection: Connection, mails: Sequence[tuple[Incoming, ReadReply]], *, now: datetime) -> list[Entered]:
        settings = self._settings
        ties = tie_all(connection, [read for _, read in mails], settings.limits, now=now)
        new = [self._new(incoming, read, tied, now) for (incoming, read), tied in zip(mails, ties, strict=True)]
        places = put(connection, new)
        entered = [Entered(*one) for one in zip(new, places, (read for _, read in mails), ties, strict=True)]
        carry_out(connection, [one for one in entered if one.place.is_new], settings, now=now)
        return entered

    def _read(self, mail: Incoming) -> ReadMail:
        settings = self._settings
        try:
            read = read_reply(
                mail.octets,
                received_at=mail.received_at,
                envelope_recipients=mail.envelope_recipients,
                authserv_ids=settings.authserv_ids,
                own_domains=tuple(settings.limits.own_domains),
            )
        except Exception as error:  # noqa: BLE001 - the mail would be lost otherwise, and hold up those behind it
            _log.exception("reply_unreadable", source=mail.source, name=mail.name)
            return ReadMail(mail, None, f"could not be read: {type(error).__name__}")
        return ReadMail(mail, None, read.unreadable) if read.unreadable else ReadMail(mail, read)

    def _new(self, incoming: Incoming, read: ReadReply, tied: Tied, now: datetime) -> NewReply:
        """Return the reply as the ledger is to have it."""
        mail = tied.mail
        rule = rule_for(self._settings.templates, mail.template if mail else "")
        thread = _thread(read, tied)
        score = read.score if mail is not None and rule.is_survey and read.kind is Kind.HUMAN else None
        return NewReply(
            id=str(ULID.from_datetime(now)),
            key=read.key,
            received_at=incoming.received_at,
            written_at=read.written_at,
            source=incoming.source,
            kind=read.kind,
            detail=read.detail,
            tie=tied.tie,
            anchor=tied.anchor,
            mailbox=read.originator.canonical if read.originator else "",
            message_id=read.message_id,
            subject=read.subject,
            language=read.language,
            text=read.text,
            score=score,
            answers=mail.id if mail else "",
            answers_n=tied.to.n if tied.to else None,
            thread=thread,
            conversation=tied.conversation,
            template=mail.template if mail else "",
            facts=mail.facts if mail else b"",
            brand=self._brand(read, tied),
            due_at=due_at(incoming.received_at, rule, score) if self._is_due(read, tied) else None,
            returns_at=read.returns_at,
            is_settled=is_settled(rule, score, has_words=not read.is_bare_score),
            is_trusted=tied.tie is Tie.SUBJECT and self._settings.trusts_subject,
            is_owed=not self._went_out(incoming, read, tied),
            size=read.size,
            content=incoming.octets,
        )

    def _is_due(self, read: ReadReply, tied: Tied) -> bool:
        """Whether somebody waits for an answer by a certain time: no colleague."""
        return read.kind is Kind.HUMAN and not self._is_colleagues(read, tied)

    def _is_colleagues(self, read: ReadReply, tied: Tied) -> bool:
        is_own = read.originator is not None and self._settings.limits.is_own(read.originator.domain)
        return is_own and tied.tie not in {Tie.TOKEN, Tie.THREAD}

    def _went_out(self, incoming: Incoming, read: ReadReply, tied: Tied) -> bool:
        """Whether it is a colleague's mail to customers: a server that copies all mail copies that, too."""
        is_own = self._settings.limits.is_own
        shown = (box for box in read.recipients if box.wire not in incoming.envelope_recipients)
        return self._is_colleagues(read, tied) and any(not is_own(box.domain) for box in shown)

    def _brand(self, read: ReadReply, tied: Tied) -> str:
        """Return the brand whose mail it answers, else whose address it was written to."""
        of_client = self._settings.client_brands.get(tied.mail.client, "") if tied.mail else ""
        written_to = (self._settings.mailbox_brands.get(box.canonical, "") for box in read.recipients)
        return of_client or next(filter(None, written_to), "")


def _waves(mails: Sequence[tuple[Incoming, ReadReply]]) -> Iterator[list[tuple[Incoming, ReadReply]]]:
    """Give the mails in order, none of them together with one that it goes on from: that one is in the ledger then."""
    wave: list[tuple[Incoming, ReadReply]] = []
    ids: set[str] = set()
    for incoming, read in mails:
        if not ids.isdisjoint((*read.thread.in_reply_to, *read.thread.references)):
            yield wave
            wave, ids = [], set()
        wave.append((incoming, read))
        ids.add(read.message_id)
    if wave:
        yield wave


def _thread(read: ReadReply, tied: Tied) -> tuple[str, ...]:
    """Return the Message-IDs of the conversation, the one that began it first, its own last."""
    answered = (tied.mail.message_id,) if tied.mail else ()
    ids = (tied.conversation, *read.thread.references, *read.thread.in_reply_to, *answered, read.message_id)
    return tuple(dict.fromkeys(id for id in ids if id))


def _entered(one: Entered) -> Taken:
    return Taken(one.place.id, one.new.kind, one.place.is_new)


def _put_aside(mail: ReadMail) -> Taken:
    return Taken("", None, is_new=True, error=mail.error, name=mail.incoming.name)


def _aside(mail: ReadMail, now: datetime) -> SetAside:
    incoming = mail.incoming
    return SetAside(now, incoming.source, incoming.name, mail.error, incoming.octets)
