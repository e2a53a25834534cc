"""What is to be rendered and what came of it, as values. Knows no template language and no process."""

from __future__ import annotations

from dataclasses import dataclass

SUBJECT = "Subject"
"""The name of the one source that is no part."""


@dataclass(frozen=True, slots=True)
class Source:
    """The source of one template. `name` is what its author calls it, `escapes`: whether values are HTML-escaped in it."""

    name: str
    text: str
    escapes: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why nothing was rendered: the part and its line where they are known ("" and 0), and what is wrong in one clause.

    `text` may hold what the template was given; `said` never does. `is_exhaustion`: it asked for more time or memory than it
    may have, so that trying again costs as much again.
    """

    part: str
    line: int
    text: str
    is_exhaustion: bool = False

    def __str__(self) -> str:
        """Return "Subject, line 1: 'name' is undefined"."""
        return f"{self.said}: {self.text}" if self.said else self.text

    @property
    def said(self) -> str:
        """Where it is, as anybody may hear it."""
        return f"{self.part}, line {self.line}" if self.part and self.line else self.part


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderLimits:
    """What rendering may cost: processes at a time, and of each rendering the seconds, octets of memory and of output."""

    processes: int = 2
    seconds: float = 2.0
    memory: int = 268_435_456
    output: int = 5_242_880
