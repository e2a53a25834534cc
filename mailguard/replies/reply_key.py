"""What makes two copies of one mail the same, whatever way each came: trace fields, line ends and mbox quoting differ."""

from __future__ import annotations

from hashlib import blake2b

from mailguard.mail.header import Header

_KEY_OCTETS = 16


def reply_key(octets: bytes, header: Header | None, *, message_id: str) -> bytes:
    """Return 16 octets over Message-ID, From, Date, Subject and body; over all octets where the header could not be read.

    Of the body, CRLF counts as LF, `>From ` at a line's beginning as `From ` (what mbox files make of it), and white space at
    the end as nothing.
    """
    digest = blake2b(digest_size=_KEY_OCTETS)
    start = 0
    if header is not None:
        start = header.body_start
        for text in (message_id, *map(header.first, ("from", "date", "subject"))):
            told = text.encode("utf-8", "replace")
            digest.update(len(told).to_bytes(8, "big") + told)
    body = octets[start:].replace(b"\r\n", b"\n").rstrip()
    digest.update((b"\n" + body).replace(b"\n>From ", b"\nFrom "))
    return digest.digest()
