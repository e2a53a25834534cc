"""The levels of given names and surnames of many pairs at once, by the rules of `identity.levels`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mailguard.identity import levels as rules
from mailguard.identity.levels import MISSING
from mailguard.identity.nicknames import is_short
from mailguard.linkage.frame import NO_VALUE, Bools, Codes, Column, Frame, Levels, Values
from mailguard.linkage.value_pairs import Texts, ValuePairs


class NameComparer:
    """The names of one frame, ready to be compared."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._given, self._surname = Texts(frame.given.values), Texts(frame.surname.values)
        self._start = self._given.numbered(lambda text: text[:3])
        self._is_short = self._given.holds(is_short)
        number = pd.factorize(np.concatenate([frame.given.values, frame.surname.values]))[0]
        self._given_number, self._surname_number = np.split(number, [len(frame.given.values)])
        self._has_parts = self._surname.holds(lambda text: " " in text)

    def levels(self, left: Codes, right: Codes) -> tuple[Levels, Levels]:
        """Return the levels of given name and surname of these pairs of records."""
        frame = self._frame
        given = self._compared(frame.given, self._given, left, right)
        surname = self._compared(frame.surname, self._surname, left, right)
        agree = ((given >= 0) & (given <= 2)) | ((surname >= 0) & (surname <= 2))
        crossed = np.flatnonzero(~agree)
        swapped = crossed[self._swapped(left[crossed], right[crossed])]
        surname[swapped] = np.where(given[swapped] == MISSING, 3, MISSING)
        given[swapped] = np.where(given[swapped] == MISSING, MISSING, 3)
        self._middle(left, right, given)
        return given, surname

    def _compared(self, column: Column, texts: Texts, left: Codes, right: Codes) -> Levels:
        a, b = column.codes[left], column.codes[right]
        result = np.full(len(left), MISSING, dtype=np.int8)
        both = (a != NO_VALUE) & (b != NO_VALUE)
        equal = both & (a == b)
        result[equal] = np.where(texts.lengths[a[equal]] > 1, 0, 4)
        at = np.flatnonzero(both & (a != b))
        pairs, inverse = ValuePairs(texts, texts, np.minimum(a[at], b[at]), np.maximum(a[at], b[at])).distinct()
        levels = self._given_levels(pairs) if texts is self._given else self._surname_levels(pairs)
        result[at] = levels[inverse]
        return result

    def _given_levels(self, pairs: ValuePairs) -> Levels:
        full = pairs.over(1)
        may_be_short = (self._start[pairs.a] == self._start[pairs.b]) | self._is_short[pairs.a] | self._is_short[pairs.b]
        short = pairs.where(rules.is_short_form, full & may_be_short)
        edit = pairs.one_edit(pairs.over(2) & ~short)
        similar = pairs.similar(full & ~short & ~edit)
        initial = ~full & (pairs.left.first[pairs.a] == pairs.right.first[pairs.b])
        return np.select([short, edit, initial, similar], [1, 2, 4, 6], 7).astype(np.int8)

    def _surname_levels(self, pairs: ValuePairs) -> Levels:
        full = pairs.over(1)
        edit = pairs.one_edit(pairs.over(2))
        part = pairs.where(rules.is_part, full & ~edit & (self._has_parts[pairs.a] | self._has_parts[pairs.b]))
        similar = pairs.similar(full & ~edit & ~part)
        initial = ~full & (pairs.left.first[pairs.a] == pairs.right.first[pairs.b])
        return np.select([edit, part, initial, similar], [1, 2, 4, 5], 6).astype(np.int8)

    def _swapped(self, left: Codes, right: Codes) -> Bools:
        """Return where the names agree crosswise."""
        alike, weak = self._crosswise(left, right)
        other_alike, other_weak = self._crosswise(right, left)
        result = alike & other_alike
        one, other = np.flatnonzero(alike & ~other_alike), np.flatnonzero(other_alike & ~alike)
        result[one] = other_weak[one] | self._is_short_crosswise(right[one], left[one])
        result[other] = weak[other] | self._is_short_crosswise(left[other], right[other])
        return result

    def _is_short_crosswise(self, left: Codes, right: Codes) -> Bools:
        """Return where the given name of one is a short form of the other's surname, or the other way round."""
        given = with_empty(self._frame.given)[self._frame.given.codes[left]]
        surname = with_empty(self._frame.surname)[self._frame.surname.codes[right]]
        return np.array([bool(x and y) and rules.is_short_form(x, y) for x, y in zip(given, surname, strict=True)], dtype=bool)

    def _crosswise(self, left: Codes, right: Codes) -> tuple[Bools, Bools]:
        """Return where one's given name is the other's surname within one letter; and where one is an initial, or missing."""
        a, b = self._frame.given.codes[left], self._frame.surname.codes[right]
        missing = (a == NO_VALUE) | (b == NO_VALUE)
        alike, weak = np.zeros(len(left), dtype=bool), missing.copy()
        at = np.flatnonzero(~missing)
        pairs = ValuePairs(self._given, self._surname, a[at], b[at])
        equal = self._given_number[pairs.a] == self._surname_number[pairs.b]
        alike[at] = (equal & pairs.over(1)) | pairs.one_edit(pairs.over(2) & ~equal)
        weak[at] = ~pairs.over(1) & (self._given.first[pairs.a] == self._surname.first[pairs.b])
        return alike, weak

    def _middle(self, left: Codes, right: Codes, given: Levels) -> None:
        """Turn different given names into "middle name" where one is the other's."""
        middles = self._frame.middle.codes
        at = np.flatnonzero((given >= 6) & ((middles[left] != NO_VALUE) | (middles[right] != NO_VALUE)))
        first, others = with_empty(self._frame.given), with_empty(self._frame.middle)
        codes = self._frame.given.codes
        hit = [
            first[codes[a]] in others[middles[b]].split() or first[codes[b]] in others[middles[a]].split()
            for a, b in zip(left[at], right[at], strict=True)
        ]
        given[at[np.array(hit, dtype=bool)]] = 5


def with_empty(column: Column) -> Values:
    """Return a column's values with "" at the end, which is where NO_VALUE points."""
    return np.append(column.values, "")
