"""How many octets of unfinished messages one process may hold. Knows no connection and no message."""

from __future__ import annotations


class OctetBudget:
    """A counted allowance in octets, shared by all sessions of a server."""

    __slots__ = ("limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def has_room_for(self, octets: int) -> bool:
        """Return whether that many octets could be spent now."""
        return self.used + octets <= self.limit

    def spend(self, octets: int) -> bool:
        """Count the octets as held and return True, or return False and count nothing."""
        if self.used + octets > self.limit:
            return False
        self.used += octets
        return True

    def give_back(self, octets: int) -> None:
        """Count the octets as no longer held."""
        self.used -= octets
