"""Where replies come from, as frozen values; built by the configuration, which the sources do not know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class ImapTls(StrEnum):
    """How an IMAP server is spoken to: `implicit` is TLS from the first octet (RFC 8314)."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Password:
    """A secret, or where it is read each time it is needed: a file, or a variable of the environment."""

    text: str = ""
    file: str = ""
    variable: str = ""

    def __repr__(self) -> str:
        """Return where the secret is, and never the secret."""
        return f"Password(file={self.file!r}, variable={self.variable!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapAccount:
    """One mailbox on an IMAP server. `ca` is a file of certificates (PEM) to trust in place of the system's, "" for those.

    `poll` is how often folders are looked at; with `idle`, the first folder is also watched in between (RFC 2177).
    """

    name: str
    host: str
    username: str
    password: Password = Password()
    port: int = 993
    tls: ImapTls = ImapTls.IMPLICIT
    ca: str = ""
    folders: tuple[str, ...] = ("INBOX",)
    poll: timedelta = timedelta(minutes=1)
    idle: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LmtpListen:
    """Where LMTP is spoken (RFC 2033): a host and port, or the path of a socket. `networks` are those that may deliver."""

    host: str = ""
    port: int = 0
    path: str = ""
    networks: tuple[IPv4Network | IPv6Network, ...] = LOOPBACK

    def __str__(self) -> str:
        """Return "host:port", an IPv6 address in brackets, or "unix:/path"."""
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Every place that replies come from. `look_back`: how old mail may be where a place is read for the first time."""

    imap: tuple[ImapAccount, ...] = ()
    maildirs: tuple[str, ...] = ()
    lmtp: LmtpListen | None = None
    max_size: int = 26_214_400
    look_back: timedelta = timedelta(days=30)

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self.imap or self.maildirs or self.lmtp)
