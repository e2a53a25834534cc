"""From the octets that a session took to a `Message`: every notion is read once, within bounds, and nothing is raised.

What leaves is the sender's octets, less the `Mailguard-*` fields, with a Message-ID and a Date where there was none. It is
never parsed and written again: fields are cut out by their places, or nothing is touched and nothing is copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from mailguard.mail.address_list import MAX_MAILBOXES, parse_address_list, parse_originator
from mailguard.mail.automation import read_automation
from mailguard.mail.control import CONTROL_PREFIX, NO_CONTROL_FIELDS, read_control
from mailguard.mail.date_field import format_date, parse_date
from mailguard.mail.encoded_word import decode_words
from mailguard.mail.fingerprint import Fingerprint, Taken, fingerprint_of
from mailguard.mail.header import Header, UnreadableError, scan
from mailguard.mail.mailbox import Mailbox
from mailguard.mail.message import Message
from mailguard.mail.mime import walk
from mailguard.mail.octet_edits import edited
from mailguard.mail.reading import read_parts
from mailguard.mail.seal import seal_of
from mailguard.mail.thread import read_message_id, read_thread

_RECIPIENT_FIELDS = frozenset({"to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc"})
_TRACE_FIELDS = frozenset({"received", "return-path"})
_NO_HEADER = scan(b"")
_FOLDED_LINE = re.compile(rb"[^\n]*+(?:\n[ \t][^\n]*+)*+\n?")
_MOST_CONTROL_LINES = 10_000
# UnreadableError, and what a bounded step may raise when it meets what nobody foresaw: the mail is held, not lost.
_FAILURES = (ValueError, LookupError, ArithmeticError, RecursionError)

_Place = tuple[int, int]


def read_message(
    octets: bytes,
    *,
    received_at: datetime,
    fallback_message_id: str,
    trusts_fields: bool,
    reverse_path: str | None = None,
    seals: bool = False,
) -> Message:
    """Return the message. Never raises on content: what cannot be read within bounds is said in `unreadable`.

    `fallback_message_id` is taken, and added, where the sender gave none (RFC 6409 8.3), `received_at` for a Date (8.2).
    `content is octets` where nothing is cut out or added. The digest is of the sender's octets without control and trace
    fields and without what is added here, so that a retry of a mail without Message-ID has the same one. The seal is taken
    where the mail brings a check that is to be trusted, and where `seals` asks for it.
    """
    header, control_places, unreadable = _scanned(octets)
    message_id = next(filter(None, map(read_message_id, header.all("message-id"))), "")
    date = parse_date(next(filter(None, header.all("date")), ""))
    fallback = fallback_message_id.strip("<>")
    added = b"" if unreadable else _added(header, message_id=message_id, fallback=fallback, now=received_at)
    content = _content(octets, control_places, added=added, at=header.end)
    digest = _digest(octets, control_places, header)
    subject = decode_words(header.first("subject"))
    thread = read_thread(header, subject=subject)
    control = read_control(header) if trusts_fields else NO_CONTROL_FIELDS
    taken, seal = None, None
    if not unreadable:
        try:
            reading = read_parts(subject=subject, parts=walk(header, octets), in_reply_to=thread.in_reply_to)
            taken = fingerprint_of(reading, date or received_at)
            seal = seal_of(reading) if seals or control.check is not None else None
        except _FAILURES as error:
            taken, unreadable = None, _why_unread(error)
    taken = taken or _blind(digest)
    return Message(
        content=content,
        digest=digest,
        message_id=message_id or fallback,
        subject=subject,
        date=date,
        originator=parse_originator(header.first("from")),
        visible=_visible(header),
        thread=thread,
        automation=read_automation(header, reverse_path=reverse_path),
        control=control,
        received_count=len(header.named("received")),
        fingerprint=taken.fingerprint,
        greets=taken.greets,
        unreadable=unreadable,
        is_eight_bit=not content.isascii(),
        seal=seal,
    )


def _scanned(octets: bytes) -> tuple[Header, list[_Place], str]:
    """Return the header, the places of control fields, and why it could not be read, "" where it could."""
    try:
        header = scan(octets)
    except UnreadableError as error:
        return _NO_HEADER, _control_lines(octets), str(error)
    return header, [(field.start, field.end) for field in header.fields if field.name.startswith(CONTROL_PREFIX)], ""


def _added(header: Header, *, message_id: str, fallback: str, now: datetime) -> bytes:
    """Return the fields that a mail gets which has them not (RFC 6409 8.2, 8.3)."""
    added = b"" if message_id else b"Message-ID: <" + fallback.encode() + b">\r\n"
    has_date = any(header.all("date"))
    return added if has_date else added + b"Date: " + format_date(now).encode() + b"\r\n"


def _why_unread(error: Exception) -> str:
    return str(error) if isinstance(error, UnreadableError) else "its parts could not be read"


def _blind(digest: bytes) -> Taken:
    """Return the fingerprint of what was not read: only the same octets are the same."""
    return Taken(Fingerprint(text=digest[:16], facts=digest[:16], core=digest[:16], words=0), "")


def _visible(header: Header) -> tuple[Mailbox, ...]:
    """Return the mailboxes of all recipient fields, each canonical mailbox once, at most MAX_MAILBOXES.

    A line without a colon after a recipient field is counted with it: some programs take it for the rest of that field.
    """
    found: dict[str, Mailbox] = {}
    counts = False
    for field in header.fields:
        counts = field.name in _RECIPIENT_FIELDS or (counts and not field.name)
        if counts and len(found) < MAX_MAILBOXES:
            for mailbox in parse_address_list(field.text()):
                found.setdefault(mailbox.canonical, mailbox)
    return tuple(found.values())[:MAX_MAILBOXES]


def _content(octets: bytes, places: Iterable[_Place], *, added: bytes, at: int) -> bytes:
    """Return the octets without those at `places` and with `added` put in; the octets themselves where there is neither."""
    edits = [(start, end, b"") for start, end in places]
    if added:
        line_end = b"" if at == 0 or octets[at - 1] == 0x0A else b"\r\n"
        edits.append((at, at, line_end + added))
    return edited(octets, edits)


def _digest(octets: bytes, control_places: Iterable[_Place], header: Header) -> bytes:
    """Return the sha256 of the octets without control and trace fields."""
    trace_places = [(field.start, field.end) for field in header.fields if field.name in _TRACE_FIELDS]
    digest = sha256()
    view = memoryview(octets)
    hashed_to = 0
    for start, end in sorted([*control_places, *trace_places]):
        digest.update(view[hashed_to : max(start, hashed_to)])
        hashed_to = max(hashed_to, end)
    digest.update(view[hashed_to:])
    return digest.digest()


def _control_lines(octets: bytes) -> list[_Place]:
    """Return the places of control fields in a header that is beyond the bounds of the scan."""
    ends = [end for end in (octets.find(b"\n\r\n"), octets.find(b"\n\n")) if end >= 0]
    lines = b"\n" + octets[: min(ends, default=len(octets))].lower()
    places: list[_Place] = []
    wanted = b"\n" + CONTROL_PREFIX.encode()
    at = lines.find(wanted)
    while at >= 0 and len(places) < _MOST_CONTROL_LINES:
        end = next(_FOLDED_LINE.finditer(octets, at)).end()
        places.append((at, end))
        at = lines.find(wanted, end)
    return places
