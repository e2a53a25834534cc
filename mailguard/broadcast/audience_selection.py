"""Which row of each person goes out, over the whole audience: one of many, by hashes, whatever the order of the pieces.

Kept is the row that the relay would let through, rather one whose mailbox is on record, rather the first. At one's own domains
each mailbox is kept, unless the person has one elsewhere: the mail that went there would be a repeat of the first.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from mailguard.broadcast.audience_judging import MAILBOX_OCTETS, PERSON_OCTETS, Judged, Rank, key_of

_RANK_SHIFT: Final = 40
"""Rows that an audience may have, in bits: a rank and a row are one number, compared as one."""


@dataclass(frozen=True, slots=True)
class Selection:
    """An octet a row: CLEAN, or why it is left out. `doubted`: rows that may be of a person whom another row has too.

    `digest`: 16 octets of the clean mailboxes, whatever their order.
    """

    fates: bytes
    doubted: frozenset[int]
    mailboxes: int
    persons: int
    clean: int
    duplicates: int
    digest: bytes


class Fate:
    """What becomes of a row. Of what is STOPPED or INVALID its own codes say why; SECOND is of a person twice there."""

    CLEAN: Final = 0
    STOPPED: Final = 1
    INVALID: Final = 2
    SECOND: Final = 3


class Selecting:
    """Takes pieces in order, and chooses once all are there. Costs 25 octets a row, and while it chooses 200 a person."""

    def __init__(self) -> None:
        self._persons = array("Q")
        self._mailboxes = bytearray()
        self._ranks = bytearray()
        self._maybe: list[tuple[int, int]] = []

    def add(self, judged: Judged) -> None:
        """Take the next piece."""
        begin = len(self._ranks)
        self._maybe += [(begin + at, _number(person)) for at, person in judged.maybe]
        self._persons.frombytes(judged.persons)
        self._mailboxes += judged.mailboxes
        self._ranks += judged.ranks

    def choose(self, doubted: Iterable[tuple[str, str]]) -> Selection:
        """Return what becomes of each row. `doubted`: pairs of persons whom a clerk is asked about."""
        best = self._best()
        fates, keys, more = self._fates(best)
        valid = len(self._ranks) - self._ranks.count(Rank.INVALID)
        return Selection(
            bytes(fates),
            self._doubted(best, doubted),
            mailboxes=self._count_mailboxes(),
            persons=len(best),
            clean=len(keys),
            duplicates=valid - len(best) + more,
            digest=_digest(keys),
        )

    def _best(self) -> dict[int, int]:
        """Person → rank and row of the fittest, as one number."""
        best: dict[int, int] = {}
        for row, (person, rank) in enumerate(zip(self._persons, self._ranks, strict=True)):
            if rank != Rank.INVALID:
                fitness = rank << _RANK_SHIFT | row
                if best.get(person, fitness) >= fitness:
                    best[person] = fitness
        return best

    def _fates(self, best: dict[int, int]) -> tuple[bytearray, set[bytes], int]:
        """The fate of each row, the hashes of the clean mailboxes, and by how many rows the duplicates are more.

        More than the rows beyond each person's first: a mailbox of several persons is written to once. Less: own mailboxes of
        one person are each written to.
        """
        fates = bytearray(len(self._ranks))
        keys: set[bytes] = set()
        more = 0
        for row, (person, rank) in enumerate(zip(self._persons, self._ranks, strict=True)):
            if rank == Rank.INVALID:
                fates[row] = Fate.INVALID
            elif rank >= Rank.UNFIT:
                fates[row] = Fate.STOPPED
            elif best[person] == rank << _RANK_SHIFT | row or best[person] >> _RANK_SHIFT == rank == Rank.OWN:
                key, is_first = self._key(row), best[person] == rank << _RANK_SHIFT | row
                fates[row] = Fate.SECOND if key in keys else Fate.CLEAN
                more += (key in keys) - (not is_first)
                keys.add(key)
            else:
                fates[row] = Fate.SECOND
        return fates, keys, more

    def _key(self, row: int) -> bytes:
        return bytes(self._mailboxes[row * MAILBOX_OCTETS : (row + 1) * MAILBOX_OCTETS])

    def _count_mailboxes(self) -> int:
        return len({self._key(row) for row, rank in enumerate(self._ranks) if rank != Rank.INVALID})

    def _doubted(self, best: dict[int, int], doubted: Iterable[tuple[str, str]]) -> frozenset[int]:
        """Rows of persons who may be one with another of the audience."""
        pairs = ((_key_number(one), _key_number(other)) for one, other in doubted)
        persons = {person for pair in pairs if pair[0] in best and pair[1] in best for person in pair}
        meant = Counter(person for _, person in self._maybe)
        rows = {row for row, person in self._maybe if person in best or meant[person] > 1}
        persons |= {person for person in meant if person in best}
        return frozenset(rows | {row for row, person in enumerate(self._persons) if person in persons} if persons else rows)


def _number(key: bytes) -> int:
    return array("Q", key)[0]


def _key_number(person: str) -> int:
    return _number(key_of(person, PERSON_OCTETS))


def _digest(keys: Iterable[bytes]) -> bytes:
    whole = blake2b(digest_size=16)
    for key in sorted(keys):
        whole.update(key)
    return whole.digest()
