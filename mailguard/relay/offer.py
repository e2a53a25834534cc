"""The service extensions that the front door offers, and which parameters of MAIL and RCPT may therefore be used.

Whether a parameter's value is well formed is for `mail.path`. Knows no session: what is offered is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mailguard.errors import ParameterError
from mailguard.mail.envelope import BodyType
from mailguard.relay.authentication import MECHANISMS

# What a message needs of the next hop. DSN is not among it: what the next hop cannot report, we report (RFC 3461 5.2.2).
OF_NEXT_HOP: Final = frozenset({"8BITMIME", "SMTPUTF8"})
_ALWAYS: Final = frozenset({"PIPELINING", "SIZE", "ENHANCEDSTATUSCODES", "DSN"})

_EXTENSION_OF: Final = {
    "SIZE": "SIZE",  # RFC 1870
    "BODY": "8BITMIME",  # RFC 6152
    "SMTPUTF8": "SMTPUTF8",  # RFC 6531
    "AUTH": "AUTH",  # RFC 4954 5
    **dict.fromkeys(("RET", "ENVID", "NOTIFY", "ORCPT"), "DSN"),  # RFC 3461
}


@dataclass(frozen=True, slots=True)
class MailParameters:
    """The parameters of one MAIL: `size` in octets, 0 where not declared; `ret` and `envid` as sent."""

    size: int = 0
    body: BodyType = BodyType.SEVEN_BIT
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""


_NO_PARAMETERS: Final = MailParameters()


def offer(next_hop: frozenset[str], *, starttls: bool, auth: bool) -> frozenset[str]:
    """Return the keywords to offer, given what the next hop was last known to have."""
    added = {keyword for keyword, is_on in (("STARTTLS", starttls), ("AUTH", auth)) if is_on}
    return _ALWAYS | (OF_NEXT_HOP & next_hop) | added


@lru_cache(maxsize=32)
def ehlo_answer(hostname: str, offered: frozenset[str], max_size: int) -> bytes:
    """Return the answer to EHLO on the wire (RFC 5321 4.1.1.1)."""
    values = {"SIZE": f"SIZE {max_size}", "AUTH": f"AUTH {' '.join(MECHANISMS)}"}
    *lines, last = [hostname, *(values.get(keyword, keyword) for keyword in sorted(offered))]
    return "".join([*(f"250-{line}\r\n" for line in lines), f"250 {last}\r\n"]).encode()


def read_mail_parameters(parameters: Mapping[str, str], offered: frozenset[str]) -> MailParameters:
    """Return what the parameters of MAIL say. Raises ParameterError (555) for one whose extension was not offered."""
    if not parameters:
        return _NO_PARAMETERS
    refuse_not_offered(parameters, offered)
    return MailParameters(
        size=int(parameters.get("SIZE", "0")),
        body=BodyType(parameters.get("BODY", BodyType.SEVEN_BIT)),
        smtputf8="SMTPUTF8" in parameters,
        ret=parameters.get("RET", ""),
        envid=parameters.get("ENVID", ""),
    )


def refuse_not_offered(keywords: Iterable[str], offered: frozenset[str]) -> None:
    """Raise ParameterError (555) for a parameter whose extension was not offered (RFC 5321 4.1.1.11)."""
    for keyword in keywords:
        if _EXTENSION_OF.get(keyword) not in offered:
            raise ParameterError("parameter not offered", code=555)
