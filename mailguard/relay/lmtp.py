"""Takes customers' replies by LMTP (RFC 2033): the front door's session, with one answer for each recipient after the dot.

There is no queue behind it: a positive answer means that the reply is in the ledger, a 4yz that the mail server keeps it and
tries again. Neither AUTH nor TLS: who may deliver is told by network, or by the rights on the socket's folder.
"""

# aiosmtpd names its commands smtp_VERB.
# ruff: noqa: N802

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import ClassVar, Final

import structlog

from mailguard.errors import SmtpError, UsageError
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.relay import answers
from mailguard.relay.admission import Doorkeeper, Networks
from mailguard.relay.arrival import Intake
from mailguard.relay.authentication import Verifier
from mailguard.relay.incoming_content import IncomingContent
from mailguard.relay.incoming_mail import IncomingMail
from mailguard.relay.octet_budget import OctetBudget
from mailguard.relay.offer import ehlo_answer
from mailguard.relay.refusal import Refusal
from mailguard.relay.service import Service
from mailguard.relay.session import SmtpSession
from mailguard.relay.session_commands import SessionCommands
from mailguard.relay.settings import Client, Listen
from mailguard.relay.smtp import SmtpServer
from mailguard.replies.source_settings import LmtpListen

# RFC 2033 5 asks for the first two and recommends the third. DSN is left out: a server that hands it on would expect of us
# the reports of successful delivery.
_OFFERED: Final = frozenset({"PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", "SIZE"})
_MOST_OCTETS_HELD: Final = 128 * 1024 * 1024
_BACKLOG: Final = 128
_LOCAL: Final = "unix"
"""What stands for the address of a peer that came through a socket of the file system."""

_log = structlog.get_logger(__name__)


class LmtpSession(SmtpSession):
    """One LMTP session."""

    greeting: ClassVar = "LMTP mailguard"
    helo_syntax: ClassVar = SmtpReply(501, "5.5.4", "syntax: LHLO hostname")
    helo_first: ClassVar = SmtpReply(503, "5.5.1", "send LHLO first")
    help: ClassVar = SmtpReply(214, "2.0.0", "LHLO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT")

    async def smtp_EHLO(self, arg: str | None) -> None:
        """Greet as LHLO does (RFC 2033 4.1)."""
        if self._take_helo(arg):
            self.session.extended_smtp = True
            self.offered = _OFFERED
            self.answer_octets(ehlo_answer(self.hostname, _OFFERED, self.service.listen.max_size))

    async def smtp_DATA(self, arg: str | None) -> None:
        """Take the content in; without a recipient there is none to answer for (RFC 2033 4.2)."""
        if self.mail is not None and not self.mail.recipients:
            self.answer(SmtpReply(503, "5.5.1", "no valid recipients"))
        else:
            await super().smtp_DATA(arg)

    async def _hand_over(self, client: Client, mail: IncomingMail, content: IncomingContent) -> SmtpReply:
        try:
            return await super()._hand_over(client, mail, content)
        except SmtpError as error:
            return SmtpReply(error.code, error.enhanced_status, error.text)
        except Exception:  # noqa: BLE001 - the reply stays with the mail server, which tries again
            _log.exception("lmtp.failed", peer=self.peer)
            self.service.refused(Refusal.FAILURE)
            return answers.UNABLE

    def _answer_content(self, mail: IncomingMail, reply: SmtpReply) -> None:
        """Say it once for each RCPT that was taken (RFC 2033 4.2)."""
        for _ in mail.recipients:
            self.answer(reply)

    def _admit(self) -> bool:
        """Let those in who came through the socket's folder, else as the front door does."""
        transport = self.transport
        peer = transport.get_extra_info("socket") if transport is not None else None
        if peer is None or peer.family != socket.AF_UNIX:
            return super()._admit()
        self.peer = _LOCAL
        if not self.service.enter(self, _LOCAL):
            return self._refuse(answers.TOO_MANY_CONNECTIONS, Refusal.CONNECTIONS)
        self._is_admitted = True
        self.client = self.service.listen.clients[0]
        return True

    _COMMANDS: ClassVar[Mapping[str, Callable[[SmtpSession, str | None], Awaitable[None]]]] = {
        "LHLO": lambda session, argument: session.smtp_EHLO(argument),
        "MAIL": SmtpSession.smtp_MAIL,
        "RCPT": SmtpSession.smtp_RCPT,
        "DATA": lambda session, argument: session.smtp_DATA(argument),
        "RSET": SessionCommands.smtp_RSET,
        "NOOP": SessionCommands.smtp_NOOP,
        "VRFY": SessionCommands.smtp_VRFY,
        "HELP": SessionCommands.smtp_HELP,
        "QUIT": SessionCommands.smtp_QUIT,
    }


async def serve_lmtp(
    listen: LmtpListen,
    intake: Intake,
    *,
    hostname: str,
    max_size: int,
    refused: Callable[[Refusal], None],
    sock: socket.socket | None = None,
) -> SmtpServer:
    """Return a server that listens, on `sock` if given. Raises OSError for an address or a path that cannot be listened on."""
    loop = asyncio.get_running_loop()
    client = Client(name="lmtp", networks=listen.networks)
    # Bare line ends are taken: it is customers' mail, and a refusal would bounce to them.
    door = Listen(hostname=hostname, clients=(client,), max_size=max_size, keep_bare_newlines=True)
    service = Service(
        listen=door,
        intake=intake,
        extensions=frozenset,
        refused=refused,
        loop=loop,
        tls_context=None,
        networks=Networks(door.clients),
        verifier=Verifier(door.clients, clock=loop.time),
        doorkeeper=Doorkeeper(most=door.max_connections, most_per_peer=door.max_connections),
        budget=OctetBudget(_MOST_OCTETS_HELD),
    )
    sock = sock if sock is not None else reserve_lmtp(listen)

    def new_session() -> LmtpSession:
        return LmtpSession(service)

    if sock.family == socket.AF_UNIX:
        return SmtpServer(await loop.create_unix_server(new_session, sock=sock, backlog=_BACKLOG), service)
    return SmtpServer(await loop.create_server(new_session, sock=sock, backlog=_BACKLOG), service)


def reserve_lmtp(listen: LmtpListen) -> socket.socket:
    """Return a bound socket that nobody listens on yet. Raises UsageError where another program has its place."""
    try:
        return _bound_path(Path(listen.path)) if listen.path else _bound_port(listen.host, listen.port)
    except OSError as error:
        raise UsageError(f"cannot listen on {listen}: {error.strerror}; free it or set replies.lmtp_listen") from error


def _bound_port(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def _bound_path(path: Path) -> socket.socket:
    """Take the place of a socket that a killed predecessor left behind; who may enter is for the rights of its folder."""
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.stat().st_mode) and not _is_listened_on(path):
            path.unlink()
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(str(path))
        os.chmod(path, 0o666)  # noqa: PTH101, S103 - the folder's rights decide
    except OSError:
        sock.close()
        raise
    return sock


def _is_listened_on(path: Path) -> bool:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
