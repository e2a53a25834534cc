"""The mails of an mbox file (RFC 4155), one after the other, whatever its size. Reads a stream of octets; knows no ledger.

A mail begins at a line `From ` that follows an empty line, or the beginning. `>From ` at the start of a line loses its first
`>` (the mboxo and mboxrd forms). Content-Length fields are not believed: they are the senders' as often as the file's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Final

_BLOCK: Final = 65_536
"""Octets of a line that are looked at together; a longer line is taken in pieces."""

_EMPTY_LINE: Final = 2
"""Octets that the line before the next `From ` may have, which is none of the mail."""

_QUOTED: Final = re.compile(rb"(?m)^>(>*From )")
# RFC 4155 appendix A: the time is UTC, in the form of asctime; many write a zone or more behind it.
_ASCTIME: Final = re.compile(
    rb"\b(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2}) (?P<time>\d{2}:\d{2}(?::\d{2})?) (?:[A-Z]{3,5} )?(?P<year>\d{4})\b"
)
_MONTHS: Final = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")


@dataclass(frozen=True, slots=True)
class MboxMail:
    """One mail. `at` is the offset of its `From ` line; `octets` are None where it has more than was asked for: `size` says."""

    at: int
    size: int
    octets: bytes | None = field(repr=False)
    received_at: datetime | None


def is_mbox(beginning: bytes) -> bool:
    """Return whether a file that begins so is an mbox."""
    return beginning.startswith(b"From ")


def read_mbox(file: IO[bytes], *, max_size: int) -> Iterator[MboxMail]:
    """Yield the mails in their order; memory is bounded by `max_size` octets of a mail."""
    mail: _Growing | None = None
    offset = 0
    is_line_start = follows_empty = True
    while line := file.readline(_BLOCK):
        if is_line_start and follows_empty and line.startswith(b"From "):
            if mail is not None:
                yield mail.done()
            mail = _Growing(offset, line, max_size)
        elif mail is not None:
            mail.add(line)
        offset += len(line)
        follows_empty = is_line_start and line in {b"\n", b"\r\n"}
        is_line_start = line.endswith(b"\n")
    if mail is not None:
        yield mail.done()


class _Growing:
    """A mail while its lines come."""

    def __init__(self, at: int, separator: bytes, max_size: int) -> None:
        self._at = at
        self._received_at = _time_of(separator)
        self._max_size = max_size
        self._octets = bytearray()
        self._size = 0

    def add(self, line: bytes) -> None:
        self._size += len(line)
        if self._size <= self._max_size + _EMPTY_LINE:
            self._octets += line
        else:
            self._octets.clear()

    def done(self) -> MboxMail:
        octets = _without_last_empty_line(bytes(self._octets))
        if self._size > self._max_size + _EMPTY_LINE or len(octets) > self._max_size:
            return MboxMail(self._at, self._size, None, self._received_at)
        return MboxMail(self._at, self._size, _QUOTED.sub(rb"\1", octets), self._received_at)


def _without_last_empty_line(octets: bytes) -> bytes:
    """Return the mail without the empty line that stands before the next `From `."""
    for ending in (b"\r\n\r\n", b"\n\n"):
        if octets.endswith(ending):
            return octets[: -len(ending) // 2]
    return octets


def _time_of(separator: bytes) -> datetime | None:
    found = _ASCTIME.search(separator)
    if found is None or found["month"] not in _MONTHS:
        return None
    hour, minute, second = (*map(int, found["time"].split(b":")), 0)[:3]
    month = _MONTHS.index(found["month"]) + 1
    try:
        return datetime(int(found["year"]), month, int(found["day"]), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
