"""Bounces of mail servers that write no RFC 3464 report: who failed is read by flufl.bounce, the rest from the words.

What flufl.bounce sees is bounded first (lines, their length, their number), for its patterns are tried on each line.
"""

from __future__ import annotations

import email
import re
from functools import lru_cache
from typing import Protocol

from mailguard.mail.address_list import parse_address_list
from mailguard.mail.header import Header
from mailguard.mail.mailbox import Mailbox
from mailguard.mail.thread import read_message_id
from mailguard.replies.bounce import MAX_RECIPIENTS, BouncedRecipient, BounceReport, is_hard_failure, status_of

_MOST_OCTETS = 32_768
_MOST_LINES = 400
_LONGEST_LINE = 400
_SENDERS = re.compile(
    r"(?:mailer-?daemon|postmaster|mail-?daemon|mdaemon|mail\.delivery|mailerdaemon|mail-delivery)\b", re.IGNORECASE
)
_DAEMONS = re.compile(r"mailer-?daemon|mail-?daemon|mail delivery (?:sub)?system", re.IGNORECASE)
_SUBJECTS = re.compile(
    r"undeliver|delivery (?:status|failure|has failed|report|problem|error|incomplete|delayed)|deliver(?:y|ed) fail"
    r"|mail delivery"
    r"|returned mail|failure notice|mail (?:system )?error|message (?:not delivered|delayed|status|could not)"
    r"|could ?n[o'’]t be delivered"
    r"|not delivered|non.?delivery|rejected|unzustellbar|nicht zugestellt|nicht zustellbar|zustellung|rücksendung"
    r"|fehlgeschlagen"
    r"|non remis|échec|remise|non distribu|no se (?:ha )?(?:pudo|podido)|no entregado|devuelto|error de entrega"
    r"|mancat[ao] (?:consegna|recapito)"
    r"|non recapitabil|impossibile|não (?:foi )?entregue|falha|niet (?:be)?zorg|onbestelbaar|niet afgeleverd"
    r"|kunde inte levereras"
    r"|obeställbar|kunne ikke leveres|ikke levert|toimit|niedostarcz|nie dostarczono|zwrot|nedoruč|kézbesít|nelivrat"
    r"|не доставлен|недоставлен|возврат|αδύνατη|teslim edilemedi|gönderilemedi|配信不能|配信エラー|送信できません|退信"
    r"|系统退信|无法投递|반송|배달",
    re.IGNORECASE,
)
# What a server answered, with its enhanced status (RFC 3463).
_ANSWERED = re.compile(r"\b[45]\d\d[ -]{1,3}\(?#?[45]\.\d\.\d")
_RETURNED_ID = re.compile(r"^[ \t>]{0,4}message-id:[ \t]*\r?\n?[ \t]*(<[^<>\s]{1,300}>)", re.IGNORECASE | re.MULTILINE)
_DELAYED = re.compile(
    r"delayed|warning|will (?:keep|continue)|still trying|verzögert|retard|no need to|not need to resend", re.IGNORECASE
)
_COPY = re.compile(
    r"^(?:received|return-path|message-id|content-type|mime-version):|copy of (?:the|your) ", re.IGNORECASE | re.MULTILINE
)
_MOST_WORDS = 4_000
_MOST_TOLD = 5
_FAILURES = (ValueError, LookupError, TypeError, AttributeError, AssertionError, ArithmeticError, RecursionError)


class _Scanner(Protocol):
    def __call__(self, message: object, /) -> tuple[frozenset[bytes], frozenset[bytes]]: ...


def looks_like_bounce(header: Header, *, subject: str, text: str, is_from_nobody: bool) -> bool:
    """Whether a mail server may have written it.

    By its From or null reverse-path and its subject; by Exim's own field; by a null reverse-path and a server's answer in it.
    """
    if "x-failed-recipients" in header.names:
        return True
    originator = header.first("from")
    if is_from_nobody and _DAEMONS.search(originator):
        return True
    if is_from_nobody and _ANSWERED.search(text[:_MOST_WORDS]):
        return True
    return (is_from_nobody or _SENDERS.search(originator) is not None) and _SUBJECTS.search(subject) is not None


def read_free_bounce(octets: bytes, header: Header, *, subject: str, text: str) -> BounceReport:
    """Return what a bounce in free words says; its recipients may not be told."""
    body = _bounded(octets[header.body_start : header.body_start + _MOST_OCTETS])
    shown = body.decode("utf-8", "replace")
    words = _COPY.split(f"{subject}\n{text or shown}"[:_MOST_WORDS], maxsplit=1)[0]
    passing, failed = _scanned(_header_of(header) + b"\r\n" + body)
    is_delay = not failed and (bool(passing) or (_DELAYED.search(words) is not None and not status_of(words).startswith("5")))
    mailboxes = failed or passing or _named(header) or _told(words, header)
    status = status_of(words)
    is_hard = not is_delay and is_hard_failure(status, words)
    recipients = tuple(
        BouncedRecipient(each, each, is_hard, status, "delayed" if is_delay else "failed")
        for each in mailboxes[:MAX_RECIPIENTS]
    )
    ids = tuple(dict.fromkeys(read_message_id(found) for found in _RETURNED_ID.findall(shown)))
    return BounceReport(recipients, ids, is_hard=is_hard)


def _bounded(octets: bytes) -> bytes:
    lines = octets.split(b"\n", _MOST_LINES)[:_MOST_LINES]
    return b"\n".join(line[:_LONGEST_LINE] for line in lines)


def _header_of(header: Header) -> bytes:
    """Return the fields that flufl.bounce looks at, each on one line."""
    names = ("from", "to", "subject", "content-type", "mime-version", "content-transfer-encoding", "x-failed-recipients")
    fields = ((name, header.first(name)[:_LONGEST_LINE]) for name in names if name in header.names)
    return b"".join(f"{name}: {value}\r\n".encode("utf-8", "replace") for name, value in fields)


def _named(header: Header) -> list[Mailbox]:
    """Return whom Exim says that the mail failed for."""
    return list(parse_address_list(header.first("x-failed-recipients")))


def _told(words: str, header: Header) -> list[Mailbox]:
    """Return the mailboxes that a bounce of no known form speaks of, its sender's and addressee's left out."""
    own = {each.canonical for name in ("from", "to", "delivered-to") for each in parse_address_list(header.first(name))}
    return [each for each in parse_address_list(words) if each.canonical not in own][:_MOST_TOLD]


def _scanned(octets: bytes) -> tuple[list[Mailbox], list[Mailbox]]:
    """Return whom the mail is delayed for, and whom it failed for, as flufl.bounce reads it."""
    try:
        passing, failed = _scanner()(email.message_from_bytes(octets))
    except _FAILURES:
        return [], []
    return _mailboxes(passing), _mailboxes(failed)


@lru_cache(maxsize=1)
def _scanner() -> _Scanner:
    from flufl.bounce import all_failures  # noqa: PLC0415 - 17 detectors, that few mails need

    found: _Scanner = all_failures
    return found


def _mailboxes(addresses: frozenset[bytes]) -> list[Mailbox]:
    texts = sorted(address.decode("utf-8", "replace") for address in addresses)
    return [mailbox for text in texts for mailbox in parse_address_list(text)[:1]]
