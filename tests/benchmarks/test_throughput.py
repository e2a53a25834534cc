"""The relay beside Postfix without its delay at intake: same generator, same sink, same messages, in turns within one run.

Prints messages a second until the sink had the last one, microseconds of CPU a message, and the ratio to Postfix, which is what
is asserted: the median over the rounds of the ratios within a round.
"""

from __future__ import annotations

import statistics
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.benchmarks.load import Run, Shape, can_load, counting_sink, in_turns, ratio, serving, serving_postfix

ROUNDS = 5
SECONDS = 1.5
"""Roughly, of one timed run."""

CASES = [(Shape(4096, 10), 2.0), (Shape(4096, 50), 2.0), (Shape(61_440, 10), 1.5)]
"""What is sent, and how many times faster than Postfix two workers are to be. One worker is to be as fast as Postfix."""


@pytest.mark.postfix
@pytest.mark.skipif(not can_load(), reason="needs Postfix, and root")
@pytest.mark.parametrize(("shape", "least"), CASES, ids=[str(shape) for shape, _ in CASES])
def test_relay_is_faster_than_postfix(shape: Shape, least: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ExitStack() as stack:
        sink = stack.enter_context(counting_sink(tmp_path))
        postfix = stack.enter_context(serving_postfix(sink))
        one = stack.enter_context(serving(tmp_path / "one", sink, workers=1))
        two = stack.enter_context(serving(tmp_path / "two", sink, workers=2))
        runs = in_turns([postfix, one, two], sink, shape, rounds=ROUNDS, seconds=SECONDS)
    ratios = {name: ratio(each, runs[postfix.name]) for name, each in runs.items()}
    with capsys.disabled():
        sys.stdout.write(_table(shape, runs, ratios))
    assert ratios[one.name] >= 1.0
    assert ratios[two.name] >= least


def _table(shape: Shape, runs: dict[str, list[Run]], ratios: dict[str, float]) -> str:
    lines = [f"\n{shape!s:22} {'accepted/s':>10} {'delivered/s':>11} {'least-most':>11} {'x Postfix':>9} {'us CPU':>7}"]
    for name, each in runs.items():
        delivered = [run.delivered for run in each]
        lines.append(
            f"  {name:20} {statistics.median(run.accepted for run in each):10.0f} {statistics.median(delivered):11.0f}"
            f" {f'{min(delivered):.0f}-{max(delivered):.0f}':>11} {ratios[name]:9.2f}"
            f" {statistics.median(run.cpu for run in each):7.0f}"
        )
    return "\n".join([*lines, ""])
