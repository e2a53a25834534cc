"""Whether a probability is one: of the pairs that linking gives p, how many are right. A chart as text, and a table.

    python -m pytest tests/benchmarks/test_identity_calibration.py -s              (10,000 and 100,000 generated records)
    MAILGUARD_BENCH_RECORDS=1000000 python -m pytest tests/benchmarks/test_identity_calibration.py -s

Asserted: of the pairs with p >= 0.99 at least 99 % are right, at each size.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks import tables
from tests.benchmarks.linkers import Result, linked

SIZES = sorted({10_000, 100_000, int(os.environ.get("MAILGUARD_BENCH_RECORDS", "100000"))})
LEAST_RIGHT = 0.99
FEW = 30
"""Pairs below which a share says little."""
WIDTH = 50


@pytest.mark.parametrize("records", SIZES)
def test_probability_is_the_share_that_is_right(
    records: int, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    folder: Path = tables.folder(tmp_path_factory.getbasetemp() / "tables")
    result = linked("mailguard", tables.generated(records, folder))
    with capsys.disabled():
        sys.stdout.write("\n".join(("", *_chart(result))) + "\n")
    assert result.certain_right >= LEAST_RIGHT


def _chart(result: Result) -> Iterator[str]:
    """The reliability of each range of probability: `o` what is right, `|` what was said."""
    yield f"{result.records:,} records; of {result.certain:,} pairs with p >= .99, {result.certain_right:.2%} are right"
    yield f"  {'p':>12}  {'pairs':>9}  said   right  0{'right':^{WIDTH - 2}}1"
    for row in result.reliability:
        said, right = row["expected"], row["right"]
        cells = [" "] * (WIDTH + 1)
        cells[round(said * WIDTH)] = "|"
        cells[round(right * WIDTH)] = "o"
        few = "  few" if row["pairs"] < FEW else ""
        yield f"  {row['low']:5} – {row['high']:5} {row['pairs']:9,.0f}  {said:.3f}  {right:.3f}  {''.join(cells).rstrip()}{few}"
