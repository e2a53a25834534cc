"""Mails from customers' side, made for a test: a header that can be changed field by field, and a body."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from mailguard.mail.header import scan
from mailguard.mail.mime import Part, walk

RECEIVED_AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
CET = timezone(timedelta(hours=1))
WRITTEN_AT = datetime(2026, 11, 20, 10, 0, tzinfo=CET)  # a Friday
QUOTED = "\nAm 20.11.2026 um 09:12 schrieb Bank <service@bank.example>:\n> Hallo Ada,\n> wie geht es?\n"

_FIELDS = {
    "From": "Ada Lovelace <ada@mail.example>",
    "To": "Bank <service@bank.example>",
    "Subject": "Re: Your card",
    "Date": "Fri, 20 Nov 2026 10:00:00 +0100",
    "Message-ID": "<1@mail.example>",
    "In-Reply-To": "<2@bank.example>",
    "Content-Type": "text/plain; charset=utf-8",
}


def reply_mail(body: str = "Yes.", fields: Mapping[str, str] | None = None) -> bytes:
    """Return a reply with CRLF line ends; `fields` are set in place of the usual ones, "" leaves one out."""
    header = {**_FIELDS, **(fields or {})}
    lines = "".join(f"{name}: {value}\n" for name, value in header.items() if value)
    return f"{lines}\n{body}".encode("utf-8", "surrogateescape").replace(b"\n", b"\r\n")


def multipart(subtype: str, *parts: tuple[str, str], **parameters: str) -> tuple[str, str]:
    """Return body and Content-Type of a multipart of (Content-Type, body) parts."""
    body = "".join(f"--B\nContent-Type: {content_type}\n\n{text}\n" for content_type, text in parts) + "--B--\n"
    more = "".join(f"; {name.replace('_', '-')}={value}" for name, value in parameters.items())
    return body, f"multipart/{subtype}; boundary=B{more}"


def report_mail(report_type: str, *parts: tuple[str, str], **fields: str) -> bytes:
    """Return a multipart/report (RFC 6522)."""
    body, content_type = multipart("report", *parts, report_type=report_type)
    return reply_mail(body, {"Content-Type": content_type, "In-Reply-To": "", **fields})


def parts_of(octets: bytes) -> tuple[Part, ...]:
    """Return the leaves of a mail."""
    return walk(scan(octets), octets)
