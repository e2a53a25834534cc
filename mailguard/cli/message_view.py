"""One mail as a person reads it before deciding: the fields that matter, the visible text, what is attached."""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.cli.output import say
from mailguard.mail.encoded_word import decode_words
from mailguard.mail.header import Header, UnreadableError, decode_octets, scan
from mailguard.mail.mime import walk
from mailguard.mail.text import is_text, visible_text

SHOWN_FIELDS = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Date", "In-Reply-To", "Auto-Submitted")
_MOST_CHARACTERS = 4_000
_MOST_RAW_OCTETS = 8_192


@dataclass(frozen=True, slots=True)
class Attached:
    """A part that is no text: its media type and its size in octets as sent."""

    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class MessageView:
    """`fields` are name and decoded value; `unreadable` says why `text` is only the raw beginning, "" where it is not."""

    fields: tuple[tuple[str, str], ...]
    text: str
    attached: tuple[Attached, ...]
    unreadable: str


def view(octets: bytes) -> MessageView:
    """Return the message as a person reads it; one that cannot be read within bounds is shown raw."""
    try:
        header = scan(octets)
        parts = walk(header, octets)
    except UnreadableError as error:
        return MessageView((), decode_octets(octets[:_MOST_RAW_OCTETS]), (), str(error))
    attached = tuple(Attached(part.content_type, part.size) for part in parts if not is_text(part))
    return MessageView(_fields(header), visible_text(parts).strip(), attached, "")


def print_view(shown: MessageView) -> None:
    """Print the message, its text up to a few thousand characters."""
    for name, value in shown.fields:
        say(f"{name}: {value}")
    if shown.unreadable:
        say(f"cannot be read: {shown.unreadable}; its beginning as it came:")
    say("")
    for line in shown.text[:_MOST_CHARACTERS].splitlines():
        say(line)
    if len(shown.text) > _MOST_CHARACTERS:
        say(f"… and {len(shown.text) - _MOST_CHARACTERS} more characters; see all with --raw")
    for part in shown.attached:
        say(f"[attached: {part.content_type}, {part.size} octets]")


def _fields(header: Header) -> tuple[tuple[str, str], ...]:
    return tuple((name, decode_words(value)) for name in SHOWN_FIELDS for value in header.all(name.lower()))
