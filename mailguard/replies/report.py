"""The machine-readable parts of a report (RFC 6522): its fields in groups, and the header of the mail that it is about.

Knows no report's meaning: bounces, receipts and complaints are read from it elsewhere. Bounded in octets and groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from mailguard.mail.header import Header, UnreadableError, scan
from mailguard.mail.mime import Part
from mailguard.mail.thread import read_message_id

MAX_REPORT_OCTETS = 131_072
MAX_GROUPS = 200
MAX_RETURNED_OCTETS = 65_536
_RETURNED = frozenset(
    {
        *("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"),
        *("text/rfc822", "message/partial"),
    }
)
_BLANK_LINE = re.compile(rb"\r?\n(?:[ \t]*\r?\n)+")
_NO_HEADER = scan(b"")


@dataclass(frozen=True, slots=True)
class Report:
    """`kind` is the subtype of its fields' part, such as "delivery-status" and "feedback-report".

    `groups` are its groups of fields, that of the whole message first.
    """

    kind: str
    groups: tuple[Header, ...]


def find_reports(parts: Sequence[Part]) -> tuple[Report, ...]:
    """Return the reports among a message's leaves."""
    return tuple(
        Report(part.content_type.partition("/")[2].removeprefix("global-").removeprefix("x-"), tuple(_groups(part)))
        for part in parts
        if part.content_type.startswith("message/") and part.content_type.endswith(("-status", "-notification", "-report"))
    )


def returned_header(parts: Sequence[Part]) -> Header:
    """Return the header of the first mail that a message encloses or shows the header of; an empty one where there is none."""
    return next(
        (_scanned(part.decoded(most=MAX_RETURNED_OCTETS)) for part in parts if part.content_type in _RETURNED), _NO_HEADER
    )


def message_ids(*headers: Header) -> tuple[str, ...]:
    """Return the Message-IDs that reports name, each once: of the mail that they are about."""
    names = ("original-message-id", "x-original-message-id", "message-id", "x-message-id")
    found = (read_message_id(value) for header in headers for name in names for value in header.all(name))
    return tuple(dict.fromkeys(filter(None, found)))


def _groups(part: Part) -> Iterator[Header]:
    octets = part.decoded(most=MAX_REPORT_OCTETS).strip()
    groups = (group for group in _BLANK_LINE.split(octets, MAX_GROUPS) if group.strip())
    return map(_scanned, islice(groups, MAX_GROUPS))


def _scanned(octets: bytes) -> Header:
    try:
        return scan(octets.lstrip())
    except UnreadableError:
        return _NO_HEADER
