"""One message between the renderer and its children: a length of four octets, then JSON. Knows no meaning of it."""

from __future__ import annotations

import json
from typing import Any, BinaryIO, Final

LENGTH_OCTETS: Final = 4


def frame(document: Any) -> bytes:
    """Return the octets of one message."""
    octets = json.dumps(document, separators=(",", ":")).encode()
    return len(octets).to_bytes(LENGTH_OCTETS, "big") + octets


def length_in(octets: bytes) -> int:
    """Return how many octets of JSON follow."""
    return int.from_bytes(octets, "big")


def unframed(octets: bytes) -> Any:
    """Return what the JSON after the length says. Raises ValueError where it is none."""
    return json.loads(octets)


def read_frame(stream: BinaryIO) -> Any:
    """Return the next message of a stream that waits, None at its end."""
    length = stream.read(LENGTH_OCTETS)
    if len(length) < LENGTH_OCTETS:
        return None
    octets = stream.read(length_in(length))
    return unframed(octets) if len(octets) == length_in(length) else None
