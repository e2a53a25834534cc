"""Opening a connection to a next hop: greeting, EHLO, STARTTLS and AUTH, all by aiosmtplib. Sends no mail."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import aiosmtplib
import structlog

from mailguard.errors import MailguardError
from mailguard.relay.extensions import Extensions
from mailguard.relay.settings import NextHop, TlsMode

_log = structlog.get_logger(__name__)


class HopRefusedError(MailguardError):
    """The hop was reached and does not want to talk, or not as it must: its greeting, EHLO, STARTTLS, certificate or AUTH."""


class HopUnreachableError(MailguardError):
    """The hop was not reached, or was lost before it had answered."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open connection on which the next command may be MAIL, and what the hop offers on it."""

    transport: asyncio.Transport
    offered: Extensions


class Opener:
    """Opens connections to one next hop. The certificate is verified where TLS is required or implicit.

    Opportunistic TLS protects from listeners only, so the certificate does not matter, and a hop whose TLS fails is spoken
    to in clear (RFC 7435), unless it is to get a password.
    """

    def __init__(self, hop: NextHop, *, hostname: str, timeout: timedelta) -> None:
        self._hop = hop
        self._hostname = hostname
        self._timeout = timeout.total_seconds()
        self._tls: ssl.SSLContext | None = None

    async def open(self) -> Opened:
        """Return an open connection. Raises HopUnreachableError or HopRefusedError with a text that says why."""
        try:
            return await self._open()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _failure(error) from error

    async def _open(self) -> Opened:
        mode = self._hop.tls
        if mode is TlsMode.OPPORTUNISTIC and not self._hop.username:
            try:
                return await self._connect(wants_tls=True)
            except _TlsFailedError as error:
                _log.warning("opportunistic_tls_failed", hop=str(self._hop), reason=str(error))
                return await self._connect(wants_tls=False)
        return await self._connect(wants_tls=mode in {TlsMode.REQUIRED, TlsMode.OPPORTUNISTIC})

    async def _connect(self, *, wants_tls: bool) -> Opened:
        client = aiosmtplib.SMTP(
            hostname=self._hop.host,
            port=self._hop.port,
            local_hostname=self._hostname,
            timeout=self._timeout,
            use_tls=self._hop.tls is TlsMode.IMPLICIT,
            start_tls=False,
            tls_context=await self._context(),
        )
        await client.connect()
        try:
            return await self._set_up(client, wants_tls=wants_tls)
        except BaseException:
            client.close()
            raise

    async def _set_up(self, client: aiosmtplib.SMTP, *, wants_tls: bool) -> Opened:
        await _say_hello(client)
        if wants_tls:
            await self._start_tls(client)
        if self._hop.username:
            await client.login(self._hop.username, self._hop.password)
        transport = cast("asyncio.Transport", client.transport)
        return Opened(transport, Extensions.from_keywords(client.esmtp_extensions))

    async def _start_tls(self, client: aiosmtplib.SMTP) -> None:
        if client.supports_extension("starttls"):
            try:
                await client.starttls()
            except (aiosmtplib.SMTPException, OSError) as error:
                raise _TlsFailedError(f"STARTTLS failed: {error}") from error
            await _say_hello(client)  # RFC 3207 4.2: what was known before is forgotten
        elif self._hop.tls is TlsMode.REQUIRED or self._hop.username:
            raise aiosmtplib.SMTPException("the next hop does not offer STARTTLS")

    async def _context(self) -> ssl.SSLContext | None:
        if self._hop.tls is not TlsMode.NONE and self._tls is None:
            # reading the authorities' certificates takes some milliseconds
            self._tls = await asyncio.to_thread(client_context, verifies=self._hop.tls is not TlsMode.OPPORTUNISTIC)
        return self._tls


class _TlsFailedError(aiosmtplib.SMTPException):
    """STARTTLS was offered and did not work."""


def client_context(*, verifies: bool) -> ssl.SSLContext:
    """Return a context that checks certificate and host name against the system's authorities, or does not look at them."""
    context = ssl.create_default_context()
    if not verifies:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _failure(error: Exception) -> HopRefusedError | HopUnreachableError:
    """Tell a hop that says no, or shows a certificate that will not do, from one that is not there."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return HopRefusedError(f"{error.code} {error.message}")
    is_of_tls = isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError)
    if isinstance(error, OSError) and not is_of_tls:  # aiosmtplib's own for lost connections and timeouts are OSErrors too
        return HopUnreachableError(str(error))
    return HopRefusedError(str(error))


async def _say_hello(client: aiosmtplib.SMTP) -> None:
    """Say EHLO, or HELO where the hop does not know it (RFC 5321 4.1.4)."""
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()
