"""Signed tokens that name one recipient of one mail: in the address that answers come back to, and in unsubscribe links.

A token is lower-case base32 (RFC 4648 6) without padding: a local part keeps it whatever its case becomes on the way. It says
which mail and which recipient, and that we said so; it holds nothing of the person. Knows no key's origin.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest
from typing import Final

TOKEN_CHARACTERS: Final = 50
"""The length of every token. With `+` and a base of 13 characters it is a local part of 64 octets (RFC 5321 4.5.3.1.1)."""

MOST_RECIPIENTS: Final = 1 << 24

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES: Final = {letter: value for value, letter in enumerate(_CROCKFORD)}
_ULID_CHARACTERS: Final = 26
_NAMED_OCTETS: Final = 19
_SIGNATURE_OCTETS: Final = 12


@dataclass(frozen=True, slots=True)
class Signed:
    """Which recipient a token was signed for: `message` is the ledger's ULID, `n` the recipient's number in it."""

    message: str
    n: int


def sign(key: bytes, message: str, n: int) -> str:
    """Return the token for recipient `n` of `message`, TOKEN_CHARACTERS long.

    Raises ValueError where `message` is no ULID or `n` is out of range. The signature is keyed BLAKE2b (RFC 7693), 96 bits.
    """
    named = ulid_octets(message) + n.to_bytes(3, "big") if 0 <= n < MOST_RECIPIENTS else b""
    if not named:
        raise ValueError(f"{n} is not a recipient's number")
    return b32encode(named + _signature(key, named)).decode().rstrip("=").lower()


def read(key: bytes, token: str) -> Signed | None:
    """Return what the token was signed for; None where it is none, or was not signed with `key`."""
    if len(token) != TOKEN_CHARACTERS or not token.isascii():
        return None
    try:
        octets = b32decode(token.upper() + "======")
    except ValueError:
        return None
    named, signature = octets[:_NAMED_OCTETS], octets[_NAMED_OCTETS:]
    if not compare_digest(signature, _signature(key, named)):
        return None
    return Signed(ulid_text(named[:16]), int.from_bytes(named[16:], "big"))


def tagged_address(mailbox: str, token: str) -> str:
    """Return the address with the token as its sub-address (RFC 5233): `reply@x.example` becomes `reply+TOKEN@x.example`."""
    local_part, _, domain = mailbox.rpartition("@")
    return f"{local_part}+{token}@{domain}"


def _signature(key: bytes, named: bytes) -> bytes:
    return blake2b(named, key=key[:64], digest_size=_SIGNATURE_OCTETS, person=b"mailguard-reply").digest()


def ulid_octets(text: str) -> bytes:
    """Return the 16 octets of a ULID. Raises ValueError where it is none."""
    if len(text) != _ULID_CHARACTERS or text[0] > "7" or not _VALUES.keys() >= set(text):
        raise ValueError(f"{text[:40]!r} is not a ULID")
    number = 0
    for letter in text:
        number = number << 5 | _VALUES[letter]
    return number.to_bytes(16, "big")


def ulid_text(octets: bytes) -> str:
    """Return the ULID of 16 octets, 26 letters and digits."""
    number = int.from_bytes(octets, "big")
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
