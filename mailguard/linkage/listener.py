"""Who is told while something takes long."""

from __future__ import annotations

from typing import Protocol


class Listener(Protocol):
    """Who is told what is being done, and how much of it is done."""

    def stage(self, text: str) -> None:
        """Something else is done from now on."""

    def part(self, done: float) -> None:
        """Of that, so much is done, 0 to 1."""


class Silent:
    """A listener where nobody listens."""

    def stage(self, text: str) -> None:
        """Take note."""

    def part(self, done: float) -> None:
        """Take note."""
