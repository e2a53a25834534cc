"""What follows `MAIL FROM:` and `RCPT TO:` (RFC 5321 4.1.1.2, 4.1.1.3): one path and its parameters, read strictly.

A path is taken exactly as sent or refused; nothing is decoded, repaired or left out. Which extensions are offered, and
whether a non-ASCII path came with SMTPUTF8, is for the session to check.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mailguard.errors import AddressError, ParameterError
from mailguard.mail.mailbox import Mailbox, parse_mailbox

# White space before the path is not the RFC's, but of many senders. A quoted local part may hold ">".
_PLAIN = re.compile(r' *<([^"<> ]*)>(.*)', re.DOTALL)
_QUOTED = re.compile(r' *<("(?:[^"\\]|\\.)*"@[^"<> ]*)>(.*)', re.DOTALL)
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\x80-\U0010FFFF]+))?")  # RFC 5321 4.1.2, RFC 6531 3.3

_XTEXT = r"(?:[!-*,-<>-~]|\+[0-9A-Fa-f]{2})"  # RFC 3461 4; lower-case digits are not the RFC's, but senders'
_MAIL = {
    "SIZE": re.compile(r"[0-9]{1,20}"),  # RFC 1870 3
    "BODY": re.compile(r"7BIT|8BITMIME"),  # RFC 6152 2
    "SMTPUTF8": None,  # RFC 6531 3.4
    "RET": re.compile(r"FULL|HDRS"),  # RFC 3461 4.3
    "ENVID": re.compile(rf"(?=.{{1,100}}\Z){_XTEXT}+"),  # RFC 3461 4.4
    "AUTH": re.compile(rf"(?=.{{1,500}}\Z)(?:<>|{_XTEXT}+)"),  # RFC 4954 5
}
_RCPT = {
    "NOTIFY": re.compile(r"NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY))*"),  # RFC 3461 4.1
    "ORCPT": re.compile(  # RFC 3461 4.2, RFC 6533 3
        r"(?=.{1,500}\Z)(?:(?i:utf-8);(?:[!-\[\]-~\x80-\U0010FFFF]|\\x\{[0-9A-F]{2,6}\})+"
        rf"|[A-Za-z0-9!#$%&'*/?^_`{{|}}~-]+;{_XTEXT}+)"
    ),
}
_CHOICES = frozenset({"BODY", "RET", "NOTIFY"})  # their values are words, in any case
_NO_PARAMETERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class MailCommand:
    """The argument of MAIL. `reverse_path` is "" for the null reverse-path; keywords of `parameters` are upper case."""

    reverse_path: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RcptCommand:
    """The argument of RCPT; keywords of `parameters` are upper case."""

    mailbox: Mailbox
    parameters: Mapping[str, str]


def parse_mail(argument: bytes) -> MailCommand:
    """Return what follows `MAIL FROM:`. Raises AddressError (553 5.1.7) or ParameterError (501 or 555, 5.5.4).

    Parameters: SIZE, BODY, SMTPUTF8, RET, ENVID, AUTH. The values of BODY and RET are upper case, the others as sent.
    """
    try:
        path, parameters = _split(argument)
        reverse_path = path and parse_mailbox(path).wire
    except AddressError as error:
        # RFC 3463 X.1.7: the sender's mailbox
        raise AddressError("that is not a reverse-path (RFC 5321 4.1.2)", enhanced_status="5.1.7") from error
    return MailCommand(reverse_path, _parameters(parameters, _MAIL) if parameters else _NO_PARAMETERS)


def parse_rcpt(argument: bytes) -> RcptCommand:
    """Return what follows `RCPT TO:`. Raises AddressError (553 5.1.3) or ParameterError (501 or 555, 5.5.4).

    Parameters: NOTIFY (upper case) and ORCPT (as sent). `Postmaster` needs no domain.
    """
    try:
        path, parameters = _split(argument)
        mailbox = _postmaster(path) if path.lower() == "postmaster" else parse_mailbox(path)
    except AddressError as error:
        raise AddressError("that is not a mailbox (RFC 5321 4.1.2)") from error
    return RcptCommand(mailbox, _parameters(parameters, _RCPT) if parameters else _NO_PARAMETERS)


def _postmaster(path: str) -> Mailbox:
    """Return the mailbox that every server has (RFC 5321 4.5.1)."""
    return Mailbox(path, path, "", "postmaster")


def _split(argument: bytes) -> tuple[str, str]:
    """Return what stands between the angle brackets, and what stands after them."""
    try:
        text = argument.decode()
    except UnicodeDecodeError as error:
        raise AddressError("not UTF-8") from error
    match = _PLAIN.fullmatch(text) or _QUOTED.fullmatch(text)
    if match is None:
        raise AddressError("no path in angle brackets")
    path, rest = match.groups()
    if rest and not rest.startswith(" "):
        raise ParameterError("no space after the path")
    return path, rest.strip(" ")


def _parameters(text: str, known: Mapping[str, re.Pattern[str] | None]) -> Mapping[str, str]:
    """Return the parameters by keyword (RFC 5321 4.1.1.11): 501 for what is malformed, 555 for what is not known."""
    found: dict[str, str] = {}
    for parameter in filter(None, text.split(" ")):
        match = _PARAMETER.fullmatch(parameter)
        if match is None or not (parameter.isascii() or parameter.isprintable()):
            raise ParameterError("malformed parameter")
        keyword = match[1].upper()
        if keyword not in known:
            raise ParameterError(f"parameter {keyword[:20]} not recognised", code=555)
        if keyword in found:
            raise ParameterError(f"parameter {keyword} given twice")
        found[keyword] = _value(keyword, match[2], known[keyword])
    return found


def _value(keyword: str, value: str | None, pattern: re.Pattern[str] | None) -> str:
    if pattern is None:
        if value is not None:
            raise ParameterError(f"parameter {keyword} takes no value")
        return ""
    text = value or ""
    text = text.upper() if keyword in _CHOICES else text
    if not pattern.fullmatch(text):
        # RFC 5321 4.1.1.11: 555 for what is sound but not implemented
        raise ParameterError(f"parameter {keyword} has a value that cannot be taken", code=555 if keyword == "BODY" else None)
    return text
