"""Transparency of the DATA phase (RFC 5321 4.5.2): blocks as they arrive to content, and content to what is sent.

End of data is CRLF.CRLF and nothing else (RFC 5321 4.1.1.4): not LF.LF, not CR.CR, not a dot between NULs. Blocks are searched
and copied as a whole, never line by line, and memory is bounded by the size that is allowed.
"""

from __future__ import annotations

import io

_END = b"\r\n.\r\n"
_STUFFED = b"\r\n."
_BEGINNINGS_OF_END = (b"\r\n.\r", b"\r\n.", b"\r\n", b"\r")


class Unstuffer:
    """Takes the blocks of one DATA phase and gives its content.

    `feed` returns None until the end of data has come. Then `content` is complete; it ends with CRLF unless it is empty. Beyond
    `max_size` octets nothing is kept, `content` stays b"", and the end is still found. `has_bare_newline` and `has_nul` say
    what RFC 5321 2.3.8 and RFC 5322 3.5 forbid and is refused with 550 5.6.11; both stay False with `keep_bare_newlines`.
    """

    __slots__ = ("_at_start", "_content", "_held", "_kept", "_max_size", "_newlines", "has_nul", "size")

    def __init__(self, *, keep_bare_newlines: bool, max_size: int) -> None:
        self._held = b""
        self._at_start = True
        self._kept: bytes | bytearray = b""
        self._content = b""
        self._max_size = max_size
        self._newlines = None if keep_bare_newlines else io.IncrementalNewlineDecoder(None, translate=False)
        self.size = 0
        self.has_nul = False

    @property
    def content(self) -> bytes:
        """The unstuffed content once the end of data has come, b"" before and when it is too large."""
        return self._content

    @property
    def too_large(self) -> bool:
        """Whether more than the allowed octets have come."""
        return self.size > self._max_size

    @property
    def has_bare_newline(self) -> bool:
        """Whether a CR came without LF or an LF without CR."""
        # The decoder has seen no line end, one kind, or several (a tuple). At C speed it costs half of two counts.
        return self._newlines is not None and self._newlines.newlines not in {None, "\r\n"}

    def feed(self, chunk: bytes) -> bytes | None:
        """Take the next block. Returns what follows the end of data (pipelined commands) once that has come, else None."""
        block = self._held + chunk if self._held else chunk
        if self._at_start and block.startswith(b"."):
            # The data phase begins as if after a line end: so does its first dot (RFC 5321 4.1.1.4).
            block = b"\r\n" + block
        elif block:
            self._at_start = False
        ends = block.endswith(_END)
        # rfind is the cheapest search for what most blocks do not have: a line that begins with a dot, but for the last one.
        has_dots = block.rfind(_STUFFED, 0, len(block) - 3 if ends else len(block)) >= 0
        end = block.find(_END) if has_dots else len(block) - len(_END) if ends else -1
        if end >= 0:
            self._take(block[: end + 2], has_dots=has_dots)
            self._content = bytes(self._kept)
            return block[end + len(_END) :]
        held = next((len(beginning) for beginning in _BEGINNINGS_OF_END if block.endswith(beginning)), 0)
        self._held = block[len(block) - held :]
        if self._at_start and held == len(block):
            self._held = self._held.removeprefix(b"\r\n")
        self._take(block[: len(block) - held], has_dots=has_dots)
        return None

    def _take(self, piece: bytes, *, has_dots: bool) -> None:
        """Keep a piece that ends neither inside CRLF nor before a dot that may be stuffed."""
        if has_dots:
            piece = piece.replace(_STUFFED, b"\r\n")
        if self._at_start and piece:
            piece = piece[2:]
            self._at_start = False
        self.size += len(piece)
        if self.size > self._max_size:
            self._kept = b""
            return
        if self._kept:
            # Many small pieces cost no more than their octets; a content that came in one piece is never copied.
            self._kept = self._kept if isinstance(self._kept, bytearray) else bytearray(self._kept)
            self._kept += piece
        else:
            self._kept = piece
        if self._newlines is not None:
            self._newlines.decode(piece.decode("latin-1"))
            self.has_nul = self.has_nul or b"\0" in piece


def stuff(content: bytes) -> bytes:
    """Return the content as it is sent after DATA: dots at the start of lines doubled, with the end of data.

    A line ends with CRLF only. Content from intake ends with one; other content gets one, for end of data needs it.
    """
    if content.startswith(b"."):
        content = b"." + content
    if content.rfind(_STUFFED) >= 0:
        content = content.replace(_STUFFED, b"\r\n..")
    return content + (b".\r\n" if content.endswith(b"\r\n") or not content else _END)
