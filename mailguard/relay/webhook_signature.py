"""How events for a webhook are signed: Standard Webhooks 1.0, symmetric (v1). Knows no network and no clock."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
LEAST_OCTETS: Final = 16


def key_of(secret: str) -> bytes:
    """Return the octets that a secret stands for. Raises ValueError with the mend, and never with the secret."""
    try:
        key = b64decode(secret.strip().removeprefix(PREFIX), validate=True)
    except ValueError:
        key = b""
    if len(key) < LEAST_OCTETS:
        raise ValueError(f"is not {LEAST_OCTETS} octets or more in base64; make one with: openssl rand -base64 32")
    return key


def signed_header(key: bytes, *, id: str, now: datetime, body: bytes) -> Mapping[str, str]:
    """Return the header fields that let the receiver prove whom the body is from, and that it is no old one sent again."""
    timestamp = str(int(now.timestamp()))
    signature = hmac.digest(key, b".".join((id.encode(), timestamp.encode(), body)), "sha256")
    return {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{b64encode(signature).decode()}",
    }
