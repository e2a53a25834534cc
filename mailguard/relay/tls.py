"""The server's side of TLS. Knows files and the ssl module, and nothing of SMTP."""

from __future__ import annotations

import ssl

from mailguard.errors import ConfigError


def server_context(certificate: str, key: str) -> ssl.SSLContext:
    """Return a context for TLS 1.2 and later (RFC 8996) that shows this certificate chain; clients need none.

    `certificate` and `key` are paths of PEM files; an empty `key` means that the certificate's file holds both. Raises
    ConfigError when they cannot be used together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key or None, password=_refuse_password)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"relay.tls_cert {certificate!r} with relay.tls_key {key!r} cannot be used: {error};"
            " give a PEM certificate chain and its unencrypted key"
        ) from error
    return context


def _refuse_password() -> str:
    """Never ask a terminal for the password of an encrypted key."""
    raise ValueError("the key is encrypted")
