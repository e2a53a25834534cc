"""The match weights of many pairs at once: what `identity.model.Model` says of each.

A pattern of levels has one likelihood; only how common the shared names are differs within it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mailguard.identity.levels import COMPARISONS, MISSING
from mailguard.identity.model import BY_CHANCE, Model, priors
from mailguard.identity.parameters import CLASSES, Frequencies, Parameters
from mailguard.linkage.frame import Codes, Column, Frame, Levels

Bits = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Patterns:
    """Distinct patterns of levels; `inverse` says which each pair has."""

    levels: Levels
    inverse: Places

    @classmethod
    def of(cls, levels: Levels) -> Patterns:
        """Return the distinct rows of these levels."""
        keys = np.zeros(len(levels), dtype=np.int64)
        for at, spec in enumerate(COMPARISONS):
            keys *= len(spec.levels) + 1
            keys += levels[:, at] - MISSING
        inverse, values = pd.factorize(keys)
        distinct = np.empty((len(values), len(COMPARISONS)), dtype=np.int8)
        for at in reversed(range(len(COMPARISONS))):
            values, level = np.divmod(values, len(COMPARISONS[at].levels) + 1)
            distinct[:, at] = level + MISSING
        return cls(distinct, inverse)


def weights(frame: Frame, left: Codes, *, levels: Levels, model: Model) -> Bits:
    """Return the match weight in bits of each pair, whose first records are `left`."""
    patterns = Patterns.of(levels)
    return _weights(frame, left, levels, model, log_likelihoods(patterns.levels, model)[patterns.inverse])


def heavy(frame: Frame, left: Codes, *, levels: Levels, model: Model, least: float) -> tuple[Places, Bits]:
    """Return where the weight is `least` or more, and the weights there.

    Most candidate pairs are far below; of a pattern that stays below with the rarest of names, no pair is weighed.
    """
    patterns = Patterns.of(levels)
    likelihoods = log_likelihoods(patterns.levels, model)
    highest = likelihoods.copy()
    for at, rarest in _rarest(model.parameters).items():
        highest += np.outer(patterns.levels[:, at] == 0, np.multiply(BY_CHANCE[at], rarest))
    places = np.flatnonzero((odds(highest) >= least)[patterns.inverse])
    bits = _weights(frame, left[places], levels[places], model, likelihoods[patterns.inverse[places]])
    kept = np.flatnonzero(bits >= least)
    return places[kept], bits[kept]


def _weights(frame: Frame, left: Codes, levels: Levels, model: Model, likelihoods: Bits) -> Bits:
    for at, bits in adjustments(frame, left, levels, model.parameters).items():
        for column in np.flatnonzero(BY_CHANCE[at]):
            likelihoods[:, column] += bits
    return odds(likelihoods)


def _rarest(parameters: Parameters) -> dict[int, float]:
    """Return, by comparison, the bits of the rarest value."""
    return {
        at: min(0.0, *(float(np.log2(share / table.mean)) for share in (table.floor, *table.share.values())))
        for at, spec in enumerate(COMPARISONS)
        if (table := parameters.frequencies.get(spec.field))
    }


def log_likelihoods(levels: Levels, model: Model) -> Bits:
    """Return log2 of prior times likelihood, one row a pattern and one column a class."""
    result = np.tile(np.log2(priors(model.parameters, model.population)), (len(levels), 1))
    for at, spec in enumerate(COMPARISONS):
        table = np.log2(np.array(model.parameters.levels[spec.field])).T
        result += np.vstack([table, np.zeros(len(CLASSES))])[levels[:, at]]  # MISSING is -1, the last row
    return result


def adjustments(frame: Frame, left: Codes, levels: Levels, parameters: Parameters) -> dict[int, Bits]:
    """Return, by comparison, how much commoner than on average the value is on which each pair agrees, in bits."""
    columns = {"given_name": frame.given, "surname": frame.surname}
    found = {}
    for at, spec in enumerate(COMPARISONS):
        if spec.field in parameters.frequencies:
            column = columns[spec.field]
            bits = rarity(column, parameters.frequencies[spec.field])[column.codes[left]]
            found[at] = np.where(levels[:, at] == 0, bits, 0.0)
    return found


def rarity(column: Column, frequencies: Frequencies) -> Bits:
    """Return for each value, and for none at the end, log2 of its share against the mean."""
    shares = np.array([*map(frequencies.of, column.values), frequencies.mean])
    return np.asarray(np.log2(shares / frequencies.mean))


def odds(likelihoods: Bits) -> Bits:
    """Return log2 of the first class's likelihood against that of all others."""
    others = likelihoods[:, 1:]
    top = others.max(axis=1)
    return np.asarray(likelihoods[:, 0] - top - np.log2(np.exp2(others - top[:, None]).sum(axis=1)))
