"""How often each may ask within a time: so many times, then no more until the first of them is so long ago. Knows no clock."""

from __future__ import annotations

from collections import deque
from math import ceil


class Rate:
    """Counts what each has asked for lately. `most` 0: nobody is refused. `seconds`: what lately is."""

    def __init__(self, most: int, *, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._asked: dict[str, deque[float]] = {}

    def wait(self, name: str, *, now: float) -> int:
        """Return 0 where `name` may ask now, and count it; else in how many seconds it may. `now` in seconds, never less."""
        if self._most == 0:
            return 0
        asked = self._asked.setdefault(name, deque())
        while asked and now - asked[0] >= self._seconds:
            asked.popleft()
        if len(asked) >= self._most:
            return max(1, ceil(asked[0] + self._seconds - now))
        asked.append(now)
        return 0
