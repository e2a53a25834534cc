"""The token of a checked broadcast: which check, until when, of which texts and which audience; and that we said so.

It travels in one line of a header, and holds nothing of a person. Knows no key's origin, nor whether the check still stands.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from hmac import compare_digest
from struct import Struct, error
from typing import Final

from mailguard.mail.token import ulid_octets, ulid_text

_PREFIX: Final = "c1."
_LAYOUT: Final = Struct(">16sQ16s16s")
_SIGNATURE_OCTETS: Final = 16


@dataclass(frozen=True, slots=True)
class CheckToken:
    """What a token says: `broadcast` is a ULID, `expires_at` in whole seconds, `texts` and `audience` digests of 16 octets."""

    broadcast: str
    expires_at: datetime
    texts: bytes
    audience: bytes


def write_token(key: bytes, token: CheckToken) -> str:
    """Return the token, 101 ASCII characters of a URL (RFC 4648 5). Raises ValueError where `broadcast` is no ULID.

    The signature is keyed BLAKE2b (RFC 7693), 128 bits.
    """
    seconds = int(token.expires_at.timestamp())
    payload = _LAYOUT.pack(ulid_octets(token.broadcast), seconds, token.texts, token.audience)
    return f"{_PREFIX}{_text(payload)}.{_text(_signature(key, payload))}"


def read_token(key: bytes, text: str) -> CheckToken | None:
    """Return what a token says; None where it is none, or was not written with `key`."""
    payload_text, dot, signature_text = text.removeprefix(_PREFIX).partition(".")
    payload, signature = _octets(payload_text), _octets(signature_text)
    if not text.startswith(_PREFIX) or not dot or not compare_digest(signature, _signature(key, payload)):
        return None
    try:
        broadcast, seconds, texts, audience = _LAYOUT.unpack(payload)
        return CheckToken(ulid_text(broadcast), datetime.fromtimestamp(seconds, UTC), texts, audience)
    except (error, ValueError, OverflowError):  # signed by us all the same: by a later version
        return None


def member_key(salt: bytes, canonical: str) -> bytes:
    """Return the 16 octets under which a broadcast with this salt knows a canonical mailbox; nobody reads them backwards."""
    return blake2b(canonical.encode("utf-8", "surrogatepass"), key=salt, digest_size=16).digest()


def _signature(key: bytes, payload: bytes) -> bytes:
    return blake2b(payload, key=key[:64], digest_size=_SIGNATURE_OCTETS, person=b"mailguard-check").digest()


def _text(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")


def _octets(text: str) -> bytes:
    """Return what the text stands for, b"" where it is no such text, or not the one way to write it."""
    try:
        octets = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        return b""
    return octets if _text(octets) == text else b""
