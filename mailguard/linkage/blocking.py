"""Candidate pairs of a whole table: two records that share a value of a pass of `identity.blocking`, each pair once.

The values are those of `identity.blocking`, made column by column from its functions of one field, once for each distinct
value, and joined as numbers. A value that more than MOST records share says too little to compare them all; they meet by
another pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from mailguard.identity import blocking as rules
from mailguard.linkage.frame import NO_VALUE, Bools, Codes, Column, Frame

MOST: Final = 40
"""Records that may share a value."""
MOST_OF_A_NAME: Final = 12
"""Records that may share a value that is made of names alone: a name that more have cannot tell who is meant."""
_OF_NAMES: Final = frozenset({"sounds", "letters", "local_part"})

Keys = npt.NDArray[np.int64]
Entries = tuple[Keys, Codes]
"""Numbers of values, NO_VALUE for none, and the records that have them."""


def candidate_pairs(frame: Frame, *, new: Bools | None = None) -> tuple[Codes, Codes]:
    """Return the pairs (left < right, ascending) that share a value; with `new`, those of which one is new at least."""
    found = [
        pairs_of(entries, size=frame.size, most=most_of(name), new=new)
        for name, entries in zip(rules.PASSES, pass_entries(frame), strict=True)
    ]
    pairs = _distinct(np.concatenate(found))
    del found
    size = max(frame.size, 1)
    return (pairs // size).astype(np.int32), (pairs % size).astype(np.int32)


def most_of(name: str) -> int:
    """Return how many records may share a value of the pass of this name."""
    return MOST_OF_A_NAME if name in _OF_NAMES else MOST


def pairs_of(entries: Entries, *, size: int, most: int, new: Bools | None = None) -> Keys:
    """Return the pairs of records within each value that at most `most` share, each as left * size + right."""
    keys, records = entries
    held = keys != NO_VALUE
    numbers, values = pd.factorize(keys[held])
    joined = _distinct(numbers.astype(np.int64) * size + records[held])
    value, record = joined // max(size, 1), joined % max(size, 1)
    count = np.bincount(value, minlength=len(values))
    kept = (count[value] <= most) & (count[value] > 1)
    value, record = value[kept], record[kept]
    return _neighbours(value, record, size=size, new=new)


def _neighbours(value: Keys, record: Keys, *, size: int, new: Bools | None) -> Keys:
    """Return all pairs of records with one value, by their distance in the list, which is sorted by value and record."""
    found = [np.empty(0, dtype=np.int64)]
    start = np.arange(len(value))
    for distance in range(1, len(value)):
        start = start[start + distance < len(value)]
        start = start[value[start] == value[start + distance]]
        if not len(start):
            break
        left, right = record[start], record[start + distance]
        wanted = np.flatnonzero(new[left] | new[right]) if new is not None else slice(None)
        found.append(left[wanted] * size + right[wanted])
    return np.concatenate(found)


def _distinct(numbers: Keys) -> Keys:
    """Return the numbers in order, each once."""
    numbers.sort()
    return numbers[np.append(True, numbers[1:] != numbers[:-1])] if len(numbers) else numbers


def pass_entries(frame: Frame) -> Iterator[Entries]:
    """Yield the values of each of identity.blocking.PASSES, in that order."""
    spelt = _spelt(frame)
    given, surname, other = _shared(
        frame.given.map(rules.given_sound),
        frame.surname.map(lambda text: next(iter(rules.surname_sounds(text)), "")),
        frame.surname.map(lambda text: " ".join(rules.surname_sounds(text)[1:])),
    )
    places = _shared(frame.postcode, frame.city.map(rules.place_sound))
    house = _pair(frame.number.codes, frame.street.map(rules.street_start))
    month = frame.born.map(lambda born: born[:7] if len(born) >= len("YYYY-MM") else "").codes
    day = frame.born.map(lambda born: born if len(born) == len("YYYY-MM-DD") else "").codes
    yield _entries([(column, owners) for column, owners in spelt["mailbox"]])
    yield _entries([_everyone(frame.phone.map(rules.last_digits))])
    yield _entries([_everyone(_composed(given, name, rules.in_any_order)) for name in (surname, other)] + spelt["sounds"])
    yield _entries([_everyone(column) for column in _letters(frame)])
    yield _numbers([_pair(day, letter) for letter in _initials(frame)])
    yield _numbers([_pair(month, sound) for sound in (given, surname)])
    yield _numbers([_pair(day, place) for place in places])
    yield _numbers([_pair(sound.codes, place) for sound in (given, surname) for place in places])
    yield _numbers([_pair(house, place) for place in places])
    yield _entries([_everyone(column) for column in _local_parts(frame)] + spelt["local_part"])


Owned = tuple[Column, Codes]
"""A column whose rows belong to these records."""


def _everyone(column: Column) -> Owned:
    return column, np.arange(len(column.codes), dtype=np.int32)


def _entries(owned: Sequence[Owned]) -> Entries:
    """Return the entries of several columns in one numbering."""
    columns = _shared(*(column for column, _ in owned))
    return np.concatenate([column.codes for column in columns]).astype(np.int64), np.concatenate(
        [owners for _, owners in owned]
    )


def _numbers(keys: Sequence[Keys]) -> Entries:
    """Return the entries of several arrays, each with one number a record."""
    return np.concatenate(keys), np.tile(np.arange(len(keys[0]), dtype=np.int32), len(keys))


def _shared(*columns: Column) -> list[Column]:
    """Return the columns with one numbering of their values."""
    codes, values = pd.factorize(np.concatenate([column.values for column in columns]))
    held = np.asarray(values, dtype=object)
    parts = np.split(codes.astype(np.int32), np.cumsum([len(column.values) for column in columns])[:-1])
    return [
        Column(np.append(part, np.int32(NO_VALUE))[column.codes], held) for part, column in zip(parts, columns, strict=True)
    ]


def _pair(one: Codes | Keys, other: Column) -> Keys:
    """Return a number for each number and value, NO_VALUE where one of them is."""
    whole = one.astype(np.int64) * max(len(other.values), 1) + other.codes
    return np.where((one == NO_VALUE) | (other.codes == NO_VALUE), NO_VALUE, whole)


def _composed(one: Column, other: Column, function: Callable[[str, str], str]) -> Column:
    """Return the column of `function` of two columns' values, where there are both."""
    numbers, pairs = pd.factorize(_pair(one.codes, other))
    width = max(len(other.values), 1)
    texts = ["" if pair == NO_VALUE else function(one.values[pair // width], other.values[pair % width]) for pair in pairs]
    made = Column.of(texts)
    return Column(made.codes[numbers], made.values)


def _letters(frame: Frame) -> list[Column]:
    given = frame.given.map(lambda text: text[:3] if len(text) > 1 else "")
    surname = frame.surname.map(lambda text: text.replace(" ", "")[:3])
    return [_composed(given, surname, rules.in_any_order)]


def _initials(frame: Frame) -> list[Column]:
    return _shared(
        frame.given.map(lambda text: text[:1]),
        frame.given.map(lambda text: "".join(rules.initials(text)[1:])),
        frame.surname.map(lambda text: text[:1]),
    )


def _local_parts(frame: Frame) -> list[Column]:
    """Return what the names would give as a local part."""
    surname = frame.surname.map(lambda text: text.replace(" ", ""))
    long = frame.given.map(lambda text: text if len(text) > 1 else "")
    return [
        _composed(frame.given.map(lambda text: text[:1]), surname, str.__add__),
        _composed(frame.given.map(lambda text: "".join(rules.initials(text)[1:])), surname, str.__add__),
        _composed(long, surname, str.__add__),
        _composed(long, surname.map(lambda text: text[:1]), str.__add__),
    ]


def _spelt(frame: Frame) -> dict[str, list[Owned]]:
    """Return by pass what the mailboxes spell, and whose each is."""
    nth = np.arange(len(frame.owners)) - np.searchsorted(frame.owners, frame.owners)
    first = nth < rules.MOST_MAILBOXES
    codes, owners = frame.mailboxes.codes[first], frame.owners[first]
    texts: list[tuple[list[int], list[str]]] = [([], []) for _ in rules.PASSES]
    for code, mailbox in enumerate(frame.mailboxes.values):
        for index, value in rules.mailbox_values(mailbox):
            texts[index][0].append(code)
            texts[index][1].append(value)
    return {
        name: [_owned(np.array(held), values, codes, owners)] for name, (held, values) in zip(rules.PASSES, texts, strict=True)
    }


def _owned(held: Keys, values: list[str], codes: Codes, owners: Codes) -> Owned:
    """Return the values of mailboxes, `held` being the code of each one's mailbox, for each owner of each mailbox."""
    column = Column.of(values)
    start, stop = np.searchsorted(held, codes), np.searchsorted(held, codes, side="right")
    count = stop - start
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return Column(column.codes[np.repeat(start, count) + within], column.values), np.repeat(owners, count)
