"""A next hop as an operator writes it: "mx.example", "mx.example:26", "smtp://user:secret@mx.example:587?tls=required", "smtp://mx.example?reply_aware=yes".

Resolves no name and opens no connection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from mailguard.relay.settings import NextHop, TlsMode

_PLAIN = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+))(?::(?P<port>\d{1,5}))?")
_ASKED = frozenset({"tls", "reply_aware"})
_PORTS = {"smtp": 25, "smtps": 465}  # RFC 5321 4.5.4.2, RFC 8314 7.3


def parse_next_hop(value: object) -> NextHop:
    """Return the next hop that `value` names. Raises ValueError with the mend in its text and no password."""
    if isinstance(value, NextHop):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a next hop; write HOST:PORT or smtp://HOST:PORT")  # noqa: TRY004 - pydantic reads ValueError
    text = value.strip()
    return _from_url(text) if "://" in text else _from_plain(text)


def format_next_hop(hop: NextHop) -> str:
    """Return the hop as a URL, its password as three dots."""
    scheme = "smtps" if hop.tls is TlsMode.IMPLICIT else "smtp"
    credentials = f"{hop.username}:…@" if hop.username else ""
    asked = [f"tls={hop.tls}"] if hop.tls in (TlsMode.REQUIRED, TlsMode.NONE) else []
    asked += ["reply_aware=yes"] if hop.reply_aware else []
    query = f"?{'&'.join(asked)}" if asked else ""
    return f"{scheme}://{credentials}{_bracketed(hop.host)}:{hop.port}{query}"


def _from_plain(text: str) -> NextHop:
    found = _PLAIN.fullmatch(text)
    if not found:
        raise ValueError(f"{_shown(text)!r} is not a next hop; write HOST:PORT or smtp://HOST:PORT")
    return NextHop(host=found["v6"] or found["host"], port=_checked_port(text, int(found["port"] or 25)))


def _from_url(text: str) -> NextHop:
    try:
        url = urlsplit(text)
        port, host = url.port, url.hostname
    except ValueError:
        raise ValueError(f"{_shown(text)!r} is not a URL; write smtp://HOST:PORT") from None
    if url.scheme not in _PORTS or not host or url.path not in ("", "/"):
        raise ValueError(f"{_shown(text)!r} is not a next hop; write smtp://HOST:PORT or smtps://HOST:PORT")
    if bool(url.username) != bool(url.password):
        raise ValueError(f"{_shown(text)!r} has half of the credentials; write smtp://USER:PASSWORD@HOST:PORT")
    query = _query(text, url)
    return NextHop(
        host=host,
        port=_checked_port(text, port if port is not None else _PORTS[url.scheme]),
        tls=_tls(text, url, query),
        username=unquote(url.username or ""),
        password=unquote(url.password or ""),
        reply_aware=_reply_aware(text, query),
    )


def _query(text: str, url: SplitResult) -> dict[str, str]:
    """Return what the query asks for, the last word on each. Raises ValueError for what is not known."""
    query = {name: values[-1] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
    unknown = next((name for name in query if name not in _ASKED), None)
    if unknown is not None:
        raise ValueError(f"{_shown(text)!r}: {unknown!r} is not known; write ?tls=required or ?reply_aware=yes")
    return query


def _reply_aware(text: str, query: Mapping[str, str]) -> bool:
    asked = query.get("reply_aware", "no")
    if asked not in ("yes", "no"):
        raise ValueError(f"{_shown(text)!r}: reply_aware={asked} is not known; write yes or no")
    return asked == "yes"


def _tls(text: str, url: SplitResult, query: Mapping[str, str]) -> TlsMode:
    """Return the mode asked for. Credentials never travel in the clear: they make TLS required unless the URL says none."""
    asked = query.get("tls", "")
    if url.scheme == "smtps":
        if asked not in ("", TlsMode.IMPLICIT, TlsMode.REQUIRED):
            raise ValueError(f"{_shown(text)!r}: smtps is TLS from the first octet; write smtp:// with ?tls={asked}")
        return TlsMode.IMPLICIT
    if not asked:
        return TlsMode.REQUIRED if url.username else TlsMode.OPPORTUNISTIC
    if asked not in (TlsMode.NONE, TlsMode.OPPORTUNISTIC, TlsMode.REQUIRED):
        raise ValueError(f"{_shown(text)!r}: tls={asked} is not known; write none, opportunistic or required, or smtps://")
    return TlsMode(asked)


def _checked_port(text: str, port: int) -> int:
    if not 0 < port < 65_536:
        raise ValueError(f"{_shown(text)!r}: {port} is not a port; write one from 1 to 65535")
    return port


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _shown(text: str) -> str:
    """Return the text without what stands before the last @ of its authority."""
    return re.sub(r"(://|^)[^/]*@", r"\1…@", text)
