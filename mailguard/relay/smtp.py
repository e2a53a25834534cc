"""Opens and closes the front door: one listening socket with all the sessions that come through it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from socket import socket
from typing import Final

from mailguard.relay.admission import Doorkeeper, Networks
from mailguard.relay.arrival import Intake
from mailguard.relay.authentication import Verifier
from mailguard.relay.octet_budget import OctetBudget
from mailguard.relay.refusal import Refusal
from mailguard.relay.service import Service
from mailguard.relay.session import SmtpSession
from mailguard.relay.session_connection import Connection
from mailguard.relay.settings import Listen
from mailguard.relay.tls import server_context

_BACKLOG: Final = 1024
_MOST_OCTETS_HELD: Final = 512 * 1024 * 1024
_GRACE: Final = timedelta(seconds=30)
_LINGER_SECONDS: Final = 5.0


def _count_nothing(_: Refusal) -> None:
    """Take no notice of a refusal."""


async def serve_smtp(
    listen: Listen,
    intake: Intake,
    *,
    extensions: Callable[[], frozenset[str]],
    refused: Callable[[Refusal], None] = _count_nothing,
    sock: socket | None = None,
    reuse_port: bool = False,
    most_octets_held: int = _MOST_OCTETS_HELD,
) -> SmtpServer:
    """Return a server that listens, on `sock` if given, else on the host and port of `listen` (port 0: any free one).

    `extensions` tells which of 8BITMIME and SMTPUTF8 the next hop was last known to have; `refused` is told of each
    refusal; `most_octets_held` bounds the unfinished messages of this process. Raises ConfigError for a certificate that
    cannot be used, OSError for an address that cannot be listened on.
    """
    loop = asyncio.get_running_loop()
    service = Service(
        listen=listen,
        intake=intake,
        extensions=extensions,
        refused=refused,
        loop=loop,
        tls_context=server_context(listen.tls_cert, listen.tls_key) if listen.tls_cert else None,
        networks=Networks(listen.clients),
        verifier=Verifier(listen.clients, clock=loop.time),
        doorkeeper=Doorkeeper(most=listen.max_connections, most_per_peer=listen.max_connections_per_client),
        budget=OctetBudget(most_octets_held),
    )

    def new_session() -> SmtpSession:
        return SmtpSession(service)

    if sock is not None:
        server = await loop.create_server(new_session, sock=sock, backlog=_BACKLOG)
    else:
        server = await loop.create_server(
            new_session, listen.host or None, listen.port, backlog=_BACKLOG, reuse_port=reuse_port or None
        )
    return SmtpServer(server, service)


class SmtpServer:
    """A front door that is open."""

    def __init__(self, server: asyncio.Server, service: Service) -> None:
        self._server = server
        self._service = service
        address = server.sockets[0].getsockname()
        self.port: int = address[1] if isinstance(address, tuple) else 0

    @property
    def connections(self) -> int:
        """How many are connected."""
        return self._service.doorkeeper.inside

    @property
    def octets_held(self) -> int:
        """How many octets of unfinished messages are held."""
        return self._service.budget.used

    async def close(self, *, grace: timedelta = _GRACE) -> None:
        """Listen no more, end the sessions between mails, let those within one finish for `grace`, then end them too."""
        service = self._service
        service.is_closing = True
        self._server.close()
        steps: tuple[tuple[Callable[[Connection], None], float], ...] = (
            (lambda connection: connection.leave(), grace.total_seconds()),
            (lambda connection: connection.cut_off(), _LINGER_SECONDS),
            (lambda connection: connection.abort(), _LINGER_SECONDS),
        )
        for end, seconds in steps:
            for connection in tuple(service.connections):
                end(connection)
            if await service.is_empty_within(seconds):
                break
        service.verifier.close()
