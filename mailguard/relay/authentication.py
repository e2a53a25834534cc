"""Who may relay by what it knows: AUTH PLAIN and LOGIN responses, verified against argon2 hashes away from the event loop.

Knows neither sessions nor answers other than the errors it raises; that it is only used under TLS is for the session.
"""

from __future__ import annotations

import asyncio
import binascii
import hashlib
import secrets
from base64 import b64decode
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mailguard.errors import PermanentError, TemporaryError
from mailguard.relay.settings import Client

MECHANISMS: Final = ("PLAIN", "LOGIN")

_THREADS: Final = 1
# A verification takes half a second of a core; whoever would wait longer than a client's patience is told to come back.
_MOST_WAITING: Final = 32
# A client that connects anew for each mail is verified in full once in this time.
_REMEMBER: Final = timedelta(minutes=5)
_MOST_REMEMBERED: Final = 1024


class AuthenticationError(PermanentError):
    """A response that is not what the mechanism asks for (RFC 4954 4, 6)."""

    code = 501
    enhanced_status = "5.5.2"


class VerifierBusyError(TemporaryError):
    """Too many verifications wait (RFC 4954 6)."""

    code = 454
    enhanced_status = "4.7.0"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client says that it is, and its proof."""

    username: str
    password: str = field(repr=False)


def decode_response(line: bytes) -> bytes:
    """Return the octets of one response, a line without its end. Raises AuthenticationError."""
    if line == b"*":
        # RFC 4954 4
        raise AuthenticationError("authentication cancelled", enhanced_status="5.7.0")
    if line == b"=":
        return b""
    try:
        return b64decode(line, validate=True)
    except binascii.Error as error:
        raise AuthenticationError("not base64") from error


def read_plain(response: bytes) -> Credentials:
    """Return the credentials in a PLAIN response (RFC 4616 2). Raises AuthenticationError.

    Nobody may act for another: an authorisation identity other than the username is refused.
    """
    parts = response.split(b"\0")
    if len(parts) != 3:
        raise AuthenticationError("not a PLAIN response")
    authorization, username, password = parts
    if authorization not in (b"", username):
        raise AuthenticationError("not authorised to act for another", code=535, enhanced_status="5.7.8")
    return read_login(username, password)


def read_login(username: bytes, password: bytes) -> Credentials:
    """Return the credentials in the two responses of LOGIN. Raises AuthenticationError."""
    try:
        return Credentials(username.decode(), password.decode())
    except UnicodeDecodeError as error:
        raise AuthenticationError("not UTF-8") from error


class Verifier:
    """Verifies credentials in a thread of its own and remembers for a while what was right."""

    def __init__(self, clients: Iterable[Client], *, clock: Callable[[], float]) -> None:
        """Take the clients that have a username; `clock` counts seconds and never goes back."""
        self._by_username = {client.username: client for client in clients if client.username}
        self._clock = clock
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(_THREADS, "authentication")
        self._waiting = 0
        self._secret = secrets.token_bytes(32)
        self._verified: dict[bytes, float] = {}

    @property
    def has_clients(self) -> bool:
        """Whether anyone could authenticate at all."""
        return bool(self._by_username)

    async def verify(self, credentials: Credentials) -> Client | None:
        """Return the client that these credentials prove, or None. Raises VerifierBusyError."""
        client = self._by_username.get(credentials.username)
        proof = self._proof(credentials)
        if client is not None and self._verified.get(proof, 0.0) > self._clock():
            return client
        # An unknown username costs the same time as a wrong password.
        tested = client or next(iter(self._by_username.values()))
        if not await self._is_right(tested.password_hash, credentials.password) or client is None:
            return None
        self._remember(proof)
        return client

    def close(self) -> None:
        """Let the thread go once what it does is done."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _is_right(self, password_hash: str, password: str) -> bool:
        if self._waiting >= _MOST_WAITING:
            raise VerifierBusyError("too many authentications at once, try again")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._matches, password_hash, password)
        finally:
            self._waiting -= 1

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    def _proof(self, credentials: Credentials) -> bytes:
        """Return what is remembered in place of a password: a hash under a key that never leaves this process."""
        said = f"{credentials.username}\0{credentials.password}".encode()
        return hashlib.blake2b(said, key=self._secret, digest_size=32).digest()

    def _remember(self, proof: bytes) -> None:
        if len(self._verified) >= _MOST_REMEMBERED:
            self._verified.clear()
        self._verified[proof] = self._clock() + _REMEMBER.total_seconds()
