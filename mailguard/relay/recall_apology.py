"""The draft of an apology to one person who got a recalled mail, or may have: held, until a person has read it and lets it go.

From whom the recalled mail was, to the one mailbox alone, in words that name subject and date and nothing of the rest of it.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from hashlib import blake2b
from typing import Final

from ulid import ULID

from mailguard.errors import UsageError
from mailguard.mail.control import MailClass
from mailguard.mail.date_field import format_date
from mailguard.mail.encoded_word import decode_words
from mailguard.mail.envelope import BodyType
from mailguard.mail.header import UnreadableError, scan
from mailguard.mail.mailbox import Mailbox
from mailguard.policy.finding import Code, Finding
from mailguard.store.filter import HeldFor
from mailguard.store.own_mail import OWN_CLIENT, OwnMail

TEMPLATE: Final = "apology"
"""With what the template of these mails begins in the ledger; the recall's id follows, so that each recall's are one group."""

LONGEST_SUBJECT: Final = 200
"""Characters of the recalled mail's subject that are named."""

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_NAMES: Final = frozenset({"subject", "date"})
_SUBJECT_LINE = re.compile(r"\ASubject:[ \t]*([^\r\n]*)\r?\n(?:\r?\n)?", re.IGNORECASE)
_FOLD = re.compile(rb"\r?\n|\r")

_DEFAULT: Final = """Subject: Sent by mistake: {{ subject }}

Hello,

on {{ date }} a mail with the subject

    {{ subject }}

was sent to you by mistake. Please disregard it.

We apologise for the inconvenience.
"""


@dataclass(frozen=True, slots=True)
class Wording:
    """What an apology says: subject and text, with {{ subject }} and {{ date }} of the recalled mail."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """What of the recalled mail an apology tells and takes over; `origin` are its From and Reply-To, octet for octet."""

    id: str
    message_id: str
    subject: str
    received_at: datetime
    reverse_path: str
    origin: tuple[bytes, ...]


def wording_of(text: str) -> Wording:
    """The wording that a file gives: a first line "Subject: …" where it has one, then the text. Raises UsageError.

    Only {{ subject }} and {{ date }} may stand in it.
    """
    astray = next((name for name in _PLACEHOLDER.findall(text) if name not in _NAMES), None)
    if astray is not None:
        raise UsageError(f"the apology has {{{{ {astray} }}}}; only {{{{ subject }}}} and {{{{ date }}}} can stand in it")
    found = _SUBJECT_LINE.match(text)
    subject, body = (found[1], text[found.end() :]) if found else (DEFAULT.subject, text)
    if not body.strip():
        raise UsageError("the apology says nothing; write its text")
    return Wording(subject.strip(), body)


def _default() -> Wording:
    found = _SUBJECT_LINE.match(_DEFAULT)
    return Wording(found[1], _DEFAULT[found.end() :]) if found else Wording("", _DEFAULT)


DEFAULT: Final = _default()
"""What is said where nobody has written anything else."""


def original(
    octets: bytes, *, id: str, message_id: str, subject: str, received_at: datetime, reverse_path: str
) -> Original | None:
    """What is taken over of a recalled mail, None where nobody can tell who it was from."""
    try:
        header = scan(octets)
    except UnreadableError:
        return None
    fields = [found[0] for name in ("from", "reply-to") if (found := header.named(name))]
    if not fields or fields[0].name != "from":
        return None
    origin = tuple(name.title().encode() + b":" + _unfolded(value) for name, value, *_ in fields)
    shown = " ".join(decode_words(header.first("subject")).split()) or subject
    return Original(
        id=id,
        message_id=message_id,
        subject=shown[:LONGEST_SUBJECT],
        received_at=received_at,
        reverse_path=reverse_path,
        origin=origin,
    )


def draft(about: Original, to: Mailbox, wording: Wording, *, recall: str, key: str, hostname: str, now: datetime) -> OwnMail:
    """The held mail to one mailbox. `recall`: why there is one; `key`: what keeps a second one from being written."""
    identifier = str(ULID.from_datetime(now))
    message_id = f"{identifier}@{hostname}"
    subject, text = (_filled(part, about) for part in (wording.subject, wording.text))
    octets = b"\r\n".join(
        [
            *about.origin,
            b"To: " + to.wire.encode(),
            b"Subject: " + _encoded(" ".join(subject.split())),
            b"Date: " + format_date(now).encode(),
            f"Message-ID: <{message_id}>".encode(),
            *_references(about.message_id),
            b"Auto-Submitted: auto-generated",
            b"MIME-Version: 1.0",
            *_body(text),
        ]
    )
    return OwnMail(
        id=identifier,
        message_id=message_id,
        subject=subject,
        template=template_of(recall),
        recipients=(to,),
        octets=octets,
        body=BodyType.SEVEN_BIT if octets.isascii() else BodyType.EIGHT_BIT,
        smtputf8=not to.wire.isascii() or not all(field.isascii() for field in about.origin),
        reverse_path=about.reverse_path,
        held_for=Finding(Code.RECALLED, f"an apology for {about.id}, which was recalled ({recall})", (about.id, recall)),
        answers=about.message_id,
        key=key,
    )


def template_of(recall: str) -> str:
    """The template of the apologies for this recall."""
    return f"{TEMPLATE}:{recall}"


def group_of(template: str) -> str:
    """The id of the group that apologies of this template are held in."""
    return HeldFor(client=OWN_CLIENT, mail_class=MailClass.SERVICE, template=template, code=Code.RECALLED).id


def key_of(message: str, anchor: str) -> str:
    """What an apology for this mail to this person is known by, without naming the person."""
    return f"apology:{blake2b(f'{message} {anchor}'.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"


def _references(message_id: str) -> Sequence[bytes]:
    """The fields that put it into the recalled mail's thread (RFC 5322 3.6.4)."""
    named = f"<{message_id}>".encode("ascii", "ignore")
    return (b"In-Reply-To: " + named, b"References: " + named) if message_id.isascii() and message_id.isprintable() else ()


def _unfolded(value: bytes) -> bytes:
    return _FOLD.sub(b"", value).rstrip()


def _filled(text: str, about: Original) -> str:
    values = {"subject": about.subject, "date": f"{about.received_at.day} {about.received_at:%B %Y}"}
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def _encoded(text: str) -> bytes:
    """A field's text, in encoded words where it has to be (RFC 2047)."""
    return (
        Header(text, None if text.isascii() else "utf-8", header_name="Subject")
        .encode(linesep="\r\n")
        .encode("ascii", "replace")
    )


def _body(text: str) -> Sequence[bytes]:
    """The fields of the one part, the empty line, and its text; base64 where lines or characters need it (RFC 2045 6)."""
    lines = text.strip("\r\n").splitlines()
    if text.isascii() and all(len(line) < 990 for line in lines):
        return (b"Content-Type: text/plain; charset=us-ascii", b"", *(line.encode() for line in lines), b"")
    coded = encodebytes("\r\n".join([*lines, ""]).encode("utf-8", "replace")).replace(b"\n", b"\r\n")
    return (b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: base64", b"", coded)
