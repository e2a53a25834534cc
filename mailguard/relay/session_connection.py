"""One connection: octets in, answers out, time and TLS. Knows no command.

A subclass of aiosmtpd's SMTP that keeps its shape and replaces what costs time on each connection and command: the
reflection in its constructor, its stream reader, a drain and a timer for each command.
"""

from __future__ import annotations

import asyncio
import math
import ssl
from typing import ClassVar, Final, cast

from aiosmtpd.smtp import SMTP, Session

from mailguard.errors import MailguardError
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.relay import answers
from mailguard.relay.inbox import Inbox
from mailguard.relay.incoming_mail import IncomingMail
from mailguard.relay.refusal import Refusal
from mailguard.relay.service import Service
from mailguard.relay.settings import Client

# Octets that may wait unread while a session is busy before its peer has to wait.
_READ_AHEAD: Final = 16_384
# Octets of answers that may gather while pipelined commands are read (RFC 2920 3.2).
_ANSWERS_AT_ONCE: Final = 16_384
_TLS_HANDSHAKE_SECONDS: Final = 30.0
# How long a peer may take to read the last answer.
_LINGER_SECONDS: Final = 5.0


class PeerGoneError(MailguardError):
    """The peer went away where it had to say something."""


class Connection(SMTP):
    """The connection of one peer.

    `client` is who may relay over it, None while nobody may; `mail` is the one under way, None between mails. The session
    sets `is_obeying` while it carries a command out, and `is_over` when it wants no more.
    """

    greeting: ClassVar = "ESMTP mailguard"

    transport: asyncio.Transport | None
    session: Session
    _timeout_handle: asyncio.TimerHandle | None

    def __init__(self, service: Service) -> None:
        """Set what SMTP's constructor sets, as far as it is used, without looking the class over each time."""
        # Octets go to the inbox: there is no stream reader.
        asyncio.StreamReaderProtocol.__init__(self, None, loop=service.loop)  # type: ignore[arg-type]
        listen = service.listen
        self.loop = service.loop
        self.event_handler = service.intake
        self.hostname = listen.hostname
        self.data_size_limit = listen.max_size
        self.tls_context = service.tls_context
        self.transport = None
        self.session = self._create_session()
        self._original_transport = None
        self._handler_coroutine = None
        self._timeout_handle = None
        self._timeout_duration = listen.idle_timeout.total_seconds()
        # How late a peer's lateness may be noticed.
        self._timer_period = min(self._timeout_duration, listen.data_timeout.total_seconds()) / 4

        self.service = service
        self.inbox = Inbox(service.loop)
        self.peer = ""
        self.client: Client | None = None
        self.mail: IncomingMail | None = None
        self.is_over = False
        self.is_obeying = False
        self._answers = bytearray()
        self._can_write = asyncio.Event()
        self._can_write.set()
        self._deadline = math.inf
        self._is_admitted = False

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the peer, or turn it away."""
        self.transport = cast("asyncio.Transport", transport)
        self.peer = (transport.get_extra_info("peername") or ("",))[0]
        self.session.peer = self.peer
        if not self._admit():
            self.hang_up()
            return
        self._reset_timeout()
        self.answer(SmtpReply(220, "", f"{self.hostname} {self.greeting}"))
        self._handler_coroutine = self.loop.create_task(self._handle_client())

    def data_received(self, data: bytes) -> None:
        """Keep what came; a peer that sends ahead of its answers has to wait."""
        was_awaited = self.inbox.feed(data)
        if was_awaited or len(self.inbox) <= _READ_AHEAD:
            return
        # While TLS takes over, the transport underneath is not ours to pause.
        if self.transport is not None and self.transport is not self._original_transport:
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        """Let the session answer what was said before; under TLS no half of a connection stays open."""
        self.inbox.feed_end()
        return self._original_transport is None

    def connection_lost(self, error: Exception | None) -> None:
        """Let the session end by itself: what intake is taking over is not interrupted."""
        self.transport = None
        self.inbox.feed_end()
        self._can_write.set()
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        if self._is_admitted:
            self._is_admitted = False
            self.service.leave(self, self.peer)
        asyncio.StreamReaderProtocol.connection_lost(self, error)

    def pause_writing(self) -> None:
        """Note that what was said piles up unread."""
        self._can_write.clear()

    def resume_writing(self) -> None:
        """Note that the peer reads again."""
        self._can_write.set()

    # Who comes in.

    def _admit(self) -> bool:
        """Return whether the peer may speak; if not, it has its answer, unless it has gone already."""
        service = self.service
        if not self.peer:
            return False
        if not service.enter(self, self.peer):
            return self._refuse(answers.TOO_MANY_CONNECTIONS, Refusal.CONNECTIONS)
        self._is_admitted = True
        self.client = service.networks.client_at(self.peer)
        if self.client is None and not service.offers_auth:
            # RFC 5321 3.1 would have us wait for QUIT; a stranger that can never relay is not worth a connection.
            return self._refuse(answers.NO_RELAYING, Refusal.CLIENT)
        return True

    def _refuse(self, reply: SmtpReply, refusal: Refusal) -> bool:
        self.service.refused(refusal)
        self.answer(reply)
        return False

    # What the session says and hears.

    def answer(self, reply: SmtpReply) -> None:
        """Say this, at the latest before waiting for what the peer says next."""
        self.answer_octets(reply.line())

    def answer_octets(self, lines: bytes) -> None:
        """Say these whole lines, at the latest before waiting for what the peer says next."""
        self._answers += lines
        if len(self._answers) > _ANSWERS_AT_ONCE:
            self.flush()

    async def push(self, status: str | bytes) -> None:
        """Say this line, for what of aiosmtpd's own is used."""
        self.answer_octets((status.encode() if isinstance(status, str) else status) + b"\r\n")

    def flush(self) -> None:
        """Send what was said."""
        if self._answers and self.transport is not None:
            self.transport.write(self._answers)
            self._answers = bytearray()

    async def next_line(self) -> bytes | None:
        """Return the next line with its end, OVERLONG in place of one that is too long, None when no more will come."""
        while self.transport is not None:
            line = self.inbox.take_line()
            if line is not None:
                return line
            if not await self.hear():
                return None
        return None

    async def hear(self) -> bool:
        """Send what was said and wait; return False when no more octets will come, else there may be some."""
        self.flush()
        if not self._can_write.is_set():
            # A peer that does not read its answers is not heard until it does or its time is over. Octets may have come
            # meanwhile, so what there is must be looked at before any more is waited for.
            await self._can_write.wait()
            return self.transport is not None
        if self.transport is None or self.inbox.at_end:
            return False
        self.transport.resume_reading()
        await self.inbox.wait()
        return True

    def hang_up(self) -> None:
        """Send what was said and close; a peer that does not read it is cut off by the timer."""
        self.flush()
        if self.transport is not None:
            self.transport.close()

    def end(self, reply: SmtpReply) -> None:
        """Say this as the last answer of the session."""
        self.answer(reply)
        self.is_over = True

    def leave(self) -> None:
        """End now if the session only waits for a command, else as soon as no mail is under way."""
        if not self.is_obeying and self.mail is None:
            self.is_over = True
            self.cut_off()

    def cut_off(self) -> None:
        """End now, whatever is under way."""
        self.answer(answers.SHUTTING_DOWN)
        self.hang_up()

    def abort(self) -> None:
        """End now without a word."""
        if self.transport is not None:
            self.transport.abort()

    # Time.

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Let the peer's time end after `duration` seconds, by default the idle timeout.

        The one timer of a connection looks at the deadline when it fires; nothing is cancelled and armed anew.
        """
        self._deadline = self.loop.time() + (self._timeout_duration if duration is None else duration)
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_later(self._timer_period, self._timeout_cb)

    def stop_the_clock(self) -> None:
        """Give the peer any time: it waits for us."""
        self._deadline = math.inf

    def _timeout_cb(self) -> None:
        if self.transport is None or self.transport.is_closing():
            self.abort()
            return
        now = self.loop.time()
        check_at = min(self._deadline, now + self._timer_period)
        if self._deadline <= now:
            self._refuse(answers.TIMED_OUT, Refusal.IDLE)
            self.hang_up()
            check_at = now + _LINGER_SECONDS
        self._timeout_handle = self.loop.call_at(check_at, self._timeout_cb)

    # TLS.

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Go on over TLS as if the peer had just connected (RFC 3207 4.2). Raises OSError when that fails."""
        self.flush()
        # RFC 3207 4.2, 6: nothing said in the clear counts, nor what was sent in the clear ahead of TLS.
        self.inbox.take_all()
        self._original_transport = plain = cast("asyncio.Transport", self.transport)
        # The loop's own way: an asyncio SSLProtocol over uvloop's transport would not do.
        self.transport = await self.loop.start_tls(
            plain, self, context, server_side=True, ssl_handshake_timeout=_TLS_HANDSHAKE_SECONDS
        )
        self.session = self._create_session()
        self.session.peer = self.peer
        self.session.ssl = {"sslcontext": context}
        self.client = self.service.networks.client_at(self.peer)
        self._set_rset_state()

    def _set_rset_state(self) -> None:
        """Forget the mail under way."""
        self.mail = None
