"""One open connection to a next hop, after EHLO, STARTTLS and AUTH: moves the octets of one transaction after the other.

Event by event and without tasks or futures, for this is the hottest path of delivery. Knows what a reply line is, how
patient to be, and how to write no faster than the hop reads; what a reply means is the transaction's business, and which
transaction comes next its owner's.
"""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Protocol

from mailguard.mail.dot_stuffing import stuff
from mailguard.relay.extensions import Extensions
from mailguard.relay.transaction import Step, Transaction

IDLE_TIMEOUT = timedelta(seconds=30)
"""How long a connection is kept without work: a Postfix next hop spends one process on it."""

LONGEST_LINE = 8192
"""Octets of a reply line; RFC 5321 4.5.3.1.5 asks for 512, some servers say more."""

MOST_LINES = 100
"""Lines of one reply."""

SMALL = 65_536
"""Octets up to which the content is written in one piece; beyond, piece by piece as the hop reads."""

_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])([^\n]*?))?\r?\Z")  # RFC 5321 4.2


class Owner(Protocol):
    """Whom a connection tells what happened."""

    def finished(self, connection: HopConnection, transaction: Transaction) -> None:
        """Every answer of the transaction is known. The connection is free, or closing."""

    def closed(self, connection: HopConnection) -> None:
        """The connection is gone."""


class HopConnection(asyncio.Protocol):
    """A connection and the transaction under way on it, if any.

    `command_timeout` is for the reply to each command and for each step in reading the content; the reply to the last dot
    may take twice that (RFC 5321 4.5.3.2: 5 and 10 minutes).
    """

    def __init__(self, transport: asyncio.Transport, *, offered: Extensions, owner: Owner, command_timeout: timedelta) -> None:
        self.offered = offered
        self.is_fresh = True
        self.needs_reset = False
        self._transport = transport
        self._owner = owner
        self._patience = command_timeout.total_seconds()
        self._loop = asyncio.get_running_loop()
        self._transaction: Transaction | None = None
        self._rest = b""
        self._earlier_lines: list[bytes] = []
        self._content: memoryview | None = None
        self._is_paused = False
        self._failure = "connection lost"
        self._deadline = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0
        transport.set_protocol(self)
        self._await_until(IDLE_TIMEOUT.total_seconds())

    @property
    def is_usable(self) -> bool:
        """Whether another transaction may begin on it."""
        return self._transaction is None and not self._transport.is_closing()

    def send(self, transaction: Transaction) -> None:
        """Begin a transaction; the owner hears when it is finished."""
        self._transaction = transaction
        self._transport.write(transaction.speak())
        self._await_until(self._patience)

    def quit(self) -> None:
        """Close an idle connection as RFC 5321 4.1.1.10 wants it, without waiting for the 221."""
        if not self._transport.is_closing():
            self._transport.write(b"QUIT\r\n")
            self._transport.close()

    def break_off(self, text: str) -> None:
        """Close at once; a transaction under way is given up."""
        if self._transaction is not None:
            self._transaction.give_up(text)
        self._transport.abort()

    # What the transport calls

    def data_received(self, data: bytes) -> None:
        """Take replies; tell the owner when they complete the transaction."""
        transaction = self._transaction
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            self._fail("overlong reply")
        for line in lines:
            if not self._take_line(line):
                break
        if transaction is not None and self._transaction is None:
            self._await_until(IDLE_TIMEOUT.total_seconds())
            self._owner.finished(self, transaction)

    def eof_received(self) -> bool:
        """Close: a hop that says no more does not take mail either."""
        return False

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - why it was lost changes nothing
        """Complete a transaction under way, and tell the owner."""
        if self._alarm is not None:
            self._alarm.cancel()
        transaction, self._transaction, self._content = self._transaction, None, None
        if transaction is not None:
            transaction.lose(self._failure)
            self._owner.finished(self, transaction)
        self._owner.closed(self)

    def pause_writing(self) -> None:
        """Stop writing content until the hop has read."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Go on writing content."""
        self._is_paused = False
        if self._content is not None and self._transaction is not None:
            self._await_until(self._patience)
            self._write_content(self._transaction)

    # Replies

    def _take_line(self, line: bytes) -> bool:
        """Take one line without its LF; return whether the connection is still in step."""
        found = _REPLY_LINE.match(line)
        if found is None or len(self._earlier_lines) > MOST_LINES:
            self._fail("unintelligible reply")
            return False
        code, mark, text = found.groups()
        if mark == b"-":
            self._earlier_lines.append(text)
            return True
        if self._earlier_lines:
            text = b" ".join([*self._earlier_lines, text])
            self._earlier_lines.clear()
        self._take_reply(int(code), text)
        return True

    def _take_reply(self, code: int, text: bytes) -> None:
        transaction = self._transaction
        if transaction is None:
            self._transport.close()  # nothing was asked: the hop closes (421), or is out of step
            return
        match transaction.take(code, text):
            case Step.WAIT:
                pass
            case Step.SPEAK:
                self._transport.write(transaction.speak())
                self._await_until(self._patience)
            case Step.CONTENT:
                self._begin_content(transaction)
            case Step.LONE_DOT:
                transaction.dot_sent = True
                self._transport.write(b".\r\n")
            case Step.DONE:
                self._end(transaction)

    def _end(self, transaction: Transaction) -> None:
        self.needs_reset = transaction.leaves_open
        self.is_fresh = False
        self._transaction = None
        if self._content is not None:
            self._content = None
            self._transport.abort()
        elif transaction.is_last:
            self._transport.close()

    def _fail(self, failure: str) -> None:
        """Close a connection whose other end cannot be understood any more."""
        self._failure = failure
        self._transport.abort()

    # Content

    def _begin_content(self, transaction: Transaction) -> None:
        stuffed = stuff(transaction.octets)
        if len(stuffed) <= SMALL:
            self._transport.write(stuffed)
            self._await_end(transaction)
        else:
            self._content = memoryview(stuffed)
            self._write_content(transaction)

    def _write_content(self, transaction: Transaction) -> None:
        while self._content is not None and not self._is_paused:
            piece, rest = self._content[:SMALL], self._content[SMALL:]
            self._content = rest or None
            self._transport.write(piece)
        if self._content is None:
            self._await_end(transaction)

    def _await_end(self, transaction: Transaction) -> None:
        transaction.dot_sent = True
        self._await_until(2 * self._patience)

    # Patience

    def _await_until(self, seconds: float) -> None:
        """Be patient for so long from now. One timer serves many waits: it is only moved when it would ring too late."""
        self._deadline = self._loop.time() + seconds
        if self._alarm is None or self._alarm_at > self._deadline:
            self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = self._deadline
        self._alarm = self._loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._loop.time() < self._deadline:
            self._set_alarm()
        elif self._transaction is None:
            self.quit()
        else:
            self._fail(f"no answer to {self._transaction.phase} in time")
