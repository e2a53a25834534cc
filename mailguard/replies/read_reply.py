"""From the octets of a mail from the customers' side to a `ReadReply`: every notion read once, within bounds, nothing raised.

It refuses to know persons, the ledger and what was sent; those who know tie the reply to them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from mailguard.mail.address_list import parse_originator
from mailguard.mail.date_field import parse_date
from mailguard.mail.encoded_word import decode_words
from mailguard.mail.header import Header, UnreadableError, scan
from mailguard.mail.mailbox import Mailbox
from mailguard.mail.mime import walk
from mailguard.mail.thread import Thread, read_message_id, read_thread
from mailguard.policy.reply import Kind
from mailguard.replies.authentication import trusted_originator
from mailguard.replies.bounce import BounceReport
from mailguard.replies.complaint import ComplaintReport
from mailguard.replies.destinations import read_destinations
from mailguard.replies.kind import Told, sort_reply
from mailguard.replies.language import read_language
from mailguard.replies.reply_key import reply_key
from mailguard.replies.score import read_score
from mailguard.replies.vacation import read_return
from mailguard.replies.written import Written, read_written

_LONGEST_SUBJECT = 2_000
# RFC 5322 3.6 wants From and Date; of some real mail one of these is all that is left. Nothing that is no mail has any.
_MAIL_FIELDS = frozenset({"from", "sender", "to", "date", "subject", "message-id", "received", "return-path"})
# UnreadableError, and what a bounded step may raise when it meets what nobody foresaw: the mail is put aside, not lost.
_FAILURES = (ValueError, LookupError, ArithmeticError, RecursionError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReply:
    """A mail that came in, as it was read.

    `key` is what it is known by, 16 octets; `message_id` is without angle brackets, "" where absent. `text` are the newly
    written words, "" where there are none; `language` an ISO 639-1 code, "" where it is not told. `score` is what the text
    would be as an answer to a survey, and is one only where the mail answers one; `is_bare_score`: it says nothing else.
    `returns_at` is when she who is out of office is back. `is_authenticated`: a trusted server vouches for `originator`.
    `unreadable` says why the mail could not be read, and then `kind` says nothing; "" else.
    """

    key: bytes
    size: int
    unreadable: str = ""
    message_id: str = ""
    originator: Mailbox | None = None
    recipients: tuple[Mailbox, ...] = ()
    subject: str = ""
    written_at: datetime | None = None
    thread: Thread = field(default_factory=lambda: Thread((), (), is_reply=False, is_forward=False))
    kind: Kind = Kind.HUMAN
    detail: str = ""
    text: str = ""
    language: str = ""
    score: int | None = None
    is_bare_score: bool = False
    returns_at: datetime | None = None
    bounce: BounceReport | None = None
    complaint: ComplaintReport | None = None
    is_authenticated: bool = False


def read_reply(
    octets: bytes,
    *,
    received_at: datetime,
    reverse_path: str | None = None,
    envelope_recipients: Iterable[str] = (),
    authserv_ids: Collection[str] = (),
    own_domains: Collection[str] = (),
) -> ReadReply:
    """Return the mail as it was read. Never raises on content: what cannot be read within bounds is said in `unreadable`.

    `received_at` is aware, for dates where the mail has none. `reverse_path` is that of the envelope, "" for the null one;
    where it is None, a Return-Path field is believed. `authserv_ids` are those of RFC 8601 whose results count. `own_domains`
    are folded: the List fields of a group there do not make a mail automatic.
    """
    try:
        header = scan(octets)
    except UnreadableError as error:
        return ReadReply(key=reply_key(octets, None, message_id=""), size=len(octets), unreadable=str(error))
    known = _read_header(octets, header, envelope_recipients)
    if _MAIL_FIELDS.isdisjoint(header.names):
        return replace(known, unreadable="is no mail: it has no From, Date, Subject or any such field")
    try:
        return _read_content(
            known,
            octets,
            header,
            received_at=received_at,
            reverse_path=_reverse_path(header) if reverse_path is None else reverse_path,
            own_domains=own_domains,
            is_authenticated=trusted_originator(header, authserv_ids) is not None,
        )
    except _FAILURES as error:
        return replace(known, unreadable=str(error) if isinstance(error, UnreadableError) else "its parts could not be read")


def _read_header(octets: bytes, header: Header, envelope_recipients: Iterable[str]) -> ReadReply:
    message_id = next(filter(None, map(read_message_id, header.all("message-id"))), "")
    subject = decode_words(header.first("subject"))[:_LONGEST_SUBJECT].strip()
    return ReadReply(
        key=reply_key(octets, header, message_id=message_id),
        size=len(octets),
        message_id=message_id,
        originator=parse_originator(header.first("from")),
        recipients=read_destinations(header, envelope_recipients),
        subject=subject,
        written_at=parse_date(header.first("date")),
        thread=read_thread(header, subject=subject),
    )


def _read_content(
    known: ReadReply,
    octets: bytes,
    header: Header,
    *,
    received_at: datetime,
    reverse_path: str | None,
    own_domains: Collection[str],
    is_authenticated: bool,
) -> ReadReply:
    parts = walk(header, octets)
    written = read_written(parts)
    sorted_ = sort_reply(
        Told(
            octets=octets,
            header=header,
            parts=parts,
            subject=known.subject,
            text=written.text,
            originator=known.originator,
            recipients=known.recipients,
            reverse_path=reverse_path,
            is_reply=bool(known.thread.answers),
            own_domains=own_domains,
        )
    )
    language = _language(sorted_.kind, header, written)
    score = read_score(written.text) if sorted_.kind is Kind.HUMAN else None
    is_absent = sorted_.detail == "out_of_office"
    said = f"{known.subject}\n{written.text}"
    return replace(
        known,
        kind=sorted_.kind,
        detail=sorted_.detail,
        text=written.text,
        language=language,
        score=score.value if score else None,
        is_bare_score=score is not None and score.is_bare,
        returns_at=read_return(said, written_at=known.written_at or received_at, language=language) if is_absent else None,
        bounce=sorted_.bounce,
        complaint=sorted_.complaint,
        is_authenticated=is_authenticated,
    )


def _language(kind: Kind, header: Header, written: Written) -> str:
    """Return the language of what a person or an absent person's program wrote; that of a report tells nothing of anybody."""
    if kind in {Kind.BOUNCE, Kind.COMPLAINT}:
        return ""
    return read_language(written.text, said=header.first("content-language"), html=written.html)


def _reverse_path(header: Header) -> str | None:
    """Return what the last server wrote down as the reverse-path (RFC 5321 4.4); None where it wrote nothing."""
    return header.first("return-path").strip().strip("<>") if "return-path" in header.names else None
