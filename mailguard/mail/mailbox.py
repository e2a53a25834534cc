"""One mailbox (RFC 5321 4.1.2): the wire form always kept, the canonical form as evidence only."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import idna

from mailguard.errors import AddressError
from mailguard.mail.provider import provider_of

# RFC 5321 4.5.3.1.1 has 64 octets and asks to take more where possible: VERP and SRS reverse-paths in use are longer.
MAX_LOCAL_PART_OCTETS = 128
MAX_DOMAIN_OCTETS = 255  # RFC 5321 4.5.3.1.2
MAX_MAILBOX_OCTETS = 318  # two less than 320 for a path with its angle brackets; RFC 5321 4.5.3.1.3 has 256

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010FFFF-]"  # RFC 5322 3.2.3 with RFC 6532 3.2
_DOT_ATOM = rf"{_ATEXT}+(?:\.{_ATEXT}+)*"
_QUOTED = r'"(?:[ !#-\[\]-~\x80-\U0010FFFF]|\\[ -~])*"'  # RFC 5321 4.1.2 Quoted-string with RFC 6531 3.3
# Underscores are no part of the RFC's domain; names of hosts in use have them, and every server takes them.
_LABEL = r"[A-Za-z0-9_\x80-\U0010FFFF](?:[A-Za-z0-9_\x80-\U0010FFFF-]*[A-Za-z0-9_\x80-\U0010FFFF])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_MAILBOX = re.compile(rf"({_DOT_ATOM}|{_QUOTED})@({_DOMAIN}|\[[!-Z^-~]+\])")
_UNQUOTED = re.compile(_DOT_ATOM)
_ASCII_DOMAIN = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
# Sound by the grammar, but a program that decodes encoded words (RFC 2047 5 forbids it here) reads another mailbox.
_ENCODED_WORD = re.compile(r"=\?[^?]+\?[bBqQ]\?")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # RFC 3490 3.1
_MAX_LABEL_OCTETS = 63  # RFC 1035 2.3.4
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox. Equality is by `wire`.

    `wire` is exactly what was sent and what is sent on. `domain` is folded: lower case, A-labels (RFC 5890).
    `canonical` is `local@domain` with the local part casefolded and the provider's own rules for sub-addressing applied
    where they are known to be true; it says who may be meant and is never sent to.
    """

    wire: str
    local_part: str = field(compare=False)
    domain: str = field(compare=False)
    canonical: str = field(compare=False)
    display_name: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Return the wire form."""
        return self.wire


def parse_mailbox(text: str, *, display_name: str = "") -> Mailbox:
    """Return the mailbox that is exactly this text, without angle brackets.

    Raises AddressError for anything that RFC 5321 4.1.2 with RFC 6531 does not allow, for characters beyond ASCII that are
    control, separator, format or unassigned ones or lone surrogates, and beyond the lengths above.
    """
    match = _MAILBOX.fullmatch(text) if len(text) <= MAX_MAILBOX_OCTETS else None
    if match is None or (not text.isascii() and not text.isprintable()) or _ENCODED_WORD.search(text):
        raise AddressError("not a mailbox")
    local_part, domain = match.groups()
    if len(local_part.encode()) > MAX_LOCAL_PART_OCTETS or len(domain.encode()) > MAX_DOMAIN_OCTETS:
        raise AddressError("a mailbox longer than allowed")
    folded = fold_domain(domain)
    local_part = unquote(local_part)
    return Mailbox(text, local_part, folded, canonical_form(local_part, folded), display_name)


def unquote(local_part: str) -> str:
    """Return a quoted local part without quotes where it means a dot-atom (RFC 5321 4.1.2: they are the same mailbox)."""
    if not local_part.startswith('"'):
        return local_part
    inside = _QUOTED_PAIR.sub(r"\1", local_part[1:-1])
    return inside if _UNQUOTED.fullmatch(inside) else local_part


@lru_cache(maxsize=4096)
def fold_domain(domain: str) -> str:
    """Return the domain in lower case and as A-labels (RFC 5890, mapped by UTS 46); an address literal in lower case.

    Raises AddressError for what is no domain.
    """
    if domain.startswith("["):
        return _fold_literal(domain)
    if len(domain) > MAX_DOMAIN_OCTETS:
        raise AddressError("a domain longer than allowed")
    folded = domain.lower() if domain.isascii() else _a_labels(domain)
    if not _ASCII_DOMAIN.fullmatch(folded):
        raise AddressError("not a domain")
    return folded


def canonical_form(local_part: str, domain: str) -> str:
    """Return who a local part at a folded domain may be: one text for all spellings of one mailbox."""
    local = local_part.casefold()
    if not local.isascii():
        local = unicodedata.normalize("NFC", local)
    provider = provider_of(domain)
    if provider is None or local.startswith('"'):
        return f"{local}@{domain}"
    base = local.partition("+")[0] or local
    if provider.ignores_dots:
        base = base.replace(".", "") or base
    return f"{base}@{provider.domain}"


def _a_labels(domain: str) -> str:
    if max(map(len, _DOTS.split(domain))) > _MAX_LABEL_OCTETS:  # seen before it costs anything
        raise AddressError("a label longer than allowed")
    try:
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise AddressError("not an internationalised domain") from error


def _fold_literal(literal: str) -> str:
    """Return an address literal (RFC 5321 4.1.3) in lower case."""
    inside = literal[1:-1].lower()
    try:
        if inside.startswith("ipv6:"):
            IPv6Address(inside[5:])
        else:
            IPv4Address(inside)
    except AddressValueError as error:
        raise AddressError("not an address literal") from error
    return f"[{inside}]"
