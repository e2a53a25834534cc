"""Bars for a page: a table whose rows have a bar each, so that it can be read aloud, printed, and at any width.

The bars are SVG that stretch; all text is text. Nothing is loaded and nothing runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailguard.broadcast.report_text import shown


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: what it is of, how long its bar is (0 to 1), and what stands behind it. `kind`: a class of the style sheet.

    `before`: how long it was last time, None where that is not compared.
    """

    label: str
    length: float
    text: str
    kind: str = "plain"
    before: float | None = None


def bar_table(bars: Sequence[Bar], *, caption: str, heads: tuple[str, str]) -> str:
    """Return the bars as a table with a caption; `heads` name the first and the last column for who cannot see."""
    rows = "".join(_row(bar) for bar in bars)
    first, last = heads
    head = f'<thead class="unseen"><tr><th scope="col">{shown(first)}<th scope="col">Bar<th scope="col">{shown(last)}</thead>'
    return f'<table class="bars"><caption>{shown(caption)}</caption>{head}<tbody>{rows}</tbody></table>'


def split_bar(parts: Sequence[Bar], *, title: str, description: str) -> str:
    """Return one bar whose parts are side by side, as an image with words for who cannot see."""
    at, pieces = 0.0, []
    for part in parts:
        width = _units(part.length, of=1000)
        if width:
            pieces.append(f'<rect class="{part.kind}" x="{at:g}" y="0" width="{width:g}" height="10"/>')
        at += width
    return (
        f'<svg class="split" role="img" viewBox="0 0 1000 10" preserveAspectRatio="none">'
        f"<title>{shown(title)}</title><desc>{shown(description)}</desc>{''.join(pieces)}</svg>"
    )


def _row(bar: Bar) -> str:
    before = "" if bar.before is None else _bar(bar.before, "before")
    return (
        f'<tr><th scope="row"><bdi>{shown(bar.label)}</bdi><td class="bar">{_bar(bar.length, bar.kind)}{before}'
        f'<td class="n">{shown(bar.text)}'
    )


def _bar(length: float, kind: str) -> str:
    return (
        f'<svg aria-hidden="true" viewBox="0 0 100 10" preserveAspectRatio="none"><rect class="track" width="100" height="10"/>'
        f'<rect class="{kind}" width="{_units(length, of=100):g}" height="10"/></svg>'
    )


def _units(length: float, *, of: int) -> float:
    """Return the length in units; what is there can be seen."""
    if length <= 0:
        return 0.0
    return round(min(max(length, 0.004), 1.0) * of, 2)
