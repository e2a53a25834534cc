"""The kinds of value that settings have: each is parsed once here, and says in its error what to write instead."""

from __future__ import annotations

import re
from datetime import timedelta
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, PlainValidator

from mailguard.config.bearer import check_token
from mailguard.config.duration import parse_duration
from mailguard.config.endpoint import Endpoint, UnixSocket, parse_endpoint, parse_place
from mailguard.config.next_hop import parse_next_hop
from mailguard.config.size import parse_size
from mailguard.errors import AddressError
from mailguard.mail.control import MAX_ASKED, read_names
from mailguard.mail.mailbox import fold_domain, parse_mailbox
from mailguard.mail.token import TOKEN_CHARACTERS
from mailguard.policy.finding import Code
from mailguard.policy.rules import DEFAULTS
from mailguard.relay.settings import NextHop

FIXED_FINDINGS: Final = {
    Code.REPLAY: "a replay gets the first answer again",
    Code.RENDER_FAILED: "what was not rendered is no mail, and is always held",
    Code.RECALLED: "what was taken back does not go out",
}
"""Findings whose action cannot be set, and why."""

FINDINGS: Final = tuple(code.value for code in DEFAULTS if code not in FIXED_FINDINGS)
"""Findings whose action can be set."""


MOST_REPLY_NAME: Final = 64 - 1 - TOKEN_CHARACTERS
"""Characters before the @ of an address that tokens are added to: 64 are a local part's most (RFC 5321 4.5.3.1.1)."""

_HTTPS: Final = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9._~/%-]*)?")


def split_list(value: object) -> object:
    """Return the parts of a text between commas; anything but a text as it is."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _one_or_more(value: object) -> tuple[object, ...]:
    parts = split_list(value)
    return tuple(parts) if isinstance(parts, list | tuple) else (parts,)


def _parse_wait(value: object) -> timedelta:
    duration = parse_duration(value)
    if not duration:
        raise ValueError(f"{value!r} is no time at all; write a longer duration, such as 15s")
    return duration


def _parse_listen(value: object) -> Endpoint | None:
    return None if value == "" else parse_endpoint(value)


def _parse_lmtp_listen(value: object) -> Endpoint | UnixSocket | None:
    return None if value == "" else parse_place(value)


def _parse_names(value: object) -> tuple[str, ...]:
    names = tuple(str(part) for part in _one_or_more(value))
    if not names:
        raise ValueError("is empty; write at least one name")
    return names


def _parse_next_hops(value: object) -> tuple[NextHop, ...]:
    hops = tuple(parse_next_hop(part) for part in _one_or_more(value))
    if not hops:
        raise ValueError("is empty; write the mail server that delivers, such as mx.example:25")
    return hops


def _parse_domains(value: object) -> tuple[str, ...]:
    return tuple(parse_domain(part) for part in _one_or_more(value))


def parse_domain(value: object) -> str:
    """Return the folded domain, with its leading dot if it has one. Raises ValueError with the mend."""
    text = str(value).strip()
    dot = "." if text.startswith(".") else ""
    try:
        return dot + fold_domain(text.removeprefix("."))
    except AddressError:
        raise ValueError(f"{text!r} is not a domain; write {_domain_mend(text)}") from None


def _check_domain(value: str) -> str:
    if value.startswith("."):
        raise ValueError(f"{value!r} stands for many domains; write one, such as corp.example")
    return parse_domain(value)


def _domain_mend(text: str) -> str:
    if text.startswith("*."):
        return f"{text[1:]} to take in the subdomains"
    name = text.rpartition("@")[2]
    return name if name != text else "corp.example, or .corp.example to take in the subdomains"


def _parse_networks(value: object) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(_parse_network(str(part)) for part in _one_or_more(value))


def _parse_network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a network; write {_network_mend(text)}") from None


def _network_mend(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return "an address or a network, such as 192.0.2.7 or 10.0.0.0/8"


def _parse_mailboxes(value: object) -> tuple[str, ...]:
    return tuple(_parse_notified(str(part)) for part in _one_or_more(value))


def _parse_notified(text: str) -> str:
    try:
        return parse_mailbox(text).wire
    except AddressError:
        raise ValueError(f"{text!r} is not a mailbox; write NAME@DOMAIN, such as postmaster@corp.example") from None


def _parse_repeat(value: object) -> timedelta | Literal["allow"]:
    if value == "allow":
        return "allow"
    try:
        return _parse_wait(value)
    except ValueError:
        raise ValueError(f'{value!r} is neither a duration nor "allow"; write 6d, or allow') from None


def _parse_answered(value: object) -> timedelta | None:
    if value is None or value == "never":
        return None
    try:
        return _parse_wait(value)
    except ValueError:
        raise ValueError(f'{value!r} is neither a duration nor "never"; write 24h, or never') from None


def _parse_asks(value: object) -> tuple[str, ...]:
    names = read_names(",".join(str(part) for part in _one_or_more(value)))
    if len(names) > MAX_ASKED:
        raise ValueError(f"has {len(names)} names; write at most {MAX_ASKED}")
    return names


def _parse_region(value: object) -> str:
    text = str(value).strip().upper()
    if text and not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise ValueError(f"{value!r} is not a country; write its two letters (ISO 3166), such as GB")
    return text


def _check_finding(value: str) -> str:
    if value in FINDINGS:
        return value
    if value in FIXED_FINDINGS:
        raise ValueError(f"the action of {value} cannot be set: {FIXED_FINDINGS[Code(value)]}; remove the line")
    nearest = get_close_matches(value, FINDINGS, n=1)
    raise ValueError(
        f"unknown finding {value!r}; " + (f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(FINDINGS)}")
    )


def _check_header(value: str) -> str:
    name, colon, _ = value.partition(":")
    if value and not (colon and name.strip()):
        raise ValueError(f"{value!r} is not a header pattern; write NAME: PATTERN, such as X-Mailer: cron*")
    return value


def _check_reply_address(value: str) -> str:
    if not value:
        return ""
    try:
        mailbox = parse_mailbox(value)
    except AddressError:
        raise ValueError(f"{value!r} is not a mailbox; write NAME@DOMAIN, such as reply@corp.example") from None
    if not value.isascii() or '"' in value or len(mailbox.local_part) > MOST_REPLY_NAME:
        raise ValueError(
            f"{value!r} leaves no room for a token; before the @ write at most {MOST_REPLY_NAME} ASCII characters, unquoted"
        )
    return value


def _check_unsubscribe_url(value: str) -> str:
    if value and not _HTTPS.fullmatch(value):
        raise ValueError(f"{value!r} cannot be used; write https://HOST/PATH, without a query: RFC 8058 wants https")
    return value


def _check_hash(value: str) -> str:
    if value and not value.startswith("$argon2"):
        raise ValueError("is not an argon2 hash; make one with: mailguard password hash")
    return value


Duration = Annotated[timedelta, PlainValidator(parse_duration)]
Wait = Annotated[timedelta, PlainValidator(_parse_wait)]
Repeat = Annotated[timedelta | Literal["allow"] | None, PlainValidator(_parse_repeat)]
Answered = Annotated[timedelta | None, PlainValidator(_parse_answered)]
Size = Annotated[int, PlainValidator(parse_size)]
Listening = Annotated[Endpoint | None, PlainValidator(_parse_listen)]
LmtpListening = Annotated[Endpoint | UnixSocket | None, PlainValidator(_parse_lmtp_listen)]
SomeNames = Annotated[tuple[str, ...], PlainValidator(_parse_names)]
Required = Annotated[Endpoint, PlainValidator(parse_endpoint)]
NextHops = Annotated[tuple[NextHop, ...], PlainValidator(_parse_next_hops)]
Domains = Annotated[tuple[str, ...], PlainValidator(_parse_domains)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], PlainValidator(_parse_networks)]
Mailboxes = Annotated[tuple[str, ...], PlainValidator(_parse_mailboxes)]
Names = Annotated[tuple[str, ...], BeforeValidator(split_list)]
HeaderPattern = Annotated[str, AfterValidator(_check_header)]
Asks = Annotated[tuple[str, ...], PlainValidator(_parse_asks)]
Region = Annotated[str, PlainValidator(_parse_region)]
BearerToken = Annotated[str, AfterValidator(check_token)]
PasswordHash = Annotated[str, AfterValidator(_check_hash)]
ReplyAddress = Annotated[str, AfterValidator(_check_reply_address)]
UnsubscribeUrl = Annotated[str, AfterValidator(_check_unsubscribe_url)]
OneDomain = Annotated[str, AfterValidator(_check_domain)]
FindingName = Annotated[str, AfterValidator(_check_finding)]
