"""An IMAP client that no server can harm: every line, literal, answer and wait is bounded (RFC 3501, RFC 2177).

imaplib reads lines and literals of whatever size a server announces, and gathers answers for as long as they come. Here the
octets are read by ourselves, and each command has an allowance of octets, lines and time. Knows no folder and no ledger.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from dataclasses import dataclass
from imaplib import IMAP4
from typing import Any, Final

from imap_tools import BaseMailBox
from imap_tools.idle import IdleManager

from mailguard.errors import ConfigError
from mailguard.replies.source_settings import ImapAccount, ImapTls

_BLOCK: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapLimits:
    """What a server may cost. `octets` and `lines` are those of one command's answers, `wait` and `command` are seconds.

    `wait` is for the next octets, `command` for the whole of an answer. The largest message plus a little is what `octets`
    must leave room for.
    """

    octets: int
    literal: int
    line: int = 1_048_576
    lines: int = 100_000
    wait: float = 60.0
    command: float = 600.0


class ImapServerError(IMAP4.abort):
    """The server went beyond what it may cost; the connection is of no more use."""


class BoundedClient(IMAP4):
    """imaplib's client with reading of its own. `limits` may not be changed once it is connected."""

    def __init__(self, account: ImapAccount, limits: ImapLimits) -> None:
        self._limits = limits
        self._account = account
        self._context = _context(account)
        self._buffer = bytearray()
        self._begin()
        super().__init__(account.host, account.port, timeout=limits.wait)

    # The connection.

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        """Connect, over TLS from the first octet where the account says so."""
        self.host, self.port = host, port
        self.sock = socket.create_connection((host, port), timeout)
        if self._account.tls is ImapTls.IMPLICIT:
            self._wrap()

    def secure(self) -> None:
        """Turn TLS on (RFC 3501 6.2.1); what came in the clear ahead of it counts for nothing (CVE-2011-0411)."""
        kind, answer = self._simple_command("STARTTLS")
        if kind != "OK":
            raise ImapServerError(f"STARTTLS refused: {answer!r}")
        self._buffer.clear()
        self._wrap()
        self.ask_capabilities()

    def ask_capabilities(self) -> None:
        """Ask what the server can, which may be more after a login (RFC 3501 6.1.1)."""
        self._get_capabilities()

    def shutdown(self) -> None:
        """Close the connection."""
        self.interrupt()
        self.sock.close()

    def interrupt(self) -> None:
        """End the connection under whoever waits for it, from any thread."""
        try:
            # Not SSLSocket's own, which takes the TLS state from under the thread that reads.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
        except OSError:  # it has ended already
            return

    def _wrap(self) -> None:
        self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)

    # Reading, within the allowance of a command.

    def read(self, size: int) -> bytes:
        """Return the octets of a literal. Raises ImapServerError where the server announces too many."""
        if size > self._limits.literal:
            raise ImapServerError(f"announced a literal of {size} octets, at most {self._limits.literal} are read")
        while len(self._buffer) < size:
            self._receive()
        return self._take(size)

    def readline(self) -> bytes:
        """Return a line with its end. Raises ImapServerError for one that is too long, and for too many of them."""
        self._lines_left -= 1
        if self._lines_left < 0:
            raise ImapServerError(f"answered one command with more than {self._limits.lines} lines")
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0:
            start = len(self._buffer)
            if start > self._limits.line:
                raise ImapServerError(f"sent a line of more than {self._limits.line} octets")
            self._receive()
        return self._take(end + 1)

    @property
    def has_more(self) -> bool:
        """Whether octets have come that no wait on the socket would tell of."""
        pending = self.sock.pending() if isinstance(self.sock, ssl.SSLSocket) else 0
        return bool(self._buffer) or pending > 0

    def _command(self, name: str, *args: Any) -> bytes:
        self._begin()
        tag: bytes = super()._command(name, *args)  # type: ignore[misc]
        return tag

    def _begin(self) -> None:
        """Give the next command its allowance."""
        self._octets_left = self._limits.octets
        self._lines_left = self._limits.lines
        self._ends_at = time.monotonic() + self._limits.command

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _receive(self) -> None:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise ImapServerError(f"took longer than {self._limits.command:.0f} s for one answer")
        self.sock.settimeout(min(left, self._limits.wait))
        try:
            block = self.sock.recv(_BLOCK)
        except TimeoutError as error:
            raise ImapServerError(f"said nothing for {min(left, self._limits.wait):.0f} s") from error
        if not block:
            raise ImapServerError("closed the connection")
        self._octets_left -= len(block)
        if self._octets_left < 0:
            raise ImapServerError(f"answered one command with more than {self._limits.octets} octets")
        self._buffer += block


class BoundedIdle(IdleManager):
    """IDLE (RFC 2177) that ends with the first line from the server, or when its time is over."""

    def start(self) -> Any:
        """Enter IDLE. Raises ImapServerError where the server will not have it."""
        client = self.mailbox.client
        self._idle_tag = client._command("IDLE")  # noqa: SLF001 - imaplib has no IDLE of its own before Python 3.14
        while client._get_response() is not None:  # noqa: SLF001 - None is the continuation (RFC 3501 7.5)
            if client.tagged_commands[self._idle_tag]:
                raise ImapServerError("refused IDLE, which it says it can")

    def poll(self, timeout: float | None) -> list[bytes]:
        """Return the line that came, if any did within `timeout` seconds."""
        client = self.mailbox.client
        client._begin()  # noqa: SLF001 - its own allowance, as for a command
        if not client.has_more:
            poller = select.poll()
            poller.register(client.sock.fileno(), select.POLLIN)
            if not poller.poll(None if timeout is None else timeout * 1000):
                return []
        return [client._get_line()]  # noqa: SLF001 - imaplib's only way to read a line

    def stop(self) -> Any:
        """Leave IDLE."""
        self.mailbox.client._begin()  # noqa: SLF001 - what follows DONE is an answer like that to a command
        return super().stop()  # type: ignore[no-untyped-call]


class BoundedMailbox(BaseMailBox):
    """imap-tools' mailbox over a bounded client, connected and not logged in yet. Raises OSError and IMAP4.error."""

    idle_manager_class = BoundedIdle
    client: BoundedClient

    def __init__(self, account: ImapAccount, limits: ImapLimits) -> None:
        self._account = account
        self._limits = limits
        super().__init__()

    def _get_mailbox_client(self) -> BoundedClient:
        client = BoundedClient(self._account, self._limits)
        if self._account.tls is ImapTls.STARTTLS:
            try:
                client.secure()
            except BaseException:
                client.shutdown()
                raise
        return client

    def log_in(self, password: str) -> None:
        """Log in, by SASL where LOGIN could not say the name or the password (RFC 3501 6.2.3)."""
        username = self._account.username
        if (username + password).isascii() and (username + password).isprintable():
            self.login(username, password, initial_folder=None)
        else:
            self.login_utf8(username, password, initial_folder=None)
        self.client.ask_capabilities()

    def can(self, capability: str) -> bool:
        """Whether the server says that it has the capability."""
        return capability in self.client.capabilities


def _context(account: ImapAccount) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=account.ca or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{account.ca} cannot be used as a file of certificates (PEM): {error}") from error
