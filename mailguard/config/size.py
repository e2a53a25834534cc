"""Sizes in octets as an operator writes them: 26214400 or "25MB". A KB is 1024 octets, as mail servers count."""

from __future__ import annotations

import re

_FACTORS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_SIZE = re.compile(r"(\d+)\s*([KMG]?)(?:i?B)?", re.IGNORECASE)


def parse_size(value: object) -> int:
    """Return the octets that `value` names. Raises ValueError with the mend in its text."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError(f"{value!r} is not a size; write the octets, such as 26214400, or 25MB")
    return int(found[1]) * _FACTORS[found[2].upper()]


def format_size(octets: int) -> str:
    """Return the size in the largest unit that divides it: "25MB", "1000"."""
    for unit in "GMK":
        if octets and octets % _FACTORS[unit] == 0:
            return f"{octets // _FACTORS[unit]}{unit}B"
    return str(octets)
