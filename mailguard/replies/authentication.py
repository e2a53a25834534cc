"""Whether a mail server that we trust vouches for the originator (Authentication-Results, RFC 8601).

Only fields of configured authserv-ids count, and of those only the ones that our own servers can have put there: at the top,
with no Received field of a foreign host above them. For each method the first result counts, so that a forged field under
ours changes nothing that ours says. A border server must remove forged ones (RFC 8601 5).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from mailguard.errors import AddressError
from mailguard.mail.address_list import parse_address_list
from mailguard.mail.header import Header
from mailguard.mail.mailbox import Mailbox, fold_domain

_MOST_FIELDS = 100  # from the top, that are looked at
_LONGEST_FIELD = 4_000
_MOST_RESULTS = 40
_COMMENT = re.compile(r"\([^()]*+\)")
_MOST_NESTED = 5
_RESULT = re.compile(r"\s*([a-z0-9-]+)(?:\s*/\s*\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(r"([a-z0-9-]+\.[a-z0-9_-]+)\s*=\s*(\"[^\"]{0,300}\"|[^\s;]{1,300})", re.IGNORECASE)
_BY = re.compile(r"\bby\s+([^\s;()]{1,255})", re.IGNORECASE)
_HOSTNAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z][a-z0-9-]+", re.IGNORECASE)
# What stands among the trace fields of one's own servers.
_AMONG_TRACE = (
    "received-spf",
    "arc-",
    "x-",
    "dkim-filter",
    "dmarc-filter",
    "delivered-to",
    "return-path",
    "envelope-to",
    "authentication-results",
)


def trusted_originator(header: Header, authserv_ids: Collection[str]) -> Mailbox | None:
    """Return the mailbox of From where a trusted server says that dmarc passed, or dkim or spf aligned with its domain.

    None where From names several mailboxes or stands twice: it is then not known who is vouched for (RFC 7489 6.6.1).
    """
    if not authserv_ids or len(header.named("from")) != 1:
        return None
    originators = parse_address_list(header.first("from"))
    if len(originators) != 1 or not originators[0].domain:
        return None
    seen: dict[str, list[Mapping[str, str]]] = {}
    for field in _trusted_fields(header, {each.lower() for each in authserv_ids}):
        for method, results in _by_method(field).items():
            seen.setdefault(method, results)
    return originators[0] if _vouches(seen, originators[0].domain) else None


def _vouches(seen: Mapping[str, list[Mapping[str, str]]], domain: str) -> bool:
    """Whether the results speak for the domain; where dmarc has a result, it alone decides over the others' failing."""
    for result in seen.get("dmarc", ()):
        told = result.get("header.from", domain)
        if result["result"] == "pass":
            return _domain_of(told) == domain
        if result["result"] == "fail":
            return False
    dkim = (
        result.get("header.d") or result.get("header.i", "") for result in seen.get("dkim", ()) if result["result"] == "pass"
    )
    spf = (result.get("smtp.mailfrom", "") for result in seen.get("spf", ()) if result["result"] == "pass")
    return any(_is_aligned(told, domain) for told in (*dkim, *spf))


def _is_aligned(told: str, domain: str) -> bool:
    """Whether a domain that passed is that of From or one above it; one below it may be another's (a hoster's customer)."""
    signing = _domain_of(told)
    return bool(signing) and "." in signing and (signing == domain or domain.endswith(f".{signing}"))


def _domain_of(told: str) -> str:
    try:
        return fold_domain(told.strip('"<>').rpartition("@")[2])
    except AddressError:
        return ""


def _trusted_fields(header: Header, authserv_ids: Collection[str]) -> Iterator[str]:
    """Yield, from the top, the results of trusted servers, until a field that is none of ours."""
    for field in header.fields[:_MOST_FIELDS]:
        if field.name == "received":
            if not _is_ours(field.text()[:_LONGEST_FIELD], authserv_ids):
                return
        elif field.name == "authentication-results":
            value = _without_comments(field.text()[:_LONGEST_FIELD])
            name, _, results = value.partition(";")
            if name.split()[:1] and name.split()[0].lower() in authserv_ids:
                yield results
        elif not field.name.startswith(_AMONG_TRACE):
            return


def _is_ours(received: str, authserv_ids: Collection[str]) -> bool:
    """Whether a Received field was written by the trusted host, one of its domain, or within it: one that names no host."""
    found = _BY.search(_without_comments(received))
    if found is None or not _HOSTNAME.fullmatch(found[1]):
        return True
    host = found[1].lower()
    domains = (name if name.count(".") < 2 else name.partition(".")[2] for name in authserv_ids)
    return any(host == domain or host.endswith(f".{domain}") for domain in (*authserv_ids, *domains))


def _without_comments(value: str) -> str:
    for _ in range(_MOST_NESTED):
        shorter = _COMMENT.sub(" ", value)
        if shorter == value:
            break
        value = shorter
    return value


def _by_method(results: str) -> dict[str, list[Mapping[str, str]]]:
    """Return the results of one field by method: "result" and the properties, all lower case."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for part in results.split(";")[:_MOST_RESULTS]:
        match = _RESULT.match(part)
        if match is not None:
            properties = {name.lower(): value.strip('"').lower() for name, value in _PROPERTY.findall(part, match.end())}
            found.setdefault(match[1].lower(), []).append({"result": match[2].lower(), **properties})
    return found
