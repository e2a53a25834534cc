"""What all sessions of one server share: the settings, who decides, the counts, and who is connected."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailguard.relay.admission import Doorkeeper, Networks
from mailguard.relay.arrival import Intake
from mailguard.relay.authentication import Verifier
from mailguard.relay.octet_budget import OctetBudget
from mailguard.relay.refusal import Refusal
from mailguard.relay.settings import Listen

if TYPE_CHECKING:
    from mailguard.relay.session_connection import Connection


@dataclass(slots=True, kw_only=True)
class Service:
    """Built once a server. `extensions` tells what the next hop was last known to have; `refused` counts refusals."""

    listen: Listen
    intake: Intake
    extensions: Callable[[], frozenset[str]]
    refused: Callable[[Refusal], None]
    loop: asyncio.AbstractEventLoop
    tls_context: ssl.SSLContext | None
    networks: Networks
    verifier: Verifier
    doorkeeper: Doorkeeper
    budget: OctetBudget
    connections: set[Connection] = field(default_factory=set)
    is_closing: bool = False
    _emptied: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def offers_auth(self) -> bool:
        """Whether a client may authenticate once it speaks TLS."""
        return self.tls_context is not None and self.verifier.has_clients

    def enter(self, connection: Connection, peer: str) -> bool:
        """Count a connection in and return True, or return False where the limits do not allow one more."""
        if self.is_closing or not self.doorkeeper.admit(peer):
            return False
        self.connections.add(connection)
        return True

    def leave(self, connection: Connection, peer: str) -> None:
        """Count a connection out."""
        self.doorkeeper.release(peer)
        self.connections.discard(connection)
        if not self.connections:
            self._emptied.set()

    async def is_empty_within(self, seconds: float) -> bool:
        """Return True when nobody is connected any more, False when `seconds` were not enough for that."""
        self._emptied.clear()
        if not self.connections:
            return True
        try:
            await asyncio.wait_for(self._emptied.wait(), seconds)
        except TimeoutError:
            return False
        return True
