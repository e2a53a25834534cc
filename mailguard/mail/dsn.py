"""Delivery status notifications (RFC 3464) as multipart/report (RFC 6522), to senders whose mail did not go as asked.

Who gets one, and whether, is decided elsewhere; the reverse-path it is sent with is the null one (RFC 5321 6.1).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mailguard.mail.date_field import format_date
from mailguard.mail.header import UnreadableError, scan
from mailguard.mail.masking import terminal_safe

MAX_RETURNED_OCTETS = 51_200
MAX_DIAGNOSTIC_CHARACTERS = 900  # RFC 5322 2.1.1: a line of 998, its name included
_NOT_IN_UTF8_XTEXT = "+=\\"  # RFC 6533 3 QCHAR
_PORT = re.compile(r":[0-9]+\Z")
_HEX_PAIR = re.compile(r"\+([0-9A-Fa-f]{2})")


class DsnAction(StrEnum):
    """What became of a recipient's mail (RFC 3464 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    RELAYED = "relayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DsnRecipient:
    """One recipient. `status` is an enhanced status ("5.1.1"); `orcpt` and `diagnostic` are as they came, "" where absent.

    `reason` is one sentence for a person. `next_hop` is who answered with `diagnostic`, "" where it was mailguard itself.
    """

    mailbox: str
    action: DsnAction
    status: str
    reason: str
    orcpt: str = ""
    next_hop: str = ""
    diagnostic: str = ""
    last_attempt: datetime | None = None
    retry_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dsn:
    """A notification about one message. `envid` and `ret` are the parameters of MAIL as they came, "" where absent.

    `original` are the octets of the message that is told of. `message_id` is without angle brackets, of the notification;
    `boundary` must stand nowhere else: 20 random characters will do.
    """

    to: str
    hostname: str
    message_id: str
    boundary: str
    now: datetime
    arrived_at: datetime
    recipients: tuple[DsnRecipient, ...]
    original: bytes
    original_message_id: str = ""
    envid: str = ""
    ret: str = ""


def build_dsn(dsn: Dsn) -> bytes:
    """Return the notification with CRLF line ends: for a person, for a program, and the message or its header.

    The message itself comes back if RET=FULL or no RET was asked for (RFC 3461 4.3) and it is at most MAX_RETURNED_OCTETS.
    """
    boundary = f"--{dsn.boundary}".encode("ascii")
    returned = _returned(dsn)
    return b"\r\n".join(
        [
            *_header(dsn, eight_bit=not returned.isascii()),
            b"",
            boundary,
            *_explanation(dsn),
            boundary,
            *_status(dsn),
            boundary,
            returned,
            boundary + b"--",
            b"",
        ]
    )


def _header(dsn: Dsn, *, eight_bit: bool) -> Iterator[bytes]:
    yield f"From: Mail Delivery System <MAILER-DAEMON@{dsn.hostname}>".encode()
    yield f"To: <{dsn.to}>".encode()  # UTF-8 where the reverse-path is: it is then sent with SMTPUTF8 (RFC 6532 3.1)
    yield b"Subject: " + _subject({recipient.action for recipient in dsn.recipients})
    yield f"Date: {format_date(dsn.now)}".encode()
    yield f"Message-ID: <{dsn.message_id}>".encode()
    if dsn.original_message_id.isascii() and dsn.original_message_id:
        yield f"In-Reply-To: <{dsn.original_message_id}>".encode()  # RFC 3834 3.1.6
        yield f"References: <{dsn.original_message_id}>".encode()
    yield b"Auto-Submitted: auto-replied"  # RFC 3834 3.1.7
    yield b"MIME-Version: 1.0"
    yield f'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="{dsn.boundary}"'.encode()
    if eight_bit:
        yield b"Content-Transfer-Encoding: 8bit"


def _subject(actions: set[DsnAction]) -> bytes:
    """Return the subject for the gravest of the actions."""
    if DsnAction.FAILED in actions:
        return b"Mail that could not be delivered"
    return b"Mail that is delayed, and still tried" if DsnAction.DELAYED in actions else b"Mail that was passed on"


def _explanation(dsn: Dsn) -> Iterator[bytes]:
    """Yield the part for a person (RFC 6522 3)."""
    text = "\r\n".join(_explained(dsn)).encode()
    yield b"Content-Type: text/plain; charset=utf-8"
    if not text.isascii():
        yield b"Content-Transfer-Encoding: quoted-printable"
        text = binascii.b2a_qp(text)
    yield b""
    yield text


def _explained(dsn: Dsn) -> Iterator[str]:
    yield f"This is the mail system at {dsn.hostname}. It tells of a mail that it took"
    yield f"on {format_date(dsn.arrived_at)}."
    for recipient in dsn.recipients:
        yield ""
        yield f"<{recipient.mailbox}>: {_on_one_line(recipient.reason)}"
        if recipient.diagnostic:
            yield f"    {_on_one_line(recipient.next_hop) or 'the next hop'} said: {_on_one_line(recipient.diagnostic)}"
        if recipient.action is DsnAction.DELAYED:
            yield "    You need not send it again: it is still tried" + (
                f" until {format_date(recipient.retry_until)}." if recipient.retry_until else "."
            )
    yield ""


def _status(dsn: Dsn) -> Iterator[bytes]:
    """Yield the part for a program (RFC 3464 2.1): fields of the message, then of each recipient."""
    yield b"Content-Type: message/delivery-status"
    yield b""
    if dsn.envid:
        yield f"Original-Envelope-Id: {_decode_xtext(dsn.envid)}".encode()
    yield f"Reporting-MTA: dns; {dsn.hostname}".encode()
    yield f"Arrival-Date: {format_date(dsn.arrived_at)}".encode()
    for recipient in dsn.recipients:
        yield b""
        yield from (line.encode("ascii", "replace") for line in _recipient_fields(recipient))
    yield b""


def _recipient_fields(recipient: DsnRecipient) -> Iterator[str]:
    if recipient.orcpt:
        address_type, _, address = recipient.orcpt.partition(";")
        is_utf8 = address_type.lower() == "utf-8"
        yield f"Original-Recipient: {address_type}; {_encode_utf8(address) if is_utf8 else _decode_xtext(address)}"
    if recipient.mailbox.isascii():
        yield f"Final-Recipient: rfc822; {recipient.mailbox}"
    else:
        yield f"Final-Recipient: utf-8; {_encode_utf8(recipient.mailbox, special=_NOT_IN_UTF8_XTEXT)}"
    yield f"Action: {recipient.action}"
    yield f"Status: {recipient.status}"
    if recipient.next_hop:
        yield f"Remote-MTA: dns; {_on_one_line(_PORT.sub('', recipient.next_hop))}"
    if recipient.diagnostic:
        yield f"Diagnostic-Code: smtp; {_on_one_line(recipient.diagnostic)}"
    if recipient.last_attempt:
        yield f"Last-Attempt-Date: {format_date(recipient.last_attempt)}"
    if recipient.retry_until and recipient.action is DsnAction.DELAYED:
        yield f"Will-Retry-Until: {format_date(recipient.retry_until)}"


def _returned(dsn: Dsn) -> bytes:
    """Return the part with the message or with its header; of anything but a failure only the header is told (RFC 3461 4.3)."""
    failed = any(recipient.action is DsnAction.FAILED for recipient in dsn.recipients)
    header = _header_of(dsn.original)
    is_whole = failed and dsn.ret.upper() != "HDRS" and len(dsn.original) <= MAX_RETURNED_OCTETS
    content = dsn.original if is_whole else header
    match is_whole, header.isascii():  # RFC 6533 4 where the header is UTF-8
        case True, True:
            content_type = b"message/rfc822"
        case True, False:
            content_type = b"message/global"
        case False, True:
            content_type = b"text/rfc822-headers"
        case _:
            content_type = b"message/global-headers"
    encoding = b"" if content.isascii() else b"Content-Transfer-Encoding: 8bit\r\n"
    return b"Content-Type: " + content_type + b"\r\n" + encoding + b"\r\n" + content


def _header_of(original: bytes) -> bytes:
    """Return the header, as far as a line's end within MAX_RETURNED_OCTETS."""
    try:
        end = scan(original).end
    except UnreadableError:
        end = len(original)
    if end > MAX_RETURNED_OCTETS:
        end = original.rfind(b"\n", 0, MAX_RETURNED_OCTETS) + 1
    return original[:end]


def _decode_xtext(xtext: str) -> str:
    """Return what xtext encodes (RFC 3461 4); the xtext itself where that is not printable ASCII and could end a line."""
    text = _HEX_PAIR.sub(lambda match: chr(int(match[1], 16)), xtext)
    return text if text.isascii() and text.isprintable() else xtext


def _encode_utf8(address: str, *, special: str = "") -> str:
    r"""Return the address as utf-8-addr-xtext (RFC 6533 3): `\x{E9}` for what is not ASCII and for the special characters."""
    return "".join(
        f"\\x{{{ord(character):02X}}}" if character in special or not "!" <= character <= "~" else character
        for character in address
    )


def _on_one_line(text: str) -> str:
    """Return the text without control characters, cut to what fits on a line."""
    return terminal_safe(" ".join(text.split()))[:MAX_DIAGNOSTIC_CHARACTERS]
