"""Whether a message in somebody's mailbox is a copy of one that we handed on, told by its header alone. Knows no server.

A Message-ID is not enough: a sender's own copy has the same one, and nothing keeps a program from using it twice. What we
handed on has our trace field, too; and where it names another transaction of the same message, the same From, Date, Subject.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from mailguard.errors import MailguardError
from mailguard.mail.header import Header, UnreadableError, scan

_TRACE: Final = re.compile(r"\bby (\S{1,255}) with \S{1,32} id ([0-9A-HJKMNP-TV-Z]{26});")
_SAME: Final = ("from", "date", "subject")


class Kin(Enum):
    """What a message is to another one: nothing, one with the same Message-ID, or a copy of it."""

    NONE = auto()
    NAMESAKE = auto()
    COPY = auto()


@dataclass(frozen=True, slots=True)
class Original:
    """What is known of a message that was handed on: its Message-ID without brackets, where and as what it was taken."""

    message_id: str
    relay: str
    transaction: str
    fields: tuple[str, ...]

    def kin(self, octets: bytes) -> Kin:
        """Return what a message with the header in `octets` is to this one."""
        try:
            header = scan(octets)
        except UnreadableError:
            return Kin.NONE
        if _message_id(header) != self.message_id:
            return Kin.NONE
        return Kin.COPY if self._has_copy(header) else Kin.NAMESAKE

    def _has_copy(self, header: Header) -> bool:
        traces = [trace for text in header.all("received") for trace in _TRACE.findall(text)]
        if (self.relay, self.transaction) in traces:
            return True
        return any(relay == self.relay for relay, _ in traces) and _fields(header) == self.fields


def original_of(octets: bytes) -> Original:
    """Return what a message is known by. Raises MailguardError where it has nothing to be found by."""
    try:
        header = scan(octets)
    except UnreadableError as error:
        raise MailguardError(f"its header cannot be read: {error}") from error
    trace = _TRACE.search(header.first("received"))
    message_id = _message_id(header)
    if trace is None or not message_id:
        raise MailguardError("it has no Message-ID, or no Received field of ours, to be found by")
    return Original(message_id, trace[1], trace[2], _fields(header))


def _message_id(header: Header) -> str:
    return header.first("message-id").strip().removeprefix("<").removesuffix(">")


def _fields(header: Header) -> tuple[str, ...]:
    return tuple(" ".join(header.first(name).split()) for name in _SAME)
