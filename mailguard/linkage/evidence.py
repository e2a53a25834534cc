"""Compared pairs in the form that learning needs: each pattern of levels once, with how many pairs have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from mailguard.identity.levels import COMPARISONS
from mailguard.identity.model import BY_CHANCE, Model
from mailguard.identity.parameters import CLASSES, Parameters
from mailguard.linkage.frame import Bools, Codes, Frame, Levels
from mailguard.linkage.scoring import Bits, Patterns, adjustments, log_likelihoods

_STEP: Final = 0.5  # bits to which the rarity of a name is rounded while learning
_STEPS: Final = 64


@dataclass(frozen=True, slots=True)
class Evidence:
    """Patterns of levels. `chance`: bits by which a pattern is commoner by chance, by class; `count`: how many pairs have it.

    `possible`: by pattern and class, False where a clerk's answer excludes the class.
    """

    levels: Levels
    chance: Bits
    count: Bits
    possible: Bools

    @classmethod
    def of(cls, frame: Frame, left: Codes, levels: Levels, *, parameters: Parameters, scale: float = 1.0) -> Evidence:
        """Return the evidence of pairs whose first records are `left`; each stands for `scale` pairs."""
        patterns = Patterns.of(levels)
        rarity = adjustments(frame, left, levels, parameters)
        key = patterns.inverse.copy()
        for bits in rarity.values():
            key = key * _STEPS + np.clip(np.round(bits / _STEP), -_STEPS // 2, _STEPS // 2 - 1).astype(np.int64) + _STEPS // 2
        inverse, values = pd.factorize(key)
        chance = np.zeros((len(values), len(CLASSES)))
        for at in reversed(rarity):
            values, step = np.divmod(values, _STEPS)
            chance += np.outer((step - _STEPS // 2) * _STEP, BY_CHANCE[at])
        count = np.asarray(np.bincount(inverse, minlength=len(values)) * float(scale))
        return cls(patterns.levels[values], chance, count, np.ones((len(values), len(CLASSES)), dtype=bool))

    def answered(self, possible: Sequence[bool]) -> Evidence:
        """Return this evidence where only these classes are possible."""
        return Evidence(self.levels, self.chance, self.count, np.tile(np.array(possible), (len(self.count), 1)))

    def __add__(self, other: Evidence) -> Evidence:
        """Return both together."""
        return Evidence(
            np.concatenate([self.levels, other.levels]),
            np.concatenate([self.chance, other.chance]),
            np.concatenate([self.count, other.count]),
            np.concatenate([self.possible, other.possible]),
        )

    def expected(self, parameters: Parameters, population: int) -> Bits:
        """Return how many pairs of each pattern are expected to be of each class (the E step)."""
        likelihoods = log_likelihoods(self.levels, Model(parameters, population)) + self.chance
        likelihoods[~self.possible] = -np.inf
        likelihoods -= likelihoods.max(axis=1, keepdims=True)
        shares = np.exp2(likelihoods)
        return np.asarray(shares * (self.count / shares.sum(axis=1))[:, None])

    def by_level(self, expected: Bits, comparison: int) -> Bits:
        """Return the expected pairs by class and level of one comparison; pairs that miss it are left out."""
        count = len(COMPARISONS[comparison].levels)
        levels = self.levels[:, comparison].astype(np.int64) + 1
        return np.array([np.bincount(levels, weights=column, minlength=count + 1)[1:] for column in expected.T])
