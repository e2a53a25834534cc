"""The front door's dialogue: the loop over commands, and how mail comes in (RFC 5321 3.3).

Decides nothing about mail: a message that has come in whole is put to intake, and intake's answer is passed on.
"""

# aiosmtpd names its commands smtp_VERB.
# ruff: noqa: N802

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar, Final

import structlog

from mailguard.errors import SmtpError
from mailguard.mail.envelope import ForwardPath
from mailguard.mail.masking import mask
from mailguard.mail.path import parse_mail, parse_rcpt
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.relay import answers
from mailguard.relay.arrival import Arrival
from mailguard.relay.inbox import OVERLONG
from mailguard.relay.incoming_content import IncomingContent
from mailguard.relay.incoming_mail import IncomingMail
from mailguard.relay.offer import MailParameters, read_mail_parameters, refuse_not_offered
from mailguard.relay.refusal import Refusal
from mailguard.relay.service import Service
from mailguard.relay.session_commands import SessionCommands
from mailguard.relay.session_connection import PeerGoneError
from mailguard.relay.settings import Client

# RFC 5321 4.5.3.1.4
_LINE_LIMIT: Final = 512
# What extensions add: to MAIL 26 (RFC 1870), 17 (RFC 6152), 10 (RFC 6531), 107 (RFC 3461), 500 (RFC 4954); to RCPT 500
# (RFC 3461). Longer paths than the RFC's 256 octets are in use, so there is some room above the sum.
_LINE_LIMITS: Final = {"MAIL": 2048, "RCPT": 2048, "AUTH": 12_288}
_FOREIGN_VERBS: Final = frozenset({"GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE", "PRI"})

log = structlog.get_logger(__name__)


class SmtpSession(SessionCommands):
    """One SMTP session. Commands are the `smtp_*` methods, as aiosmtpd has them; each says its answer itself."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self._commands_without_mail = 0
        self._is_receiving = False

    # The loop.

    async def _handle_client(self) -> None:
        """Obey line by line until the session is over or the peer has gone."""
        try:
            while not self._is_to_end() and (line := await self.next_line()) is not None:
                self.is_obeying = True
                await self._obey(line)
                self.is_obeying = False
        finally:
            self.hang_up()

    def _is_to_end(self) -> bool:
        if self.service.is_closing and self.mail is None and not self.is_over:
            self.end(answers.SHUTTING_DOWN)
        return self.is_over

    async def _obey(self, line: bytes) -> None:
        self._reset_timeout()
        verb, argument = _split(line)
        refusal = self._why_not_obeyed(line, verb)
        if refusal is not None:
            self.answer(refusal)
            return
        mail = self.mail
        try:
            await self._COMMANDS[verb](self, argument)
        except PeerGoneError:
            self.is_over = True
        except SmtpError as error:
            self.answer(SmtpReply(error.code, error.enhanced_status, error.text))
        except Exception:
            reverse_path = mask(mail.reverse_path) if mail else ""
            log.exception("smtp.failed", peer=self.peer, command=verb, reverse_path=reverse_path)
            self._give_up()

    def _why_not_obeyed(self, line: bytes, verb: str) -> SmtpReply | None:
        if verb != "RCPT" or self.mail is None:
            self._commands_without_mail += 1
        if self._commands_without_mail > self.service.listen.max_commands_without_mail:
            return self._end_session(answers.TOO_MANY_COMMANDS, Refusal.COMMANDS)
        # A browser that was made to speak to us must not get as far as the mail in its request's body.
        if verb in _FOREIGN_VERBS or (line == OVERLONG and not self.session.host_name):
            return self._end_session(answers.NOT_SMTP, Refusal.FOREIGN_PROTOCOL)
        if line == OVERLONG or len(line) > _LINE_LIMITS.get(verb, _LINE_LIMIT):
            return answers.LINE_TOO_LONG
        # RFC 5321 2.3.8: only CRLF ends a line.
        if line[-2:] != b"\r\n" or line.count(b"\r") != 1:
            return answers.LINE_END_WRONG
        return None if verb in self._COMMANDS else answers.UNKNOWN_COMMAND

    def _end_session(self, reply: SmtpReply, refusal: Refusal) -> SmtpReply:
        self.service.refused(refusal)
        self.is_over = True
        return reply

    def _give_up(self) -> None:
        """Keep the mail with its sender (4yz) after a failure of ours; its cause is in the log only."""
        self.service.refused(Refusal.FAILURE)
        if self._is_receiving:
            # What follows is content; it must not be read as commands.
            self.end(answers.CANNOT_GO_ON)
            return
        self._set_rset_state()
        self.answer(answers.UNABLE)

    # Mail.

    async def smtp_MAIL(self, arg: str | None) -> None:
        """Begin a mail (RFC 5321 4.1.1.2)."""
        self.answer(self._begin(arg or ""))

    def _begin(self, argument: str) -> SmtpReply:
        if not self.session.host_name:
            return self.helo_first
        if self.client is None:
            return answers.AUTHENTICATE_FIRST
        if self.mail is not None:
            return answers.NESTED_MAIL
        if argument[:5].upper() != "FROM:":
            return answers.MAIL_SYNTAX
        command = parse_mail(_octets(argument[5:]))
        parameters = read_mail_parameters(command.parameters, self.offered)
        refusal = self._why_no_mail(command.reverse_path, parameters)
        if refusal is None:
            self.mail = IncomingMail(command.reverse_path, parameters)
        return refusal or answers.SENDER_OK

    def _why_no_mail(self, reverse_path: str, parameters: MailParameters) -> SmtpReply | None:
        limit = self.service.listen.max_size
        if parameters.size > limit:
            self.service.refused(Refusal.MESSAGE_SIZE)
            return answers.too_large(limit)
        if not self.service.budget.has_room_for(parameters.size):
            self.service.refused(Refusal.NO_ROOM)
            return answers.NO_ROOM
        return None if parameters.smtputf8 or reverse_path.isascii() else answers.NEEDS_SMTPUTF8

    async def smtp_RCPT(self, arg: str | None) -> None:
        """Add a recipient (RFC 5321 4.1.1.3)."""
        mail = self.mail
        if mail is None:
            self.answer(answers.MAIL_FIRST)
            return
        mail.refused += 1
        if mail.refused > self.service.listen.max_recipients:
            self.answer(self._end_session(answers.TOO_MANY_REFUSED, Refusal.COMMANDS))
            return
        self.answer(self._add_recipient(mail, arg or ""))

    def _add_recipient(self, mail: IncomingMail, argument: str) -> SmtpReply:
        if len(mail.recipients) >= self.service.listen.max_recipients:
            # RFC 5321 4.5.3.1.10
            return answers.TOO_MANY_RECIPIENTS
        if argument[:3].upper() != "TO:":
            return answers.RCPT_SYNTAX
        command = parse_rcpt(_octets(argument[3:]))
        parameters = command.parameters
        refuse_not_offered(parameters, self.offered)
        if not mail.parameters.smtputf8 and not command.mailbox.wire.isascii():
            return answers.NEEDS_SMTPUTF8
        mail.recipients.append(
            ForwardPath(command.mailbox, notify=parameters.get("NOTIFY", ""), orcpt=parameters.get("ORCPT", ""))
        )
        mail.refused -= 1
        return answers.RECIPIENT_OK

    async def smtp_DATA(self, arg: str | None) -> None:
        """Take the content in and put the whole message to intake (RFC 5321 4.1.1.4).

        8-bit content is taken whatever BODY said: ordinary senders send it so.
        """
        mail = self.mail
        if mail is None:
            self.answer(answers.MAIL_FIRST)
        elif self.client is None or not mail.recipients:
            self.answer(answers.NO_VALID_RECIPIENTS)
        elif arg:
            self.answer(answers.NO_ARGUMENT)
        else:
            await self._take_in(self.client, mail)

    async def _take_in(self, client: Client, mail: IncomingMail) -> None:
        listen = self.service.listen
        content = IncomingContent(
            max_size=listen.max_size, budget=self.service.budget, keep_bare_newlines=listen.keep_bare_newlines
        )
        self.answer(answers.SEND_DATA)
        try:
            if await self._receive(content):
                self._answer_content(mail, await self._hand_over(client, mail, content))
        finally:
            content.release()
            self._set_rset_state()

    def _answer_content(self, mail: IncomingMail, reply: SmtpReply) -> None:  # noqa: ARG002 - LMTP answers each recipient
        """Say what became of the message."""
        self.answer(reply)

    async def _receive(self, content: IncomingContent) -> bool:
        """Return whether the content came in whole; if not, the session is over and there is nothing to take."""
        self._is_receiving = True
        ends_at = self.loop.time() + self.service.listen.data_timeout.total_seconds()
        while (rest := content.feed(self.inbox.take_all())) is None:
            self._reset_timeout(min(self._timeout_duration, ends_at - self.loop.time()))
            if not await self.hear():
                self.is_over = True
                return False
        self.inbox.put_back(rest)
        self._is_receiving = False
        return True

    async def _hand_over(self, client: Client, mail: IncomingMail, content: IncomingContent) -> SmtpReply:
        """Return intake's answer, or why the content is none for it."""
        refused = content.refusal()
        if refused is not None:
            reply, refusal = refused
            self.service.refused(refusal)
            return reply
        arrival = Arrival(
            client=client,
            peer=self.peer,
            helo=self.session.host_name or "",
            protocol=self._protocol(mail),
            envelope=mail.envelope(),
            octets=content.content,
        )
        self.stop_the_clock()
        try:
            return await self.service.intake.take(arrival)
        finally:
            self._commands_without_mail = 0
            self._reset_timeout()

    def _protocol(self, mail: IncomingMail) -> str:
        """Return the keyword for the trace field (RFC 3848, RFC 6531 4.3)."""
        if not self.session.extended_smtp:
            return "SMTP"
        name = "UTF8SMTP" if mail.parameters.smtputf8 else "ESMTP"
        return f"{name}{'S' if self.is_tls else ''}{'A' if self.session.authenticated else ''}"

    _COMMANDS: ClassVar[Mapping[str, Callable[[SmtpSession, str | None], Awaitable[None]]]] = {
        "EHLO": SessionCommands.smtp_EHLO,
        "HELO": SessionCommands.smtp_HELO,
        "STARTTLS": SessionCommands.smtp_STARTTLS,
        "AUTH": SessionCommands.smtp_AUTH,
        "MAIL": smtp_MAIL,
        "RCPT": smtp_RCPT,
        "DATA": smtp_DATA,
        "RSET": SessionCommands.smtp_RSET,
        "NOOP": SessionCommands.smtp_NOOP,
        "VRFY": SessionCommands.smtp_VRFY,
        "EXPN": SessionCommands.smtp_EXPN,
        "HELP": SessionCommands.smtp_HELP,
        "QUIT": SessionCommands.smtp_QUIT,
    }


def _split(line: bytes) -> tuple[str, str | None]:
    """Return the verb in upper case and its argument, None where there is none.

    As in aiosmtpd, octets that are not UTF-8 stay in the argument as surrogates.
    """
    verb, _, argument = line.rstrip(b"\r\n").partition(b" ")
    return verb.upper().decode("ascii", "replace"), argument.strip(b" ").decode("utf-8", "surrogateescape") or None


def _octets(argument: str) -> bytes:
    return argument.encode("utf-8", "surrogateescape")
