"""Changes to the octets of a mail that leave all others as they are."""

from __future__ import annotations

from collections.abc import Iterable

Edit = tuple[int, int, bytes]
"""Where something is taken out, from and up to, and what is put in there."""


def edited(octets: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the octets with every edit made, whatever their order; where nothing is edited, the octets themselves."""
    ordered = sorted(edits)
    if not ordered:
        return octets
    pieces: list[bytes] = []
    kept_to = 0
    for start, end, put_in in ordered:
        pieces += (octets[kept_to:start], put_in)
        kept_to = max(kept_to, end)
    return b"".join([*pieces, octets[kept_to:]])
