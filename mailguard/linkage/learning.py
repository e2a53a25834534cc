"""The model's parameters learnt from a table without labels: expectation and maximisation over latent classes of pairs.

Nobody labels anything, so what keeps the classes apart is said here:
- what strangers agree on is counted over all pairs of the table, or on random ones; never on candidate pairs, which were
  chosen for agreeing;
- a class is tied to another in all that its kind of pair has in common with that one by definition (TIES): two persons of one
  household agree on given name and date of birth as strangers do, two namesakes on all but the name, and what the name makes;
- father and son of one name are told from one person by dates of birth alone, so only pairs with both dates count them;
- the parameters that learning starts from are also its Dirichlet prior: a small table, or a column that is empty, moves the
  numbers little or not at all.

The same table gives the same numbers: random pairs come from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.levels import COMPARISONS, MISSING, Spec
from mailguard.identity.parameters import CLASSES, Frequencies, Parameters
from mailguard.linkage.blocking import candidate_pairs
from mailguard.linkage.comparing import Comparer
from mailguard.linkage.evidence import Evidence
from mailguard.linkage.frame import Codes, Frame, Levels
from mailguard.linkage.frequencies import frequencies_of, pairs_by_chance
from mailguard.linkage.scoring import Bits

MOST_ITERATIONS: Final = 60
TOLERANCE: Final = 1e-3
"""Relative change of the classes' sizes at which learning stops."""
RANDOM_PAIRS: Final = 500_000
"""At most; of a small table a hundred for each record."""
MOST_CANDIDATES: Final = 2_000_000
"""Candidate pairs that are learnt from; of more, every second, third …"""
SEED: Final = 1969

TIES: Final[Mapping[str, Mapping[str, str]]] = {
    "household": {"given_name": "stranger", "date_of_birth": "stranger"},
    "junior": {
        "given_name": "same",
        "surname": "same",
        "date_of_birth": "stranger",
        "phone": "household",
        "postcode": "household",
        "city": "household",
        "street_address": "household",
    },
    "namesake": {
        "date_of_birth": "stranger",
        "phone": "stranger",
        "postcode": "stranger",
        "city": "stranger",
        "street_address": "stranger",
    },
}
"""By class and field: the class whose probabilities are taken over."""

# What the prior of a class is worth, by field and group. With 20, a table of 400 records took households for persons.
_PRIOR_PAIRS: Final = 300.0
_PRIOR_RANDOM_PAIRS: Final = 200.0
_PRIOR_RECORDS: Final = 10.0  # that the prior of the classes' sizes is worth
# What the prior of `juniors` is worth, in pairs of one name with both dates of birth: most tables have few of these.
_PRIOR_TWINS: Final = 1000.0
_PRIOR_NAMESAKES: Final = 1e5  # of all pairs

_SAME, _HOUSEHOLD, _JUNIOR, _NAMESAKE, _STRANGER = range(len(CLASSES))
_FIELDS: Final = [spec.field for spec in COMPARISONS]
_BORN: Final = _FIELDS.index("date_of_birth")
_NAMES: Final = [_FIELDS.index("given_name"), _FIELDS.index("surname")]


@dataclass(frozen=True, slots=True)
class Answer:
    """A clerk's answer: two records, by their places in the frame, and whether they are one person."""

    left: int
    right: int
    same: bool


def learn(
    frame: Frame,
    *,
    answers: Sequence[Answer] = (),
    start: Parameters = DEFAULTS,
    candidates: tuple[Codes, Codes, Levels] | None = None,
    comparer: Comparer | None = None,
) -> Parameters:
    """Return the parameters that make the frame's agreements likeliest.

    `answers` are taken as true. `start`: where learning starts and what it returns to where the table says nothing.
    `candidates`: the candidate pairs with their levels, and `comparer`, where they are there already.
    """
    made = comparer or Comparer(frame)
    left, _, levels = candidates or _candidates(frame, made)
    parameters = replace(start, frequencies=_frequencies(frame, start))
    learner = _Learner(frame, start, _by_chance(frame))
    every = max(-(-len(left) // MOST_CANDIDATES), 1)
    pairs = Evidence.of(frame, left[::every], levels[::every], parameters=parameters, scale=every)
    for same in (True, False):
        pairs += _answered(frame, made, [answer for answer in answers if answer.same is same], parameters)
    return learner.learn(parameters, pairs, _random_pairs(frame, made, parameters))


def _candidates(frame: Frame, comparer: Comparer) -> tuple[Codes, Codes, Levels]:
    left, right = candidate_pairs(frame)
    return left, right, comparer.levels(left, right)


def _frequencies(frame: Frame, start: Parameters) -> dict[str, Frequencies]:
    """Return how common the names are; as at the start where the column is empty."""
    return {
        "given_name": frequencies_of(frame.given) or start.frequencies["given_name"],
        "surname": frequencies_of(frame.surname) or start.frequencies["surname"],
    }


def _by_chance(frame: Frame) -> dict[str, tuple[float, float]]:
    """Return how many of all pairs are equal in a field, and how many have it: exactly, where random pairs seldom are equal."""
    return {
        "given_name": pairs_by_chance(frame.given, shortest=2),
        "surname": pairs_by_chance(frame.surname, shortest=2),
        "date_of_birth": pairs_by_chance(frame.born, shortest=len("YYYY-MM-DD")),
        "phone": pairs_by_chance(frame.phone, shortest=1),
        "postcode": pairs_by_chance(frame.postcode, shortest=1),
    }


def _random_pairs(frame: Frame, comparer: Comparer, parameters: Parameters) -> Evidence:
    generator = np.random.default_rng(SEED)
    count = min(RANDOM_PAIRS, 100 * frame.size)
    left, right = generator.integers(0, max(frame.size, 1), (2, count), dtype=np.int32)
    left, right = left[left != right], right[left != right]
    return Evidence.of(frame, left, comparer.levels(left, right), parameters=parameters)


def _answered(frame: Frame, comparer: Comparer, answers: Sequence[Answer], parameters: Parameters) -> Evidence:
    """Return the evidence of answers of one kind."""
    left = np.array([answer.left for answer in answers], dtype=np.int32)
    right = np.array([answer.right for answer in answers], dtype=np.int32)
    same = bool(answers) and answers[0].same
    evidence = Evidence.of(frame, left, comparer.levels(left, right), parameters=parameters)
    return evidence.answered([(name == "same") is same for name in CLASSES])


@dataclass(frozen=True, slots=True)
class _Learner:
    """What stays the same from step to step."""

    frame: Frame
    start: Parameters
    by_chance: Mapping[str, tuple[float, float]]

    def learn(self, parameters: Parameters, pairs: Evidence, random: Evidence) -> Parameters:
        """Return the parameters after the last step."""
        for _ in range(MOST_ITERATIONS):
            before = parameters
            expected = pairs.expected(parameters, self.frame.size)
            at_random = random.expected(parameters, self.frame.size)
            tables = {
                spec.field: self._table(spec, pairs.by_level(expected, at), random.by_level(at_random, at)[_STRANGER])
                for at, spec in enumerate(COMPARISONS)
            }
            parameters = replace(self._sized(parameters, pairs, expected), levels=tables)
            if _is_settled(before, parameters):
                break
        return parameters

    def _table(self, spec: Spec, expected: Bits, random: Bits) -> tuple[tuple[float, ...], ...]:
        """Return the probabilities of one field's levels by class (the M step)."""
        prior = self.start.levels[spec.field]
        rows = {"stranger": self._stranger(spec, expected, random)}
        # in this order: a class is tied only to one before it
        for name in ("same", "household", "junior", "namesake"):
            at = CLASSES.index(name)
            tie = TIES.get(name, {}).get(spec.field)
            rows[name] = rows[tie] if tie else _smoothed(expected[at], prior[at], spec.groups, _PRIOR_PAIRS)
        return tuple(tuple(map(float, rows[name])) for name in CLASSES)

    def _stranger(self, spec: Spec, expected: Bits, random: Bits) -> Bits:
        counted = random.copy()
        if spec.field == "street_address":
            # Two strangers at random are seldom near one another; those who are have met as candidates.
            near = slice(0, spec.groups[0])
            counted[near] += expected[_STRANGER][near]
        row = _smoothed(counted, self.start.levels[spec.field][_STRANGER], spec.groups, _PRIOR_RANDOM_PAIRS)
        if spec.field in self.by_chance:
            equal, both = self.by_chance[spec.field]
            strangers = max(equal - expected[:_STRANGER, 0].sum(), 0.0)
            first = (strangers + _PRIOR_RANDOM_PAIRS * self.start.levels[spec.field][_STRANGER][0]) / (
                both + _PRIOR_RANDOM_PAIRS
            )
            row[1:] *= (1 - first) / row[1:].sum()
            row[0] = first
        return row

    def _sized(self, parameters: Parameters, pairs: Evidence, expected: Bits) -> Parameters:
        """Return the parameters with the sizes of the classes."""
        size = self.frame.size
        total = expected.sum(axis=0)
        # Juniors are told by pairs of one name to the letter: initials and errors are shared by a household by chance, too.
        one_name = (pairs.levels[:, _BORN] != MISSING) & (pairs.levels[:, _NAMES] == 0).all(axis=1)
        dated = expected[one_name].sum(axis=0)
        start = self.start

        def each(count: float, prior: float) -> float:
            return float(2 * count + _PRIOR_RECORDS * prior) / (size + _PRIOR_RECORDS)

        partners = each(total[_SAME], start.partners)
        twins = float(dated[_JUNIOR] + _PRIOR_TWINS * start.juniors / start.partners) / float(dated[_SAME] + _PRIOR_TWINS)
        return replace(
            parameters,
            partners=partners,
            housemates=each(total[_HOUSEHOLD], start.housemates),
            juniors=partners * twins,
            namesakes=float(total[_NAMESAKE] + _PRIOR_NAMESAKES * start.namesakes) / (size * (size - 1) / 2 + _PRIOR_NAMESAKES),
        )


def _smoothed(counted: Bits, prior: Sequence[float], groups: Sequence[int], weight: float) -> Bits:
    """Return counts as probabilities that sum to 1 in each group, the prior being worth `weight` pairs in each."""
    row = counted + weight * np.array(prior)
    starts = np.cumsum((0, *groups))[:-1]
    return np.asarray(row / np.repeat(np.add.reduceat(row, starts), groups))


def _is_settled(before: Parameters, after: Parameters) -> bool:
    return all(
        abs(getattr(after, name) - getattr(before, name)) <= TOLERANCE * getattr(before, name)
        for name in ("partners", "housemates", "juniors", "namesakes")
    )
