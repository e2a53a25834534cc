"""The commands that are about the session: greeting, TLS, authentication and the small ones (RFC 5321 4.1.1).

Of mail it knows only whether one is under way; how mail comes in stands in `session`.
"""

# aiosmtpd names its commands smtp_VERB and gives each one argument.
# ruff: noqa: ARG002, N802

from __future__ import annotations

import re
from base64 import b64encode
from ssl import SSLContext
from typing import ClassVar, Final

import structlog

from mailguard.mail.masking import mask
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.relay import answers
from mailguard.relay.authentication import (
    AuthenticationError,
    Credentials,
    decode_response,
    read_login,
    read_plain,
)
from mailguard.relay.inbox import OVERLONG
from mailguard.relay.offer import ehlo_answer, offer
from mailguard.relay.refusal import Refusal
from mailguard.relay.service import Service
from mailguard.relay.session_connection import Connection, PeerGoneError

# A domain or address literal (RFC 5321 4.1.1.1), and what else hosts call themselves without harm to a trace field.
_HELO_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.:@\[\]-]{1,255}", re.ASCII)

log = structlog.get_logger(__name__)


class SessionCommands(Connection):
    """A connection that understands everything but mail. `offered` is what the last EHLO offered, empty after HELO."""

    helo_syntax: ClassVar = answers.HELO_SYNTAX
    helo_first: ClassVar = answers.HELO_FIRST
    help: ClassVar = answers.HELP

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.offered: frozenset[str] = frozenset()
        self._auth_tries = 0

    @property
    def is_tls(self) -> bool:
        """Whether the peer is heard over TLS."""
        return self.session.ssl is not None

    # Greeting.

    async def smtp_EHLO(self, arg: str | None) -> None:
        """Greet, forget any mail under way (RFC 5321 4.1.4) and offer the extensions."""
        if not self._take_helo(arg):
            return
        service = self.service
        self.session.extended_smtp = True
        self.offered = offer(
            service.extensions(),
            starttls=service.tls_context is not None and not self.is_tls,
            auth=service.offers_auth and self.is_tls,
        )
        self.answer_octets(ehlo_answer(self.hostname, self.offered, service.listen.max_size))

    async def smtp_HELO(self, arg: str | None) -> None:
        """Greet a client that knows no extensions."""
        if not self._take_helo(arg):
            return
        self.session.extended_smtp = False
        self.offered = frozenset()
        self.answer(SmtpReply(250, "", self.hostname))

    def _take_helo(self, name: str | None) -> bool:
        if name is None or not _HELO_NAME.fullmatch(name):
            self.answer(self.helo_syntax)
            return False
        self._set_rset_state()
        self.session.host_name = name
        return True

    # The small ones.

    async def smtp_NOOP(self, arg: str | None) -> None:
        """Do nothing (RFC 5321 4.1.1.9)."""
        self.answer(answers.DONE)

    async def smtp_RSET(self, arg: str | None) -> None:
        """Forget the mail under way (RFC 5321 4.1.1.5)."""
        if arg:
            self.answer(answers.NO_ARGUMENT)
            return
        self._set_rset_state()
        self.answer(answers.DONE)

    async def smtp_QUIT(self, arg: str | None) -> None:
        """Say good-bye (RFC 5321 4.1.1.10)."""
        if arg:
            self.answer(answers.NO_ARGUMENT)
        else:
            self.end(answers.BYE)

    async def smtp_VRFY(self, arg: str | None) -> None:
        """Tell nothing of who exists (RFC 5321 3.5.3)."""
        self.answer(answers.CANNOT_VERIFY)

    async def smtp_EXPN(self, arg: str | None) -> None:
        """Expand no list (RFC 5321 3.5.2)."""
        self.answer(answers.NOT_OFFERED)

    async def smtp_HELP(self, arg: str | None) -> None:
        """Name the commands (RFC 5321 4.1.1.8)."""
        self.answer(self.help)

    # TLS and authentication.

    async def smtp_STARTTLS(self, arg: str | None) -> None:
        """Turn TLS on (RFC 3207)."""
        context = self.service.tls_context
        if context is None:
            self.answer(answers.NOT_OFFERED)
        elif arg:
            self.answer(answers.NO_ARGUMENT)
        elif self.is_tls:
            self.answer(answers.TLS_ALREADY)
        else:
            await self._turn_tls_on(context)

    async def _turn_tls_on(self, context: SSLContext) -> None:
        self.answer(answers.READY_FOR_TLS)
        self.offered = frozenset()
        try:
            await self.start_tls(context)
        except OSError as error:
            log.info("smtp.tls_failed", peer=self.peer, error=str(error))
            self.is_over = True

    async def smtp_AUTH(self, arg: str | None) -> None:
        """Let the peer prove which client it is (RFC 4954)."""
        refusal = self._why_no_auth()
        if refusal is not None:
            self.answer(refusal)
            return
        self._auth_tries += 1
        if self._auth_tries > self.service.listen.max_auth_tries:
            self.service.refused(Refusal.AUTHENTICATION)
            self.end(answers.TOO_MANY_AUTH_TRIES)
            return
        mechanism, _, initial = (arg or "").partition(" ")
        ask = {"PLAIN": self._ask_plain, "LOGIN": self._ask_login}.get(mechanism.upper())
        if ask is None:
            self.answer(answers.UNKNOWN_MECHANISM)
            return
        await self._authenticate_as(await ask(initial.strip()))

    def _why_no_auth(self) -> SmtpReply | None:
        if not self.service.offers_auth:
            return answers.NOT_OFFERED
        if not self.is_tls:
            return answers.TLS_FIRST
        if not self.session.host_name:
            return self.helo_first
        # RFC 4954 4: once, and not within a mail
        if self.session.authenticated:
            return answers.AUTH_ALREADY
        return answers.NESTED_MAIL if self.mail else None

    async def _authenticate_as(self, credentials: Credentials) -> None:
        self.flush()
        self.stop_the_clock()
        client = await self.service.verifier.verify(credentials)
        self._reset_timeout()
        if client is None:
            self.service.refused(Refusal.AUTHENTICATION)
            log.warning("smtp.authentication_failed", peer=self.peer, username=mask(credentials.username))
            self.answer(answers.WRONG_CREDENTIALS)
            return
        self.client = client
        self.session.authenticated = True
        self.answer(answers.AUTHENTICATED)

    async def _ask_plain(self, initial: str) -> Credentials:
        return read_plain(_decode_initial(initial) if initial else await self._challenge(b""))

    async def _ask_login(self, initial: str) -> Credentials:
        username = _decode_initial(initial) if initial else await self._challenge(b"Username:")
        return read_login(username, await self._challenge(b"Password:"))

    async def _challenge(self, prompt: bytes) -> bytes:
        """Return the response to one challenge. Raises AuthenticationError, PeerGoneError."""
        self.answer(SmtpReply(334, "", b64encode(prompt).decode()))
        line = await self.next_line()
        if line is None:
            raise PeerGoneError
        if line == OVERLONG:
            raise AuthenticationError(answers.LINE_TOO_LONG.text, code=500, enhanced_status="5.5.6")
        return decode_response(line.rstrip(b"\r\n"))


def _decode_initial(response: str) -> bytes:
    return decode_response(response.encode("utf-8", "surrogateescape"))
