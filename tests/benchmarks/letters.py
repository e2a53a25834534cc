"""Sends mails, each to a recipient of its own, as fast as they are taken: a program, so that its work is not the relay's.

    python -m tests.benchmarks.letters PORT FILE

FILE holds for each mail a line "RECIPIENT OCTETS" and then so many octets.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

SESSIONS = 10


def read(octets: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The recipients and mails of a file."""
    at = 0
    while at < len(octets):
        end = octets.index(b"\n", at)
        recipient, size = octets[at:end].split()
        at = end + 1 + int(size)
        yield recipient, octets[end + 1 : at]


async def send(port: int, letters: Iterator[tuple[bytes, bytes]]) -> None:
    """Send what is left of `letters` over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await _answered(reader, b"220")
    writer.write(b"EHLO sender.example\r\n")
    await _answered(reader, b"250")
    for recipient, octets in letters:
        writer.write(b"MAIL FROM:<shop@sender.example>\r\nRCPT TO:<" + recipient + b">\r\nDATA\r\n")
        for code in (b"250", b"250", b"354"):
            await _answered(reader, code)
        writer.write(octets + b".\r\n")
        await _answered(reader, b"250")
    writer.close()


async def _answered(reader: asyncio.StreamReader, code: bytes) -> None:
    line = await reader.readline()
    while line[3:4] == b"-":
        line = await reader.readline()
    if not line.startswith(code):
        raise RuntimeError(f"expected {code.decode()}: {line.decode()}")


async def main() -> None:
    """Send everything over several sessions."""
    letters = read(Path(sys.argv[2]).read_bytes())  # noqa: ASYNC240 - nothing else runs yet
    await asyncio.gather(*(send(int(sys.argv[1]), letters) for _ in range(SESSIONS)))


if __name__ == "__main__":
    asyncio.run(main())
