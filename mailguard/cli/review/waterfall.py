"""The waterfall of one pair: from the prior through each field to the match weight, each bar begins where the last ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mailguard.cli.review.layout import Line, Run, Style, fitted
from mailguard.identity.comparison import Comparison, Explanation

_LABEL: Final = len("street address")
_BITS: Final = 7
_LEAST_BAR: Final = 10
_LEVEL: Final = 0.5
"""The share of what is left of a line that the level's name gets."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where on `width` cells a number of bits stands."""

    low: float
    high: float
    width: int

    def place(self, bits: float) -> int:
        return round((bits - self.low) / (self.high - self.low) * (self.width - 1))


def waterfall_lines(explanation: Explanation, width: int) -> list[Line]:
    """A line for the prior, one a field, one for the sum; bars up are solid, bars down shaded: no colour is needed."""
    # Between the columns stand one space, one space, and one space before the bits.
    room = width - _LABEL - _BITS - 3
    level = max(8, int(room * _LEVEL))
    bar = max(_LEAST_BAR, room - level)
    steps = list(_steps(explanation))
    ends = [0.0, *(end for _, _, end in steps)]
    scale = _Scale(min(ends), max(*ends, min(ends) + 1), bar)
    lines = [_step_line(scale, step, begin, end, level=level) for step, begin, end in steps]
    return [*lines, _sum_line(explanation, scale, level)]


def summary(explanation: Explanation) -> str:
    """The score in a few words."""
    return f"p {probability(explanation.probability)}, {explanation.match_weight:+.1f} bits"


def strongest(explanation: Explanation, count: int) -> str:
    """The fields that said most, most first."""
    most = sorted(explanation.comparisons, key=lambda one: -abs(one.weight))[:count]
    return ", ".join(f"{one.field.replace('_', ' ')} {one.weight:+.1f}" for one in most)


def probability(value: float) -> str:
    """A probability as a person reads it: never rounded up to certainty."""
    return f"{value:.3f}" if value < 0.9995 else ">0.999"


def _steps(explanation: Explanation) -> Iterator[tuple[Comparison, float, float]]:
    """Each step with the bits before and after it."""
    total = 0.0
    for step in (Comparison("prior", "", explanation.prior), *explanation.comparisons):
        yield step, total, total + step.weight
        total += step.weight


def _step_line(scale: _Scale, step: Comparison, begin: float, end: float, *, level: int) -> Line:
    start, stop = sorted((scale.place(begin), scale.place(end)))
    zero = scale.place(0.0)
    sign, style = ("█", Style.PLUS) if end >= begin else ("▒", Style.MINUS)
    is_nothing = abs(step.weight) < 0.05
    drawn = Run("│" if is_nothing else sign * (stop - start + 1), Style.FAINT if is_nothing else style)
    stop = start if is_nothing else stop
    return (
        Run(fitted(step.field.replace("_", " "), _LABEL), Style.LABEL),
        Run(f" {fitted(step.level, level)} ", Style.PLAIN),
        *_background(zero, 0, start),
        drawn,
        *_background(zero, stop + 1, scale.width),
        Run(f" {step.weight:+{_BITS}.1f}", Style.PLAIN),
    )


def _background(zero: int, start: int, stop: int) -> tuple[Run, ...]:
    """The empty part of a line, with the place where the odds are even."""
    text = "".join("┊" if place == zero else " " for place in range(start, stop))
    return (Run(text, Style.FAINT),) if text else ()


def _sum_line(explanation: Explanation, scale: _Scale, level: int) -> Line:
    head = f"{fitted('sum', _LABEL)} {fitted('probability ' + probability(explanation.probability), level + scale.width + 1)}"
    return (Run(head, Style.STRONG), Run(f" {explanation.match_weight:+{_BITS}.1f}", Style.STRONG))
