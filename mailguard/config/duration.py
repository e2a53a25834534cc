"""Durations as an operator writes them: "15s", "10m", "6d", "1d12h". Knows no clock."""

from __future__ import annotations

import re
from datetime import timedelta

_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WHOLE = re.compile(r"(?:\d+[wdhms])+")
_PART = re.compile(r"(\d+)([wdhms])")
# months, milli- and microseconds are no units
_NEARLY = re.compile(r"\s*(\d+)\s*(?:([wdhms])(?!on|ill|ic|s)[a-z]*\.?)?\s*", re.IGNORECASE)
_LONGEST = timedelta(days=36_500)


def parse_duration(value: object) -> timedelta:
    """Return the time that `value` names. Raises ValueError, with the mend in its text, for anything else."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not _WHOLE.fullmatch(value):
        raise ValueError(f"{value!r} is not a duration; write {_mend(value)}")
    seconds = sum(int(count) * _SECONDS[unit] for count, unit in _PART.findall(value))
    if seconds > _LONGEST.total_seconds():
        raise ValueError(f"{value!r} is longer than a hundred years; write a shorter duration, such as 6d")
    return timedelta(seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """Return the shortest way to write `duration` with at most two units: "6d", "1d12h", "0s"."""
    rest, parts = int(duration.total_seconds()), []
    for unit in "dhms":
        count, rest = divmod(rest, _SECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _mend(value: object) -> str:
    nearly = _NEARLY.fullmatch(str(value))
    return f"{nearly[1]}{(nearly[2] or 's').lower()}" if nearly else "a number with s, m, h or d, such as 6d"
