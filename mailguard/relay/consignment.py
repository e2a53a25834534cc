"""What of a parcel is still to be handed on. Knows no connection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mailguard.policy.parcel import Destination, Parcel


@dataclass(frozen=True, slots=True)
class Consignment:
    """A parcel, those of its destinations that this transaction is for, and the hops already tried in this round."""

    parcel: Parcel
    destinations: tuple[Destination, ...]
    tried: frozenset[str] = frozenset()

    def only(self, destinations: Iterable[Destination], *, tried: str = "") -> Consignment:
        """Return the same for these destinations alone; `tried` is one more hop that need not be asked again."""
        return Consignment(self.parcel, tuple(destinations), self.tried | {tried} if tried else self.tried)

    def as_parcel(self) -> Parcel:
        """Return the parcel for what is still to be handed on."""
        return replace(self.parcel, destinations=self.destinations)
