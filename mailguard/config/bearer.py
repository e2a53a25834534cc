"""Bearer tokens as an operator sets them: the secret itself or its SHA-256, and what each may be used for.

Of a secret only the hash is kept. A token is random and long, so one fast hash is enough; what is slow on purpose is for
passwords that people think up, and would let anybody who guesses keep the server busy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Final

LEAST_CHARACTERS: Final = 16
HASHED: Final = "sha256:"

_HASH: Final = re.compile(r"sha256:[0-9a-f]{64}")
_B64TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 2.1


class Scope(StrEnum):
    """What a token may be used for."""

    CONTEXT = "context"
    REPLIES = "replies"
    EVENTS = "events"
    CHECK = "check"
    DECISIONS = "decisions"


@dataclass(frozen=True, slots=True)
class Token:
    """Who may ask what: `name` is recorded as the actor, `digest` is the SHA-256 of the secret."""

    name: str
    digest: bytes = field(repr=False)
    scopes: frozenset[Scope] = frozenset()

    def is_proved_by(self, secret: str) -> bool:
        """Whether `secret` is this token's; the time that it takes says nothing of how near it is."""
        return compare_digest(self.digest, sha256(secret.encode("utf-8", "surrogatepass")).digest())


def check_token(text: str) -> str:
    """Return the text of a setting, a secret or a hash, as it is. Raises ValueError with the mend."""
    if text.startswith(HASHED):
        if not _HASH.fullmatch(text):
            raise ValueError("is no hash; write sha256: and 64 hexadecimal digits, as mailguard password token does")
        return text
    if len(text) < LEAST_CHARACTERS:
        raise ValueError(f"has fewer than {LEAST_CHARACTERS} characters; make one with: mailguard password token")
    if not _B64TOKEN.fullmatch(text):
        raise ValueError("has characters that no bearer token has (RFC 6750); make one with: mailguard password token")
    return text


def digest_of(text: str) -> bytes:
    """Return the SHA-256 of the secret that a setting names, whichever way it does."""
    return bytes.fromhex(text.removeprefix(HASHED)) if text.startswith(HASHED) else sha256(text.encode()).digest()


def hashed(secret: str) -> str:
    """Return the secret as a setting that does not give it away."""
    return HASHED + sha256(secret.encode()).hexdigest()
