"""Encoded words in header fields (RFC 2047), read as leniently as mail programs do. Never raises; linear."""

from __future__ import annotations

import binascii
import re

from mailguard.mail.charset import decode_charset
from mailguard.mail.header import decode_octets

# Lenient: white space and a few question marks inside the text. Possessive, so that no octet is tried twice by one attempt,
# and the segments are counted, so that no octet is reached by more than five of them.
_WORD = re.compile(r"=\?([^?\s]{1,60}+)\?([bBqQ])\?([^?]*+(?:\?(?!=)[^?]*+){0,4}+)\?=")
_CONTROLS = dict.fromkeys((*range(32), 127), " ")


def decode_words(value: bytes | str) -> str:
    """Return the value with its encoded words decoded; what cannot be decoded stays as it is.

    Words side by side are joined without the white space between them (RFC 2047 6.2), and as octets where they share a
    character set, for senders that cut inside a character. Control characters out of a word become spaces.
    """
    text = value if isinstance(value, str) else decode_octets(value)
    if "=?" not in text:
        return text
    pieces: list[str] = []
    at = 0
    charset, run = "", list[bytes]()
    for match in _WORD.finditer(text):
        octets = _octets(match[3], encoding=match[2])
        between = text[at : match.start()]
        if octets is None:
            continue
        if run and (match[1].lower() != charset or between.strip()):
            pieces.append(_decoded(run, charset))
            run = []
        if between.strip() or (not pieces and not run):
            pieces.append(between)
        charset, at = match[1].lower(), match.end()
        run.append(octets)
    pieces.append(_decoded(run, charset))
    pieces.append(text[at:])
    return "".join(pieces)


def _octets(text: str, *, encoding: str) -> bytes | None:
    """Return what B or Q encoded (RFC 2047 4), None where it is neither."""
    octets = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(octets, header=True)
    try:
        return binascii.a2b_base64(octets + b"==")
    except binascii.Error:
        return None


def _decoded(run: list[bytes], charset: str) -> str:
    """Return the text of neighbouring words. A language may follow the character set (RFC 2231 5)."""
    return decode_charset(b"".join(run), charset.partition("*")[0]).translate(_CONTROLS)
