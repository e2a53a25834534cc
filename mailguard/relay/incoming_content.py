"""The content of one message while it comes in: within the size allowed and the octets that the process may hold.

What is refused is no longer kept but still read to its end, for there the client looks for the answer. Knows no connection.
"""

from __future__ import annotations

from mailguard.mail.dot_stuffing import Unstuffer
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.relay import answers
from mailguard.relay.octet_budget import OctetBudget
from mailguard.relay.refusal import Refusal


class IncomingContent(Unstuffer):
    """An unstuffer that counts what it keeps. `release` must be called in the end, whatever becomes of the message."""

    __slots__ = ("_budget", "_has_room", "_spent")

    def __init__(self, *, max_size: int, budget: OctetBudget, keep_bare_newlines: bool) -> None:
        super().__init__(keep_bare_newlines=keep_bare_newlines, max_size=max_size)
        self._budget = budget
        self._has_room = True
        self._spent = 0

    def feed(self, chunk: bytes) -> bytes | None:
        """Take the next block. Returns what follows the end of data once that has come, else None."""
        rest = super().feed(chunk)
        if rest is not None:
            # The content is complete; what it was gathered in need not stay beside it.
            self._kept = b""
        if self.too_large:
            self.release()
        elif self._budget.spend(self.size - self._spent):
            self._spent = self.size
        else:
            self._discard()
        return rest

    def refusal(self) -> tuple[SmtpReply, Refusal] | None:
        """Return why the message cannot be taken, as the answer and in one word; None when it can."""
        if not self._has_room:
            return answers.NO_ROOM, Refusal.NO_ROOM
        if self.too_large:
            return answers.too_large(self._max_size), Refusal.MESSAGE_SIZE
        if self.has_bare_newline or self.has_nul:
            return answers.BARE_NEWLINE, Refusal.BARE_NEWLINE
        return None

    def release(self) -> None:
        """Give back to the budget what was spent."""
        self._budget.give_back(self._spent)
        self._spent = 0

    def _discard(self) -> None:
        """Keep nothing of the rest."""
        self._has_room = False
        self._max_size = 0
        self._kept = self._content = b""
        self.release()
