"""Who may relay by where it connects from, and how many may be connected at once.

Refuses to know credentials (`authentication`) and what the connected ones say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from mailguard.relay.settings import Client

_REMEMBERED_PEERS = 4096


class Networks:
    """The clients that are known by their network. The longest prefix wins, whatever the order of configuration."""

    def __init__(self, clients: Iterable[Client]) -> None:
        pairs = [(network, client) for client in clients for network in client.networks]
        self._by_prefix = sorted(pairs, key=lambda pair: pair[0].prefixlen, reverse=True)
        self.client_at = lru_cache(maxsize=_REMEMBERED_PEERS)(self._look_up)

    def _look_up(self, peer: str) -> Client | None:
        """Return the client at this IP address, or None."""
        address = _parse_address(peer)
        for network, client in self._by_prefix:
            # `in` is false between IPv4 and IPv6.
            if address in network:
                return client
        return None


class Doorkeeper:
    """Counts the open connections, in all and by peer address."""

    def __init__(self, *, most: int, most_per_peer: int) -> None:
        self._most = most
        self._most_per_peer = most_per_peer
        self._by_peer: Counter[str] = Counter()
        self.inside = 0

    def admit(self, peer: str) -> bool:
        """Return whether one more connection of `peer` may come in; if so it counts until `release`."""
        if self.inside >= self._most or self._by_peer[peer] >= self._most_per_peer:
            return False
        self._by_peer[peer] += 1
        self.inside += 1
        return True

    def release(self, peer: str) -> None:
        """Count a connection that was admitted as gone."""
        self.inside -= 1
        self._by_peer[peer] -= 1
        if not self._by_peer[peer]:
            del self._by_peer[peer]


def _parse_address(peer: str) -> IPv4Address | IPv6Address:
    """Return the address without a zone; an IPv4 address that came through an IPv6 socket is IPv4 (RFC 4291 2.5.5.2)."""
    address = ip_address(peer.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
