"""Many pairs of texts compared at once, by their codes: with rapidfuzz on two cores, and only where it can matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import token_sort_ratio

from mailguard.identity.levels import SIMILAR_NAME, SIMILAR_STREET
from mailguard.linkage.frame import Bools, Codes, Values

WORKERS: Final = 2
"""Threads of rapidfuzz, which lets go of the interpreter meanwhile."""


class Texts:
    """Distinct texts, none empty, and what is quickly known of each: made once, asked for many pairs."""

    def __init__(self, values: Values, *, grip: int = 1) -> None:
        """`grip`: how many characters at one of the two ends one edit leaves as they are, in texts of 2 * grip + 2 or more."""
        self.values = values
        self.grip = grip

    @cached_property
    def lengths(self) -> npt.NDArray[np.int16]:
        """How many characters each has."""
        return np.fromiter(map(len, self.values), dtype=np.int16, count=len(self.values))

    @cached_property
    def first(self) -> npt.NDArray[np.int32]:
        """The first character of each."""
        return np.fromiter((ord(text[0]) for text in self.values), dtype=np.int32, count=len(self.values))

    @cached_property
    def last(self) -> npt.NDArray[np.int32]:
        """The last character of each."""
        return np.fromiter((ord(text[-1]) for text in self.values), dtype=np.int32, count=len(self.values))

    @cached_property
    def ends(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Equal numbers for those with an equal beginning, and with an equal end, as long as the grip."""
        return self.numbered(lambda text: text[: self.grip]), self.numbered(lambda text: text[-self.grip :])

    def holds(self, function: Callable[[str], bool]) -> Bools:
        """Return of which `function` is true."""
        return np.fromiter(map(function, self.values), dtype=bool, count=len(self.values))

    def numbered(self, function: Callable[[str], str]) -> npt.NDArray[np.int64]:
        """Return equal numbers for those with one value of `function`."""
        made = np.empty(len(self.values), dtype=object)
        made[:] = [function(text) for text in self.values]
        return pd.factorize(made)[0]


@dataclass(frozen=True, slots=True)
class ValuePairs:
    """Pairs of texts: of `left` those with the codes `a`, of `right` those with the codes `b`."""

    left: Texts
    right: Texts
    a: Codes
    b: Codes

    def __len__(self) -> int:
        """Return how many pairs these are."""
        return len(self.a)

    def distinct(self) -> tuple[ValuePairs, npt.NDArray[np.int64]]:
        """Return the pairs, each once, and for each of these pairs which it is."""
        width = max(len(self.right.values), 1)
        inverse, keys = pd.factorize(self.a.astype(np.int64) * width + self.b)
        return ValuePairs(self.left, self.right, (keys // width).astype(np.int32), (keys % width).astype(np.int32)), inverse

    def where(self, function: Callable[[str, str], bool], chosen: Bools) -> Bools:
        """Return where `function` is true, asked only where `chosen`."""
        result = np.zeros(len(self), dtype=bool)
        at = np.flatnonzero(chosen)
        result[at] = [function(x, y) for x, y in zip(*self._texts(at), strict=True)]
        return result

    def one_edit(self, chosen: Bools) -> Bools:
        """Return where unequal texts are one edit apart, asked only where `chosen`.

        One edit changes the length by one at most, and touches two neighbours at most: of texts longer than two, one
        end stays as it was.
        """
        result = np.zeros(len(self), dtype=bool)
        near = np.abs(self.left.lengths[self.a] - self.right.lengths[self.b]) <= 1
        ends = (self.left.first[self.a] == self.right.first[self.b]) | (self.left.last[self.a] == self.right.last[self.b])
        at = np.flatnonzero(chosen & near & (ends | ~self.over(2)))
        if self.left.grip > 1:
            at = at[self._is_gripped(at)]
        result[at] = self._scores(at, OSA.distance, 1, np.uint8) <= 1
        return result

    def _is_gripped(self, at: npt.NDArray[np.int64]) -> Bools:
        """Return where one of the ends is equal, or the texts are too short to ask so; both sides are of one column."""
        a, b = self.a[at], self.b[at]
        start, end = self.left.ends
        shortest = 2 * self.left.grip + 2
        long = (self.left.lengths[a] >= shortest) & (self.left.lengths[b] >= shortest)
        return np.asarray(~long | (start[a] == start[b]) | (end[a] == end[b]))

    def similar(self, chosen: Bools) -> Bools:
        """Return where the Jaro-Winkler similarity is that of similar names, asked only where `chosen`."""
        result = np.zeros(len(self), dtype=bool)
        at = np.flatnonzero(chosen)
        result[at] = self._scores(at, JaroWinkler.normalized_similarity, SIMILAR_NAME, np.float64) >= SIMILAR_NAME
        return result

    def similar_words(self) -> Bools:
        """Return where the texts have similar words in any order."""
        scores = self._scores(np.arange(len(self)), token_sort_ratio, SIMILAR_STREET, np.float64)
        return np.asarray(scores >= SIMILAR_STREET)

    def over(self, length: int) -> Bools:
        """Return where both texts are longer than that."""
        return (self.left.lengths[self.a] > length) & (self.right.lengths[self.b] > length)

    def _texts(self, at: npt.NDArray[np.int64]) -> tuple[Values, Values]:
        return self.left.values[self.a[at]], self.right.values[self.b[at]]

    def _scores(self, at: npt.NDArray[np.int64], scorer: Any, cutoff: float, dtype: Any) -> npt.NDArray[Any]:
        if not len(at):
            return np.empty(0, dtype=dtype)
        return process.cpdist(*self._texts(at), scorer=scorer, score_cutoff=cutoff, dtype=dtype, workers=WORKERS)
