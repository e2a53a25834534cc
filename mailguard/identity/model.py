"""The linkage model: how probable it is that two records are one person, and why. Pure arithmetic on parameters.

Fellegi and Sunter (1969) with five latent classes of pairs instead of two, since households and namesakes agree on much
without being one person: posterior odds = prior(same) L(same) / sum over the others of prior(c) L(c). The priors scale with the
population: in a table ten times as large, a random pair is ten times less often the same person.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, log2
from typing import Final

from mailguard.identity.comparison import Comparison, Explanation
from mailguard.identity.levels import COMPARISONS, MISSING, compare
from mailguard.identity.parameters import CLASSES, Parameters
from mailguard.identity.standard import Standard

SMALLEST_POPULATION: Final = 20
"""Below so many records the prior stays as it is: a table of three customers is no evidence that two are one."""


class Model:
    """The parameters, made ready for one size of population (records in the table)."""

    def __init__(self, parameters: Parameters, population: int) -> None:
        self.parameters = parameters
        self.population = population
        self._priors = tuple(log2(prior) for prior in priors(parameters, population))
        # by comparison and level: log2 of the probability in each class
        self._bits = tuple(
            tuple(tuple(log2(row[level]) for row in parameters.levels[spec.field]) for level in range(len(spec.levels)))
            for spec in COMPARISONS
        )

    def weight(self, a: Standard, b: Standard) -> float:
        """Return the match weight of two records in bits: the log2 odds that they are one person."""
        bits = self._priors
        for step in self._steps(a, compare(a, b)):
            bits = _sum(bits, step)
        return _odds(bits)

    def explain(self, a: Standard, b: Standard) -> Explanation:
        """Return the waterfall of two records: what each field adds when it is read after those before it."""
        levels = compare(a, b)
        bits = self._priors
        weight = prior = _odds(bits)
        comparisons = []
        for spec, level, step in zip(COMPARISONS, levels, self._steps(a, levels), strict=True):
            if step is not _NOTHING:
                bits = _sum(bits, step)
                before, weight = weight, _odds(bits)
                comparisons.append(Comparison(spec.field, spec.levels[level], weight - before))
        return Explanation(probability_of(weight), weight, prior, tuple(comparisons))

    def rarity(self, field: str, value: str) -> float:
        """Return how much commoner than on average this value of a field is, in bits."""
        frequencies = self.parameters.frequencies[field]
        return log2(frequencies.of(value) / frequencies.mean)

    def _steps(self, a: Standard, levels: Sequence[int]) -> list[Bits]:
        """Return what each comparison of `a` with another adds to log2 of the likelihood of each class."""
        steps = [_NOTHING if level == MISSING else bits[level] for bits, level in zip(self._bits, levels, strict=True)]
        for at, field, value in ((_GIVEN, "given_name", a.given), (_SURNAME, "surname", a.surname)):
            if levels[at] == 0:
                rarity = self.rarity(field, value)
                steps[at] = _sum(steps[at], tuple(rarity if is_chance else 0.0 for is_chance in BY_CHANCE[at]))
        return steps


def priors(parameters: Parameters, population: int) -> tuple[float, ...]:
    """Return the probability of each of CLASSES for a random pair of this many records."""
    others = max(population, SMALLEST_POPULATION) - 1
    same = min(parameters.partners / others, 0.25)
    household = min(parameters.housemates / others, 0.25)
    junior = min(parameters.juniors / others, 0.25)
    return same, household, junior, parameters.namesakes, 1 - same - household - junior - parameters.namesakes


def probability_of(weight: float) -> float:
    """Return the probability that a match weight in bits stands for."""
    if weight < -1000:
        return 0.0
    return 1 / (1 + 2 ** -min(weight, 1000.0))


def weight_of_probability(probability: float) -> float:
    """Return the match weight in bits of a probability between 0 and 1, both excluded."""
    return log2(probability / (1 - probability))


Bits = tuple[float, ...]
"""log2 of a likelihood, by class."""

_NOTHING: Final[Bits] = (0.0,) * len(CLASSES)
_FIELDS: Final = [spec.field for spec in COMPARISONS]
_GIVEN, _SURNAME = _FIELDS.index("given_name"), _FIELDS.index("surname")

# In which classes an agreement is by chance, so that a common value makes it likelier: in a household the surname is not.
_CHANCE: Final = {
    "given_name": ("household", "namesake", "stranger"),
    "surname": ("namesake", "stranger"),
}
BY_CHANCE: Final = tuple(tuple(name in _CHANCE.get(field, ()) for name in CLASSES) for field in _FIELDS)


def _sum(one: Bits, other: Bits) -> Bits:
    # written out: this runs for every candidate of every recipient
    (a, b, c, d, e), (f, g, h, i, j) = one, other
    return a + f, b + g, c + h, d + i, e + j


def _odds(likelihoods: Bits) -> float:
    """Return log2 of the first class's share against all others."""
    same, *others = likelihoods
    top = max(others)
    return same - top - log2(fsum(2 ** (value - top) for value in others))
