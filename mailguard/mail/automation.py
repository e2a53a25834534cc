"""Is it automatic, and of what kind (RFC 3834, RFC 2076 Precedence, RFC 2369 List-*, null reverse-path)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mailguard.mail.header import Header

# A comment may stand before the keyword, parameters after it (RFC 3834 5).
_KEYWORD = re.compile(r"\s*(?:\([^()]*\)\s*)*+([A-Za-z0-9-]+)")
_LIST_FIELDS = frozenset(  # RFC 2369 3, RFC 2919 3
    {"list-id", "list-post", "list-unsubscribe", "list-help", "list-subscribe", "list-owner", "list-archive"}
)
# What answering programs that know no RFC 3834 write (Exim's and cPanel's autoresponders, qmail-autoresponder, older vacation).
_ANSWERING_FIELDS = frozenset({"x-autoreply", "x-autorespond", "x-autoresponse", "x-autoreply-from"})
_ANSWERING_PRECEDENCES = frozenset({"auto_reply", "auto-reply"})


class AutoSubmitted(StrEnum):
    """The value of Auto-Submitted (RFC 3834 5); `NO` where the field is absent."""

    NO = "no"
    GENERATED = "auto-generated"
    REPLIED = "auto-replied"
    NOTIFIED = "auto-notified"


@dataclass(frozen=True, slots=True)
class Automation:
    """What the header says of how the mail came about. `precedence` is lower case, "" where absent."""

    auto_submitted: AutoSubmitted
    precedence: str
    is_list: bool
    is_dsn: bool


def read_automation(header: Header, *, reverse_path: str | None = None) -> Automation:
    """Return what the header says.

    `is_dsn` asks for multipart/report (RFC 6522) and, where the reverse-path is given, for a null one.
    """
    precedence = header.first("precedence").lower()[:40]
    is_report = header.first("content-type").lower().startswith("multipart/report")
    auto_submitted = _auto_submitted(header)
    if auto_submitted is AutoSubmitted.NO and (
        not header.names.isdisjoint(_ANSWERING_FIELDS) or precedence in _ANSWERING_PRECEDENCES
    ):
        auto_submitted = AutoSubmitted.REPLIED
    return Automation(
        auto_submitted=auto_submitted,
        precedence=precedence,
        is_list=precedence == "list" or not header.names.isdisjoint(_LIST_FIELDS),
        is_dsn=is_report and not reverse_path,
    )


def _auto_submitted(header: Header) -> AutoSubmitted:
    """Return auto-replied where a field says so, for that is what makes loops, else the first that is not `no`."""
    said = [_keyword(value) for value in header.all("auto-submitted")]
    if AutoSubmitted.REPLIED in said:
        return AutoSubmitted.REPLIED
    return next((each for each in said if each is not AutoSubmitted.NO), AutoSubmitted.NO)


def _keyword(value: str) -> AutoSubmitted:
    match = _KEYWORD.match(value)
    if match is None:
        return AutoSubmitted.NO
    try:
        return AutoSubmitted(match[1].lower())
    except ValueError:
        return AutoSubmitted.GENERATED  # RFC 3834 5: an unknown keyword says automatic all the same
