"""The endings under which anybody can register a domain, read once for all that ask."""

from __future__ import annotations

from functools import cache

from publicsuffixlist import PublicSuffixList


@cache
def public_suffixes() -> PublicSuffixList:
    """The list of publicsuffix.org. Whether an ending that it does not have counts as one is for the caller to say."""
    return PublicSuffixList()
