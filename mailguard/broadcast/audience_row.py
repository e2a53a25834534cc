"""One row of an audience as a question to the directory: its mailbox, what it tells of the person, and what speaks against it.

Knows no database; whose the mailbox is, and whether it may be written to, is for others to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mailguard.broadcast.audience_code import RowCode
from mailguard.broadcast.audience_domain import flaw_of
from mailguard.broadcast.audience_language import language_code
from mailguard.errors import AddressError
from mailguard.identity.local_part import is_role
from mailguard.identity.query import NO_HINTS, Query, query_of
from mailguard.identity.record import Record
from mailguard.mail.mailbox import Mailbox
from mailguard.policy.limits import Limits
from mailguard.sources.audience_columns import AudienceColumns, AudienceReader, AudienceRow
from mailguard.sources.mailbox_cell import mailbox_in

_SEVERAL = re.compile(r"[;,\s|]")
_EXAMPLE_DOMAINS: Final = frozenset({"example.com", "example.org", "example.net"})  # RFC 2606 3
_TEST_PART = re.compile(r"(?:.*\+)?tests?\d*|test[-_.]?(?:user|account|mail|address)\d*")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row whose mailbox can be written to. `codes`: what is found in the row by itself."""

    mailbox: Mailbox
    query: Query
    language: str
    brand: str
    source: str
    codes: tuple[RowCode, ...]


@dataclass(frozen=True, slots=True)
class Unusable:
    """A row that nobody can be written to by, and why, in a clause."""

    code: RowCode
    reason: str
    text: str = ""


class RowReading:
    """Rows of one audience, each as what is asked about it. `source`: whose keys the key column has, "" where rows say it."""

    def __init__(self, columns: AudienceColumns, limits: Limits, *, region: str, source: str) -> None:
        self._reader = AudienceReader(columns)
        self._limits = limits
        self._region = region
        self._source = source

    def read(self, values: list[str]) -> Wanted | Unusable:
        """Return what is asked about a row, or why nothing can be."""
        row = self._reader.read(values)
        if not row.address:
            return Unusable(RowCode.INVALID_ADDRESS, "there is no address")
        try:
            mailbox = mailbox_in(row.address)
        except AddressError as error:
            return Unusable(RowCode.INVALID_ADDRESS, _why(row.address, error), row.address)
        flaw = flaw_of(mailbox.domain)
        if flaw:
            return Unusable(RowCode.IMPOSSIBLE_DOMAIN, flaw, row.address)
        return self._wanted(mailbox, row)

    def _wanted(self, mailbox: Mailbox, row: AudienceRow) -> Wanted:
        is_own = self._limits.is_own(mailbox.domain)
        reference = None if is_own else self._reference(row.key)
        query = query_of(mailbox) if is_own else self._query(mailbox, row.told, reference)
        codes: list[RowCode] = []
        if is_role(mailbox.local_part):
            codes.append(RowCode.ROLE_ADDRESS)
        if row.is_test or is_test(mailbox):
            codes.append(RowCode.TEST_ADDRESS)
        if is_own:
            codes.append(RowCode.OWN_ADDRESS)
        source = reference[0] if reference else ""
        return Wanted(mailbox, query, language_code(row.language), row.brand, source, tuple(codes))

    def _query(self, mailbox: Mailbox, told: Record | None, reference: tuple[str, str] | None) -> Query:
        references = (reference,) if reference else ()
        return query_of(mailbox, hints=told or NO_HINTS, references=references, region=self._region)

    def _reference(self, key: str) -> tuple[str, str] | None:
        """The record that a key means: `crm:4711` says it all, a bare key is one of the source that was named."""
        source, colon, own = key.partition(":")
        if colon and source and own:
            return source, own
        return (self._source, key) if self._source and key else None


def is_test(mailbox: Mailbox) -> bool:
    """Whether the address is one that people try things out with (RFC 2606 3, `test@`, `ada+test@`)."""
    return mailbox.domain in _EXAMPLE_DOMAINS or _TEST_PART.fullmatch(mailbox.local_part.casefold()) is not None


def _why(text: str, error: AddressError) -> str:
    if text.count("@") > 1 and _SEVERAL.search(text):
        return "the cell holds several addresses"
    if "@" not in text:
        return "it has no @"
    if any(map(str.isspace, text)):
        return "it has a space in it"
    return f"it is {error}"
