"""One mail transaction as a client sees it (RFC 5321 3.3): which commands, and what each reply means for each recipient.

Pure: takes replies and says what is to be sent next. Knows no connection, no clock and no schedule. With PIPELINING
(RFC 2920) MAIL, every RCPT and DATA are one group; without it each command waits for the reply to the one before.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from mailguard.mail.envelope import BodyType
from mailguard.policy.parcel import Destination, Parcel
from mailguard.policy.reply_aware import FIELD
from mailguard.relay.consignment import Consignment
from mailguard.relay.extensions import Extensions
from mailguard.relay.hop_answer import (
    HopAnswer,
    Kind,
    enhanced_status,
    is_overflow,
    is_unknown_recipient,
    read_reply,
    shown,
)

_RESET = -1
_MAIL = 0


class Step(Enum):
    """What is to be done after a reply: `speak` the next command, send the `content`, or a `lone_dot` in its place."""

    WAIT = "wait"
    SPEAK = "speak"
    CONTENT = "content"
    LONE_DOT = "lone dot"
    DONE = "done"


class Transaction:
    """A transaction under way.

    `is_fresh` says that the connection has not been kept idle: where it has, and the hop closes or is gone before it has said
    anything to this transaction, then this transaction has not happened. `octets` are what it hands over: the parcel's, and
    before them, where `is_reply_aware`, the field that tells the hop of the one recipient. `answers` stand in the order of the
    consignment's destinations and are complete once it is done or lost. `leaves_open` says that the hop still holds its
    envelope and needs RSET before the next; `is_last` that the connection serves no other.
    """

    __slots__ = (
        "_accepted",
        "_answers",
        "_at",
        "_commands",
        "_content_at",
        "_data_at",
        "_is_fresh",
        "_is_pipelined",
        "_overflow",
        "_refusal",
        "_spoken",
        "consignment",
        "dot_sent",
        "is_last",
        "leaves_open",
        "octets",
    )

    def __init__(
        self,
        consignment: Consignment,
        offered: Extensions,
        *,
        is_fresh: bool = True,
        reset_first: bool = False,
        is_reply_aware: bool = False,
    ) -> None:
        self.consignment = consignment
        self.octets = _reply_aware(consignment) + consignment.parcel.octets if is_reply_aware else consignment.parcel.octets
        self.leaves_open = False
        self.is_last = False
        self.dot_sent = False
        self._commands = _commands(consignment, offered, octets=self.octets)
        self._data_at = len(self._commands) - 1
        self._content_at = len(self._commands)
        self._is_fresh = is_fresh
        self._is_pipelined = offered.pipelining
        self._at = self._spoken = _RESET if reset_first else _MAIL
        self._accepted = 0
        self._overflow: list[tuple[int, HopAnswer]] = []
        self._refusal: HopAnswer | None = None
        self._answers: list[HopAnswer | None] = [None] * len(consignment.destinations)

    @property
    def answers(self) -> list[HopAnswer]:
        """Return one answer for each destination."""
        return [answer for answer in self._answers if answer is not None]

    @property
    def phase(self) -> str:
        """Return which command is waiting for its reply, for people."""
        if self._at == self._content_at:
            return "the last dot" if self.dot_sent else "the content"
        if self._at == _RESET:
            return "RSET"
        return "MAIL" if self._at == _MAIL else "DATA" if self._at == self._data_at else "RCPT"

    def speak(self) -> bytes:
        """Return what is to be written now: the whole group with PIPELINING, else the next command."""
        start = self._spoken
        self._spoken = self._content_at if self._is_pipelined else start + 1
        said = ([b"RSET"] if start == _RESET else []) + self._commands[max(start, _MAIL) : self._spoken]
        return b"\r\n".join([*said, b""])

    def take(self, code: int, text: bytes) -> Step:
        """Take the next reply; return what it asks for."""
        at = self._at
        self._at = at + 1
        if code == 421:  # RFC 5321 3.8: the hop closes, whatever it was asked
            return self._hang_up(shown(code, text), at)
        if at == _RESET:
            return self._go_on()
        if at == _MAIL:
            return self._take_mail(code, text)
        if at < self._data_at:
            return self._take_rcpt(at - 1, code, text)
        if at == self._data_at:
            return self._take_data(code, text)
        return self._take_end(code, text)

    def lose(self, text: str) -> None:
        """Complete the answers after the connection was lost."""
        self._settle_overflow()
        if self.dot_sent:
            self._answer_all(_uncertain(text))
        elif self._at <= _MAIL and not self._is_fresh:
            self._answer_all(HopAnswer(Kind.UNTOUCHED, text))
        else:
            self._answer_all(HopAnswer(Kind.TROUBLE, f"{text} at {self.phase}"))

    def give_up(self, text: str) -> None:
        """Complete the answers of a transaction that we ourselves break off: before the last dot nothing has happened."""
        self._settle_overflow()
        self._answer_all(_uncertain(text) if self.dot_sent else HopAnswer(Kind.UNTOUCHED, text))

    def _take_mail(self, code: int, text: bytes) -> Step:
        if 200 <= code < 300:
            self.leaves_open = True
            return self._go_on()
        self._refuse(read_reply(code, text))
        return self._go_on() if self._is_pipelined else Step.DONE

    def _take_rcpt(self, index: int, code: int, text: bytes) -> Step:
        if 200 <= code < 300:
            self._accepted += 1
        elif self._refusal is None:
            answer = _of_recipient(code, text)
            self._answers[index] = answer
            if is_overflow(code, text):
                self._overflow.append((index, answer))
        if not self._is_pipelined and self._accepted == 0 and self._at == self._data_at:
            return Step.DONE  # nobody is left to send to
        return self._go_on()

    def _take_data(self, code: int, text: bytes) -> Step:
        self._settle_overflow()
        if code == 354:
            self.leaves_open = False
            # RFC 2920 3.1: where DATA is taken though no recipient was, a lone dot ends it
            return Step.CONTENT if self._accepted and self._refusal is None else Step.LONE_DOT
        if self._refusal is None:
            self._refuse(_negative(code, text))
        return Step.DONE

    def _take_end(self, code: int, text: bytes) -> Step:
        if self._refusal is None:
            self._answer_all(self._read_end(code, text) if self.dot_sent else _negative(code, text))
        self.is_last = not self.dot_sent  # an answer in the middle of the content: the rest would be taken for commands
        return Step.DONE

    def _read_end(self, code: int, text: bytes) -> HopAnswer:
        """Return what the reply to the last dot means; where there was one recipient, it may speak of that."""
        is_lone = len(self._answers) == 1 and enhanced_status(shown(code, text)) != ""
        return _of_recipient(code, text) if is_lone else read_reply(code, text)

    def _hang_up(self, line: str, at: int) -> Step:
        self.is_last = True
        self._settle_overflow()
        has_begun = at > _MAIL or self._is_fresh
        self._answer_all(HopAnswer(Kind.TROUBLE if has_begun else Kind.UNTOUCHED, line))
        return Step.DONE

    def _go_on(self) -> Step:
        return Step.WAIT if self._is_pipelined else Step.SPEAK

    def _refuse(self, answer: HopAnswer) -> None:
        self._refusal = answer
        self._answer_all(answer)

    def _answer_all(self, answer: HopAnswer) -> None:
        """Give `answer` to those that have none of their own yet."""
        self._answers = [known or answer for known in self._answers]

    def _settle_overflow(self) -> None:
        """Tell a recipient who is one too many from one who is bad: only beside others that were taken."""
        if self._accepted:
            for index, answer in self._overflow:
                self._answers[index] = HopAnswer(Kind.OVERFLOW, answer.text)
        self._overflow.clear()


def _uncertain(text: str) -> HopAnswer:
    # RFC 5321 4.2.5: without the last reply the mail is still ours, though the hop may have it
    return HopAnswer(Kind.UNCERTAIN, f"{text} after the last dot; the next hop may have this mail")


def _negative(code: int, text: bytes) -> HopAnswer:
    """Return what a reply means where only a negative one makes sense; any other is a hop out of step."""
    return read_reply(code, text) if code >= 400 else HopAnswer(Kind.TROUBLE, f"unexpected {shown(code, text)}")


def _of_recipient(code: int, text: bytes) -> HopAnswer:
    answer = read_reply(code, text)
    return replace(answer, is_unknown=answer.kind is Kind.REFUSED and is_unknown_recipient(code, answer.text))


def _reply_aware(consignment: Consignment) -> bytes:
    """Return the field for the one destination, b"" where nothing was decided for it."""
    value = consignment.destinations[0].reply_aware if len(consignment.destinations) == 1 else ""
    return f"{FIELD}: {value}\r\n".encode() if value else b""


def _commands(consignment: Consignment, offered: Extensions, *, octets: bytes) -> list[bytes]:
    commands = [_mail(consignment.parcel, offered, octets=octets)]
    commands += [_rcpt(destination, offered) for destination in consignment.destinations]
    lines = [command.encode() for command in commands]
    if any(b"\n" in line or b"\r" in line for line in lines):
        raise ValueError("a path or parameter has a line end in it")
    return [*lines, b"DATA"]


def _mail(parcel: Parcel, offered: Extensions, *, octets: bytes) -> str:
    """Return MAIL with the parameters that the hop offers (RFC 1870, 6152, 6531, 3461)."""
    command = f"MAIL FROM:<{parcel.reverse_path}>"
    if offered.size:
        command += f" SIZE={len(octets)}"
    if offered.eight_bit_mime and (parcel.body is BodyType.EIGHT_BIT or not parcel.octets.isascii()):
        command += " BODY=8BITMIME"
    if offered.smtputf8 and parcel.smtputf8:
        command += " SMTPUTF8"
    if offered.dsn and parcel.ret:
        command += f" RET={parcel.ret}"
    if offered.dsn and parcel.envid:
        command += f" ENVID={parcel.envid}"
    return command


def _rcpt(destination: Destination, offered: Extensions) -> str:
    """Return RCPT; the parameters of RFC 3461 are dropped where the hop does not offer DSN."""
    command = f"RCPT TO:<{destination.mailbox}>"
    if offered.dsn and destination.notify:
        command += f" NOTIFY={destination.notify}"
    if offered.dsn and destination.orcpt:
        command += f" ORCPT={destination.orcpt}"
    return command
