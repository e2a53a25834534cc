"""Blobs in a text: lines of one long word each, such as a key, a signature or a picture in base64.

A blob is a fact as a whole and about nothing. It is taken out first, for to read it like prose would cost much and say nothing.
"""

from __future__ import annotations

import re
from hashlib import blake2b

# Lines of at least 60 ASCII characters without white space, ":" and "@", which links and mailboxes have. It begins with the
# line end, so that a search is a search for that; every repetition is possessive: linear.
_BLOB = re.compile(r"(?:\n[!-9;-?A-~]{60,}+\r?+(?=\n|\Z))++")
_DIGITS = b"0123456789"


def take_blobs(text: str) -> tuple[str, set[str]]:
    """Return the text without its blobs that hold a digit, and what stands for each of them as a fact."""
    facts: set[str] = set()

    def take(found: re.Match[str]) -> str:
        blob = found[0].replace("\n", "").replace("\r", "").encode("ascii")
        if len(blob.translate(None, _DIGITS)) == len(blob):
            return found[0]
        facts.add(f"blob {blake2b(blob, digest_size=16).hexdigest()}")
        return "\n"

    return _BLOB.sub(take, f"\n{text}")[1:], facts
