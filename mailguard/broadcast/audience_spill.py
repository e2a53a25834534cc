"""The judged rows of an audience, kept in a file that has no name until they are asked for. Memory holds one piece of them."""

from __future__ import annotations

import marshal
import struct
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Final

from mailguard.broadcast.audience_judging import Spilt

_LENGTH: Final = struct.Struct("<Q")


class Spill:
    """Pieces in, rows out, in the same order. Gone when it is closed."""

    def __init__(self) -> None:
        self._file = TemporaryFile(prefix="mailguard-")  # noqa: SIM115 - closed with the report

    def add(self, piece: bytes) -> None:
        """Keep one piece."""
        self._file.seek(0, 2)
        self._file.write(_LENGTH.pack(len(piece)))
        self._file.write(piece)

    def rows(self) -> Iterator[Spilt]:
        """All rows, from the first; several may read at once."""
        place = 0
        while True:
            self._file.seek(place)
            length = self._file.read(_LENGTH.size)
            if not length:
                return
            piece = self._file.read(_LENGTH.unpack(length)[0])
            place = self._file.tell()
            yield from marshal.loads(piece)  # noqa: S302 - written by this very process, into a file without a name

    def close(self) -> None:
        """Let the rows go."""
        self._file.close()
