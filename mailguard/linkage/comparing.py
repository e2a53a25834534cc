"""The comparison levels of many pairs at once: what `identity.levels.compare` says of each, by the same rules."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from mailguard.identity import levels as rules
from mailguard.identity.levels import COMPARISONS, MISSING
from mailguard.linkage.comparing_mailboxes import MailboxComparer
from mailguard.linkage.comparing_names import NameComparer
from mailguard.linkage.frame import NO_VALUE, Bools, Codes, Column, Frame, Levels, Values
from mailguard.linkage.value_pairs import Texts, ValuePairs

CHUNK: Final = 2_000_000
"""Pairs that are compared at a time: what that takes of memory does not grow with the table."""

_PHONE_GRIP: Final = 5  # the first four say little: +447, +491
_WHOLE_DATE: Final = len("YYYY-MM-DD")


class Comparer:
    """A frame made ready for comparing: what must be known of each value is found once."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._names, self._mailboxes = NameComparer(frame), MailboxComparer(frame)
        self._phone = Texts(frame.phone.values, grip=_PHONE_GRIP)
        self._postcode = Texts(frame.postcode.values)
        self._city, self._street = Texts(frame.city.values), Texts(frame.street.values)
        self._phone_end = self._phone.numbered(lambda text: text[-7:])
        self._area = self._postcode.numbered(rules.postcode_area)
        self._is_nameless = (frame.given.codes == NO_VALUE) & (frame.surname.codes == NO_VALUE)
        self._dates = _Dates(frame.born)

    def levels(self, left: Codes, right: Codes) -> Levels:
        """Return the levels of each pair of records: one row a pair, one column for each of COMPARISONS."""
        result = np.empty((len(left), len(COMPARISONS)), dtype=np.int8)
        for start in range(0, len(left), CHUNK):
            part = slice(start, start + CHUNK)
            self._fill(result[part], left[part], right[part])
        return result

    def _fill(self, result: Levels, left: Codes, right: Codes) -> None:
        result[:, 0], result[:, 1] = self._names.levels(left, right)
        result[:, 2] = self._dates.levels(left, right)
        result[:, 3] = self._phones(left, right)
        result[:, 4] = self._mailboxes.levels(left, right)
        postcode = self._postcodes(left, right)
        city = self._cities(left, right, postcode)
        result[:, 5], result[:, 6] = postcode, city
        result[:, 7] = self._addresses(left, right, (postcode >= 2) | ((postcode == MISSING) & (city == 8)))
        result[:, 8] = self._spellings(left, right)

    def _phones(self, left: Codes, right: Codes) -> Levels:
        result, at, pairs = _unequal(self._frame.phone, self._phone, left, right)
        edit = pairs.one_edit(np.ones(len(pairs), dtype=bool))
        same_end = (self._phone_end[pairs.a] == self._phone_end[pairs.b]) & pairs.over(6)
        result[at] = np.select([edit, same_end], [1, 2], 3)
        return result

    def _postcodes(self, left: Codes, right: Codes) -> Levels:
        result, at, pairs = _unequal(self._frame.postcode, self._postcode, left, right)
        edit = pairs.one_edit(np.ones(len(pairs), dtype=bool))
        result[at] = np.select([edit, self._area[pairs.a] == self._area[pairs.b]], [1, 2], 3)
        return result

    def _cities(self, left: Codes, right: Codes, postcode: Levels) -> Levels:
        result, at, every = _unequal(self._frame.city, self._city, left, right)
        pairs, inverse = every.distinct()
        similar = pairs.one_edit(pairs.over(2)) | pairs.similar(np.ones(len(pairs), dtype=bool))
        result[at] = np.where(similar, 1, 2)[inverse]
        group = np.where(postcode == MISSING, 6, np.where(postcode <= 1, 0, 3))
        return np.where(result == MISSING, MISSING, result + group).astype(np.int8)

    def _addresses(self, left: Codes, right: Codes, far: Bools) -> Levels:
        street, at, every = _unequal(self._frame.street, self._street, left, right)
        pairs, inverse = every.distinct()
        street[at] = np.where(pairs.similar_words(), 1, 2)[inverse]
        same_number = self._frame.number.codes[left] == self._frame.number.codes[right]
        result = np.where(street == 2, 3, np.where(same_number, street, 2)) + 4 * far
        return np.where(street == MISSING, MISSING, result).astype(np.int8)

    def _spellings(self, left: Codes, right: Codes) -> Levels:
        """Return the levels of names in mailboxes, where one record has no name and the other has one."""
        result = np.full(len(left), MISSING, dtype=np.int8)
        at = np.flatnonzero(self._is_nameless[left] ^ self._is_nameless[right])
        standard = self._frame.standard
        result[at] = [rules.spelling_level(standard(a), standard(b)) for a, b in zip(left[at], right[at], strict=True)]
        return result


def levels(frame: Frame, left: Codes, right: Codes) -> Levels:
    """Return the levels of each pair of records: one row a pair, one column for each of COMPARISONS."""
    return Comparer(frame).levels(left, right)


def _unequal(column: Column, texts: Texts, left: Codes, right: Codes) -> tuple[Levels, npt.NDArray[np.int64], ValuePairs]:
    """Return levels (0 for equal values, else MISSING), where the values are unequal, and those pairs of values."""
    a, b = column.codes[left], column.codes[right]
    both = (a != NO_VALUE) & (b != NO_VALUE)
    at = np.flatnonzero(both & (a != b))
    levels_ = np.where(both & (a == b), 0, MISSING).astype(np.int8)
    return levels_, at, ValuePairs(texts, texts, a[at], b[at])


class _Dates:
    """Dates of birth, compared as numbers where they are whole."""

    def __init__(self, column: Column) -> None:
        self._codes, self._values = column.codes, column.values
        self._is_whole = np.fromiter((len(date) == _WHOLE_DATE for date in column.values), bool, len(column.values))
        self._digits = _digits(column.values)
        year = self._digits[:, :4].astype(np.int32) @ np.array([1000, 100, 10, 1], dtype=np.int32)
        month, day = (self._digits[:, at].astype(np.int32) * 10 + self._digits[:, at + 1] for at in (5, 8))
        self._parts = (year, month, day)
        self._days = year * 366 + month * 31 + day

    def levels(self, left: Codes, right: Codes) -> Levels:
        """Return the levels of these pairs of records."""
        a, b = self._codes[left], self._codes[right]
        both = (a != NO_VALUE) & (b != NO_VALUE)
        result = np.where(both & (a == b), 0, MISSING).astype(np.int8)
        at = np.flatnonzero(both & (a == b))
        result[at[~self._is_whole[a[at]]]] = 3
        at = np.flatnonzero(both & (a != b))
        whole = self._is_whole[a[at]] & self._is_whole[b[at]]
        result[at[whole]] = self._of_whole(a[at[whole]], b[at[whole]])
        part = at[~whole]
        result[part] = [rules.born_level(x, y) for x, y in zip(self._values[a[part]], self._values[b[part]], strict=True)]
        return result

    def _of_whole(self, a: Codes, b: Codes) -> Levels:
        (year_a, month_a, day_a), (year_b, month_b, day_b) = ([part[codes] for part in self._parts] for codes in (a, b))
        same = (year_a == year_b).astype(np.int8) + (month_a == month_b) + (day_a == day_b)
        swapped = (year_a == year_b) & (month_a == day_b) & (day_a == month_b)
        close = np.abs(self._days[a] - self._days[b]) <= 366
        return np.select([swapped, self._one_edit(a, b), same == 2, close], [1, 2, 4, 5], 6).astype(np.int8)

    def _one_edit(self, a: Codes, b: Codes) -> Bools:
        """Return where one digit differs, or two neighbours are exchanged: of equally long texts no other edit is one."""
        x, y = self._digits[a], self._digits[b]
        unequal = x != y
        count = unequal.sum(axis=1)
        exchanged = (unequal[:, :-1] & unequal[:, 1:] & (x[:, :-1] == y[:, 1:]) & (x[:, 1:] == y[:, :-1])).any(axis=1)
        return np.asarray((count == 1) | ((count == 2) & exchanged))


def _digits(dates: Values) -> npt.NDArray[np.int8]:
    """Return one row of ten characters a date, as numbers; nonsense where it is not whole."""
    padded = np.array([date.ljust(_WHOLE_DATE)[:_WHOLE_DATE] for date in dates], dtype=f"S{_WHOLE_DATE}")
    return (padded.view(np.uint8).reshape(-1, _WHOLE_DATE).astype(np.int16) - ord("0")).astype(np.int8)
