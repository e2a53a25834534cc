"""`Mailguard-Data`: the values that a template is rendered with, a JSON object in base64. Strict: nothing is guessed."""

from __future__ import annotations

import json
import re
from binascii import Error, a2b_base64
from typing import Any, Final

MAX_DATA_CHARACTERS: Final = 200_000
"""Characters of the base64 text, below what a header may have (`mail.header.MAX_HEADER_OCTETS`)."""

_FOLDS: Final = re.compile(r"[ \t\r\n]+")


def read_values(text: str) -> bytes | None:
    """Return the object as JSON written in one way, None where it cannot be taken.

    Not taken are what is no base64 or no JSON object (RFC 8259), a name that stands twice in one object, numbers that JSON has
    not (NaN, Infinity), lone surrogates, and what is nested too deep. White space within the base64 is that of a folded line.
    """
    if len(text) > MAX_DATA_CHARACTERS:
        return None
    try:
        values = json.loads(
            a2b_base64(_FOLDS.sub("", text), strict_mode=True), object_pairs_hook=_object, parse_constant=_refuse_constant
        )
        written = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    except (Error, ValueError, RecursionError):
        return None
    return written if isinstance(values, dict) else None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
