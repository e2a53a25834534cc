"""DKIM signatures (RFC 6376, RFC 8463) over mail that mailguard itself has written or changed. Needs the extra `dkim`.

A signature of the sender's own cannot survive rendering; this one says for the domain in From what the sender's would have.
`Received` and `Mailguard-Reply-Aware` come later and are not signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from mailguard.errors import ConfigError
from mailguard.mail.header import scan
from mailguard.relay.settings import SigningKey

SIGNED: Final = (
    "from", "sender", "reply-to", "subject", "date", "message-id", "to", "cc", "mime-version", "content-type",
    "content-transfer-encoding", "in-reply-to", "references", "auto-submitted", "list-id", "list-unsubscribe",
    "list-unsubscribe-post",
)  # fmt: skip
"""Fields that are signed where they are (RFC 6376 5.4.1; RFC 8058 4 asks for the last two)."""

SEALED: Final = ("from", "subject", "date", "to", "reply-to")
"""Fields of which none can be added afterwards: they are named once more than they are there (RFC 6376 8.15)."""

_RSA: Final = b"rsa-sha256"
_ED25519: Final = b"ed25519-sha256"


@dataclass(frozen=True, slots=True)
class _Loaded:
    key: SigningKey
    secret: bytes
    algorithm: bytes


class Signer:
    """Signs with the keys that it was loaded with; has none where none is configured."""

    def __init__(self, keys: Mapping[str, _Loaded]) -> None:
        self._keys = keys

    @classmethod
    def load(cls, keys: Sequence[SigningKey]) -> Signer:
        """A signer for these keys. Raises ConfigError for one that cannot be used."""
        for key in keys:
            if reason := objection(key):
                raise ConfigError(f"dkim {key.domain}: {reason}")
        return cls({key.domain: _loaded(key) for key in keys})

    def has(self, domain: str) -> bool:
        """Whether mail from this domain is signed. `domain` is folded, as a mailbox has it."""
        return domain in self._keys

    def signed(self, content: bytes, domain: str) -> bytes:
        """The content with a signature in front (relaxed/relaxed). It costs some milliseconds: not for the event loop."""
        loaded = self._keys[domain]
        signature: bytes = (
            _dkim()
            .DKIM(content, signature_algorithm=loaded.algorithm)
            .sign(
                loaded.key.selector.encode(),
                domain.encode(),
                loaded.secret,
                canonicalize=(b"relaxed", b"relaxed"),
                include_headers=_fields(content),
            )
        )
        return signature + content


def objection(key: SigningKey) -> str:
    """Return why a key cannot be used, and what to do, in one clause; "" where it can."""
    if find_spec("dkim") is None:
        return "signing needs dkimpy; install it: pip install 'mailguard[dkim]'"
    try:
        failures: tuple[type[Exception], ...] = (_dkim().DKIMException, ValueError, LookupError, TypeError)
        Signer({key.domain: _loaded(key)}).signed(b"From: a@b.example\r\n\r\n", key.domain)
    except OSError as error:
        return f"{key.file} cannot be read: {error.strerror}; name a file that is there and that this user may read"
    except failures:
        return f"{key.file} holds no usable key; give an unencrypted RSA key (PEM) or an Ed25519 seed, as dknewkey writes them"
    return ""


def _loaded(key: SigningKey) -> _Loaded:
    secret = Path(key.file).read_bytes()
    return _Loaded(key, secret, _RSA if b"-----BEGIN" in secret else _ED25519)


def _fields(content: bytes) -> list[bytes]:
    header = scan(content)
    present = [name for name in SIGNED for _ in header.named(name)]
    return [name.encode() for name in (*present, *SEALED)]


def _dkim() -> Any:
    import dkim  # noqa: PLC0415 - an optional dependency

    return dkim
