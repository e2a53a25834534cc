"""The demo's mail server behind the relay: a real SMTP server that takes everything, and that can go away."""

from __future__ import annotations

import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session


class NextHop:
    """An aiosmtpd server on loopback. `recipients` counts those whose mail it has taken, `last` is the last mail.

    `room`: how many more it takes before it asks to be tried later; None for any number.
    """

    def __init__(self) -> None:
        self.recipients = 0
        self.last = b""
        self.room: int | None = None
        self.port = 0
        self._server: asyncio.Server | None = None
        self._sessions: list[SMTP] = []

    async def open(self) -> None:
        """Listen on loopback: on any free port the first time, on the same one afterwards."""
        self._server = await asyncio.get_running_loop().create_server(self._session, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Go away: listen no more, and cut the connections."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for session in self._sessions:
            if session.transport is not None:
                session.transport.close()
        self._sessions.clear()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002 - aiosmtpd's parameters
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        """Take a recipient while there is room."""
        if self.room == 0:
            return "451 4.2.0 greylisted, try again later"
        if self.room is not None:
            self.room -= 1
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002 - aiosmtpd's names
        """Take the mail."""
        self.recipients += len(envelope.rcpt_tos)
        self.last = envelope.original_content or b""
        return "250 2.0.0 taken"

    def _session(self) -> SMTP:
        session = SMTP(self, hostname="next-hop.example", loop=asyncio.get_running_loop(), data_size_limit=None)
        self._sessions.append(session)
        return session
