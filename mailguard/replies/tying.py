"""Whose a mail is that came in, and which mail of ours it answers (`policy.reply.Tie` says by what, the strongest first).

What the ledger knows of a batch is gathered in a few queries, whatever its size; then each mail is judged by itself. What
anybody can write (From) ties nothing by itself, so that nobody speaks for another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import Final

from sqlalchemy import Connection

from mailguard.mail.mailbox import parse_mailbox
from mailguard.mail.thread import bare_subject
from mailguard.mail.token import TOKEN_CHARACTERS, Signed, read
from mailguard.policy.limits import Limits
from mailguard.policy.reply import Answerable, Tie
from mailguard.replies.bounce import BouncedRecipient
from mailguard.replies.read_reply import ReadReply
from mailguard.store.person_anchors import anchors_of
from mailguard.store.reply_lookup import by_message_id
from mailguard.store.secrets import REPLY_KEY, known_key
from mailguard.store.sent import SentMail, SentTo, sent, sent_by_id, sent_to

MOST_BY_SUBJECT: Final = 50
"""Mails to a person among which one with the reply's subject is looked for, the newest ones."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A recipient whom a mail of ours did not reach, and what the bounce says of it.

    `is_proven`: no other recipient of the mail can have written this, for it has our signature, or the mail went to one alone.
    """

    mail: SentMail
    to: SentTo
    said: BouncedRecipient
    is_proven: bool


@dataclass(frozen=True, slots=True)
class Tied:
    """Whose a mail is and what it answers. `anchor` "": nobody's. `to` None: not known which of the mail's recipients.

    `conversation`: the Message-ID that began it, "" where none is named. `failures`: of a bounce, those of our recipients that
    it names.
    """

    tie: Tie = Tie.NONE
    anchor: str = ""
    mail: SentMail | None = None
    to: SentTo | None = None
    conversation: str = ""
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the ledger knows that the ties of a batch rest on.

    `named`: Message-ID → mails of ours. `by_id`: those that tokens name, and that earlier replies answer. `earlier`: Message-ID
    → replies that were taken in before. `anchors`: From's canonical mailbox → all anchors of the person that it is.
    """

    limits: Limits
    key: bytes | None = field(default=None, repr=False)
    named: Mapping[str, Sequence[SentMail]] = field(default_factory=dict)
    by_id: Mapping[str, SentMail] = field(default_factory=dict)
    earlier: Mapping[str, Sequence[Answerable]] = field(default_factory=dict)
    anchors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def tie_all(connection: Connection, mails: Sequence[ReadReply], limits: Limits, *, now: datetime) -> list[Tied]:
    """Return whose each of `mails` is and what it answers."""
    known = _gathered(connection, mails, limits)
    found = [tied(mail, known) for mail in mails]
    # Only what names no mail of ours is looked for by its subject.
    boxes = {_from(mail) for mail, one in zip(mails, found, strict=True) if one.mail is None}
    anchors = {anchor for box in boxes if box for anchor in known.anchors[box]}
    latest = sent_to(connection, anchors, now - limits.reply_window, MOST_BY_SUBJECT)
    ties = [one if one.mail else by_subject(mail, one, known, latest) for mail, one in zip(mails, found, strict=True)]
    return [replace(one, conversation=_conversation(mail, one, known)) for mail, one in zip(mails, ties, strict=True)]


def tied(mail: ReadReply, known: Known) -> Tied:
    """Return whose `mail` is, by all but its subject."""
    if mail.bounce is not None:
        return _by_bounce(mail, known)
    if mail.complaint is not None:
        return _by_complaint(mail, known)
    strong = chain(_by_token(mail, known), _by_thread(mail, known), _going_on(mail, known))
    return next(strong, None) or _by_from(mail, known)


def _by_token(mail: ReadReply, known: Known) -> Iterator[Tied]:
    for found, to in _signed(mail, known):
        yield Tied(Tie.TOKEN, to.anchor, found, to)


def _by_thread(mail: ReadReply, known: Known) -> Iterator[Tied]:
    for found, to in _threaded(mail, known):
        yield Tied(Tie.THREAD, to.anchor, found, to)


def _by_from(mail: ReadReply, known: Known) -> Tied:
    answered = _first(_named(mail, known))
    if not _from(mail):
        return Tied(mail=answered)
    return Tied(Tie.AUTHENTICATED if mail.is_authenticated else Tie.SENDER, _from(mail), answered)


def by_subject(mail: ReadReply, one: Tied, known: Known, latest: Mapping[str, Sequence[SentMail]]) -> Tied:
    """Return the tie of a mail that names none of ours: to one that From's person was sent under this subject, if any."""
    subject = bare_subject(mail.subject)
    if one.tie not in {Tie.AUTHENTICATED, Tie.SENDER} or not subject:
        return one
    sent_there = (found for anchor in known.anchors[_from(mail)] for found in latest.get(anchor, ()))
    same = [found for found in sent_there if bare_subject(found.subject) == subject]
    if not same:
        return one
    newest = max(same, key=lambda found: found.received_at)
    to = newest.recipients[0]
    return Tied(one.tie if one.tie is Tie.AUTHENTICATED else Tie.SUBJECT, to.anchor, newest, to)


def _gathered(connection: Connection, mails: Sequence[ReadReply], limits: Limits) -> Known:
    key = known_key(connection, REPLY_KEY)
    ids = {id for mail in mails for id in _message_ids(mail)}
    named = sent(connection, ids)
    earlier = by_message_id(connection, ids | {id for of in named.values() for found in of for id in found.thread})
    tokens = {token.message for mail in mails for token in _tokens(mail, key)}
    answered = {one.reply.answers for of in earlier.values() for one in of if one.reply.answers}
    return Known(
        limits=limits,
        key=key,
        named=named,
        by_id=sent_by_id(connection, tokens | answered),
        earlier=earlier,
        anchors=anchors_of(connection, {box for mail in mails if (box := _from(mail))}),
    )


def _from(mail: ReadReply) -> str:
    return mail.originator.canonical if mail.originator else ""


def _message_ids(mail: ReadReply) -> tuple[str, ...]:
    """Return the Message-IDs that a mail names as those that it answers or speaks of, the likeliest first."""
    spoken_of = (*(mail.bounce.message_ids if mail.bounce else ()), *(mail.complaint.message_ids if mail.complaint else ()))
    return tuple(dict.fromkeys((*spoken_of, *mail.thread.in_reply_to, *reversed(mail.thread.references))))


def _named(mail: ReadReply, known: Known) -> list[Sequence[SentMail]]:
    """Return the mails of ours that it names, those of one Message-ID together: what was rendered is one for each recipient."""
    return [known.named[id] for id in _message_ids(mail) if id in known.named]


def _first(named: Sequence[Sequence[SentMail]]) -> SentMail | None:
    return named[0][0] if named else None


def _tokens(mail: ReadReply, key: bytes | None) -> Iterator[Signed]:
    """Give what the tokens in a mail were signed for: in the addresses that it came to, then in the Message-IDs it names."""
    if key is None:
        return
    tags = (box.local_part.rpartition("+")[2] for box in mail.recipients)
    ids = (id.partition("@")[0] for id in _message_ids(mail))
    for text in (*tags, *ids):
        # A signature of ours is proof by itself, whichever of our addresses it stands in.
        if len(text) == TOKEN_CHARACTERS and (signed := read(key, text)) is not None:
            yield signed


def _signed(mail: ReadReply, known: Known) -> Iterator[tuple[SentMail, SentTo]]:
    for token in _tokens(mail, known.key):
        found = known.by_id.get(token.message)
        to = next((one for one in found.recipients if one.n == token.n), None) if found else None
        if found is not None and to is not None and _may_speak(mail, to, known):
            yield found, to


def _threaded(mail: ReadReply, known: Known) -> Iterator[tuple[SentMail, SentTo]]:
    for mails in _named(mail, known):
        had = _had(mails)
        own = next((one for one in had if _is_from(mail, one[1], known)), None)
        if own is not None:
            yield own
        elif _is_one(had) and _may_speak(mail, had[0][1], known):
            # To know the Message-ID is to have had the mail, and one person had.
            yield had[0]


def _had(mails: Sequence[SentMail]) -> list[tuple[SentMail, SentTo]]:
    """Return all who had one of these mails."""
    return [(mail, to) for mail in mails for to in mail.recipients]


def _is_one(had: Sequence[tuple[SentMail, SentTo]]) -> bool:
    """Whether one alone had it, however often."""
    return len({to.anchor for _, to in had}) == 1


def _went_to_one(mail: SentMail, named: Iterable[Sequence[SentMail]]) -> bool:
    """Whether one alone had this mail, with all those of its Message-ID."""
    return all(_is_one(_had(mails)) for mails in named if mail in mails)


def _going_on(mail: ReadReply, known: Known) -> Iterator[Tied]:
    """Give the ties of the person's own earlier replies that a mail names: some programs name nothing else."""
    for id in _message_ids(mail):
        for one in known.earlier.get(id, ()):
            if _is_hers(one, mail, "", known) and one.reply.tie.speaks_for_person:
                found = known.by_id.get(one.reply.answers)
                to = next((to for to in found.recipients if to.anchor == one.anchor), None) if found else None
                yield Tied(Tie.THREAD, one.anchor, found, to)


def _conversation(mail: ReadReply, tied: Tied, known: Known) -> str:
    """Return the Message-ID that began the conversation: as it was known before, else the oldest that is named."""
    named = (*_message_ids(mail), *(tied.mail.thread if tied.mail else ()))
    for one in chain.from_iterable(known.earlier.get(id, ()) for id in named):
        if one.reply.conversation and _is_hers(one, mail, tied.anchor, known):
            return one.reply.conversation
    of_mail = (*tied.mail.thread[-1:], tied.mail.message_id) if tied.mail else ()
    oldest = (*mail.thread.references[:1], *of_mail, *mail.thread.in_reply_to, mail.message_id)
    return next(filter(None, oldest), "")


def _is_hers(one: Answerable, mail: ReadReply, anchor: str, known: Known) -> bool:
    """Whether an earlier reply is of the person whom a mail is of: under one of her anchors, or from the same mailbox."""
    box = _from(mail)
    return bool(one.anchor) and (one.anchor in {anchor, *known.anchors.get(box, ())} or one.mailbox == box)


def _may_speak(mail: ReadReply, to: SentTo, known: Known) -> bool:
    """Whether the mail can be the recipient's: a colleague's answer, which may come in as a copy, is no customer's."""
    return mail.originator is None or not known.limits.is_own(mail.originator.domain) or _is_from(mail, to, known)


def _is_from(mail: ReadReply, to: SentTo, known: Known) -> bool:
    """Whether From is the person whom a mail of ours went to, at whichever mailbox."""
    box = _from(mail)
    return bool(box) and (to.anchor in known.anchors[box] or _canonical(to.mailbox) == box)


def _by_bounce(mail: ReadReply, known: Known) -> Tied:
    """Return what a bounce tells of; one that names no mail of ours tells of nobody."""
    said = [one for one in mail.bounce.recipients if one.action == "failed"] if mail.bounce else []
    signed = next(_signed(mail, known), None)
    mails = [[signed[0]]] if signed else _named(mail, known)
    meant = [(one, next(_meant({one.mailbox.canonical}, mails, is_alone=len(said) == 1), None)) for one in said]
    failures = tuple(
        Failure(*place, one, is_proven=signed is not None or _went_to_one(place[0], mails))
        for one, place in meant
        if place is not None
    )
    if not failures:
        return Tied(mail=_first(mails))
    first = failures[0]
    return Tied(Tie.TOKEN if signed else Tie.THREAD, first.to.anchor, first.mail, first.to, failures=failures)


def _by_complaint(mail: ReadReply, known: Known) -> Tied:
    """Return who complains: the report names the mail, and where that went to several, must name who of them it was."""
    signed = next(_signed(mail, known), None)
    if signed is not None:
        return Tied(Tie.TOKEN, signed[1].anchor, *signed)
    named = {box.canonical for box in mail.complaint.recipients} if mail.complaint else set[str]()
    mails = _named(mail, known)
    meant = next(_meant(named, mails, is_alone=len(named) <= 1), None)
    return Tied(Tie.THREAD, meant[1].anchor, *meant) if meant else Tied(mail=_first(mails))


def _meant(boxes: Collection[str], named: Iterable[Sequence[SentMail]], *, is_alone: bool) -> Iterator[tuple[SentMail, SentTo]]:
    """Give the recipients with these mailboxes. Where a mail went to one alone, it is, wherever that forwards its mail to."""
    for mails in named:
        had = _had(mails)
        own = next((one for one in had if _canonical(one[1].mailbox) in boxes), None)
        if own is not None:
            yield own
        elif is_alone and _is_one(had):
            yield had[0]


def _canonical(wire: str) -> str:
    return parse_mailbox(wire).canonical
