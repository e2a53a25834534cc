"""Where something listens: "127.0.0.1:2525", "[::1]:2525", ":2525" for every interface, "unix:/run/x". Opens no socket."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address

_ENDPOINT = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]*)):(?P<port>\d{1,5})")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and a port; port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return "host:port", an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class UnixSocket:
    """A socket in the file system."""

    path: str

    def __str__(self) -> str:
        """Return "unix:PATH"."""
        return f"unix:{self.path}"


def parse_place(value: object) -> Endpoint | UnixSocket:
    """Return the endpoint or the socket that `value` names. Raises ValueError with the mend."""
    if isinstance(value, str) and value.startswith("unix:") and value != "unix:":
        return UnixSocket(value.removeprefix("unix:"))
    try:
        return parse_endpoint(value)
    except ValueError:
        raise ValueError(
            f"{value!r} is not a place to listen; write HOST:PORT, such as 127.0.0.1:2424, or unix:/run/mailguard/lmtp"
        ) from None


def parse_endpoint(value: object) -> Endpoint:
    """Return the endpoint that `value` names; a missing host is every interface. Raises ValueError with the mend."""
    found = _ENDPOINT.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found or int(found["port"]) > 65_535 or not _is_v6(found["v6"]):
        raise ValueError(f"{value!r} is not an address to listen on; write HOST:PORT, such as 127.0.0.1:2525")
    return Endpoint(found["v6"] or found["host"] or "0.0.0.0", int(found["port"]))


def _is_v6(text: str | None) -> bool:
    try:
        return text is None or bool(IPv6Address(text))
    except ValueError:
        return False
