"""Mails in files: a message, an mbox, a Maildir, a folder of messages, or a stream; each mail by itself, within bounds.

What a path is, is found out from what is there. What cannot be read as a mail comes as `Unreadable`, and the others go on.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, cast

from mailguard.errors import UsageError
from mailguard.mail.date_field import parse_date
from mailguard.mail.header import UnreadableError, scan
from mailguard.replies.file_mail import read_mail_file
from mailguard.replies.incoming import Incoming, Unreadable
from mailguard.replies.mbox import is_mbox, read_mbox

SOURCE: Final = "ingest"

_BEGINNING: Final = 5
"""Octets that tell an mbox from a message."""

_MESSAGES: Final = ("*.eml", "*.msg", "*.mbox", "*.mbx")


def mails_in(path: Path, *, max_size: int, now: datetime) -> Iterator[Incoming | Unreadable]:
    """Yield the mails that are there; `now` is when one came that does not say. Raises UsageError where nothing is."""
    if not path.exists():
        raise UsageError(f"{path} is not there; name a message file, an mbox, a Maildir or a folder of messages")
    if path.is_dir():
        yield from _of_folder(path, max_size=max_size, now=now)
    elif path.is_file():
        yield from _of_file(path, max_size=max_size, now=now)
    else:  # a pipe
        with path.open("rb") as stream:
            yield from mails_from(stream, name=str(path), max_size=max_size, now=now)


def mails_from(stream: IO[bytes], *, name: str, max_size: int, now: datetime) -> Iterator[Incoming | Unreadable]:
    """Yield the mails of a stream, one message or an mbox."""
    file = io.BufferedReader(cast("io.RawIOBase", stream))
    if is_mbox(file.peek(_BEGINNING)[:_BEGINNING]):
        yield from _of_mbox(file, name, max_size=max_size, now=now)
        return
    octets = file.read(max_size + 1)
    if len(octets) > max_size:
        yield Unreadable(SOURCE, name, f"more than {max_size} octets")
    elif octets:
        yield _message(octets, name, now=now)
    else:
        yield Unreadable(SOURCE, name, "is empty")


def _of_folder(path: Path, *, max_size: int, now: datetime) -> Iterator[Incoming | Unreadable]:
    if (path / "new").is_dir() and (path / "cur").is_dir():
        files = sorted(file for folder in ("new", "cur") for file in (path / folder).iterdir() if not file.name.startswith("."))
        for file in files:
            yield from _of_message(file, max_size=max_size, now=None)
        return
    files = sorted(file for pattern in _MESSAGES for file in path.rglob(pattern))
    if not files:
        raise UsageError(f"{path} holds no {', '.join(_MESSAGES)} and is no Maildir; name what does")
    for file in files:
        yield from _of_file(file, max_size=max_size, now=now)


def _of_file(path: Path, *, max_size: int, now: datetime) -> Iterator[Incoming | Unreadable]:
    try:
        with path.open("rb") as file:
            if is_mbox(file.peek(_BEGINNING)[:_BEGINNING]):
                yield from _of_mbox(file, str(path), max_size=max_size, now=now)
                return
    except OSError as error:
        yield Unreadable(SOURCE, str(path), f"cannot be read: {error.strerror}")
        return
    yield from _of_message(path, max_size=max_size, now=now)


def _of_message(path: Path, *, max_size: int, now: datetime | None) -> Iterator[Incoming | Unreadable]:
    """Yield the one mail of a file; in a Maildir (`now` None) the file's time is when it came."""
    try:
        found = read_mail_file(path, max_size=max_size)
    except FileNotFoundError:  # moved or removed meanwhile
        return
    if found.reason:
        yield Unreadable(SOURCE, str(path), found.reason)
    elif now is None:
        yield Incoming(found.octets, SOURCE, found.written_at, name=str(path))
    else:
        yield _message(found.octets, str(path), now=now)


def _of_mbox(file: IO[bytes], name: str, *, max_size: int, now: datetime) -> Iterator[Incoming | Unreadable]:
    for mail in read_mbox(file, max_size=max_size):
        place = f"{name} at octet {mail.at}"
        if mail.octets is None:
            yield Unreadable(SOURCE, place, f"{mail.size} octets are more than {max_size}")
        elif mail.octets:
            yield Incoming(mail.octets, SOURCE, min(mail.received_at or now, now), name=place)
        else:
            yield Unreadable(SOURCE, place, "is empty")


def _message(octets: bytes, name: str, *, now: datetime) -> Incoming:
    return Incoming(octets, SOURCE, min(_received_at(octets) or now, now), name=name)


def _received_at(octets: bytes) -> datetime | None:
    """Return when the last server took the mail: the time in its uppermost Received field (RFC 5321 4.4)."""
    try:
        fields = scan(octets).all("received")
    except UnreadableError:
        return None
    found = parse_date(fields[0].rpartition(";")[2]) if fields else None
    return found.astimezone(UTC) if found else None
