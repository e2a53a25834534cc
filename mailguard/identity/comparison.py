"""What comparing two records comes to: a weight, a probability, and what each field said. Values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one field said. `level`: the comparison level's name. `weight`: bits that it adds to the match weight."""

    field: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The waterfall of one pair: `prior` and the comparisons' weights add up to `match_weight`, in bits (log2 odds)."""

    probability: float
    match_weight: float
    prior: float
    comparisons: tuple[Comparison, ...]
