"""The levels of mailboxes of many pairs of records at once, by the rules of `identity.levels`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mailguard.identity import levels as rules
from mailguard.identity.levels import MISSING
from mailguard.linkage.comparing_names import with_empty
from mailguard.linkage.frame import Bools, Codes, Column, Frame, Levels
from mailguard.linkage.value_pairs import Texts, ValuePairs

_DIFFERENT = 7


class _Part:
    """One part of each mailbox of a frame, by the mailbox's place in it."""

    def __init__(self, frame: Frame, parts: list[str]) -> None:
        column = Column.of(parts)
        self.texts, self.codes = Texts(column.values), column.codes[frame.mailboxes.codes]

    def equal(self, a: Codes, b: Codes) -> Bools:
        """Return where the parts are equal."""
        return np.asarray(self.codes[a] == self.codes[b])

    def pairs(self, a: Codes, b: Codes) -> ValuePairs:
        """Return the parts as pairs of texts."""
        return ValuePairs(self.texts, self.texts, self.codes[a], self.codes[b])

    def lengths(self, places: Codes) -> npt.NDArray[np.int16]:
        """Return how long the parts are."""
        return self.texts.lengths[self.codes[places]]


class MailboxComparer:
    """The mailboxes of one frame, ready to be compared."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._starts = np.searchsorted(frame.owners, np.arange(frame.size + 1))
        self._whole = Texts(frame.mailboxes.values)
        parts = [mailbox.rpartition("@")[::2] for mailbox in frame.mailboxes.values]
        self._local = _Part(frame, [local for local, _ in parts])
        self._domain = _Part(frame, [domain for _, domain in parts])
        self._letters = _Part(frame, [rules.bare_local(mailbox) for mailbox in frame.mailboxes.values])

    def levels(self, left: Codes, right: Codes) -> Levels:
        """Return the level of the nearest two mailboxes of each pair of records."""
        count = np.diff(self._starts)
        many = count[left] * count[right]
        at = np.flatnonzero(many)
        pair = np.repeat(at, many[at])
        nth = np.arange(len(pair)) - np.repeat(np.cumsum(many[at]) - many[at], many[at])
        a = self._starts[left[pair]] + nth // count[right[pair]]
        b = self._starts[right[pair]] + nth % count[right[pair]]
        best = np.full(len(left), _DIFFERENT + 1, dtype=np.int8)
        np.minimum.at(best, pair, self._of_entries(a, b))
        return np.where(many > 0, best, np.int8(MISSING))

    def _of_entries(self, a: Codes, b: Codes) -> Levels:
        """Return the levels of single mailboxes, by their places in the frame."""
        codes = self._frame.mailboxes.codes
        equal, same_letters = codes[a] == codes[b], self._letters.equal(a, b)
        office, is_name = np.zeros(len(a), dtype=bool), np.zeros(len(a), dtype=bool)
        at = np.flatnonzero(same_letters)
        office[at] = self._is_office(codes[a[at]])
        is_name[at] = self._is_name(a[at]) | self._is_name(b[at])
        edit = ValuePairs(self._whole, self._whole, codes[a], codes[b]).one_edit(~equal & self._may_be_one_edit(a, b))
        similar = self._letters.pairs(a, b).similar(~edit & ~same_letters)
        return np.select(
            [equal & office, equal & is_name, equal, edit, same_letters & is_name, same_letters & ~office, similar],
            [2, 1, 0, 3, 5, 4, 6],
            _DIFFERENT,
        ).astype(np.int8)

    def _may_be_one_edit(self, a: Codes, b: Codes) -> Bools:
        """Return where one edit may lie between: it leaves the local part or the domain, or moves the @ by one."""
        moved = np.abs(self._local.lengths(a) - self._local.lengths(b)) == 1
        moved &= self._domain.lengths(a) != self._domain.lengths(b)
        return np.asarray(self._local.equal(a, b) | self._domain.equal(a, b) | moved)

    def _is_office(self, codes: Codes) -> Bools:
        """Return which mailboxes are an office's, by their codes."""
        known = np.zeros(len(self._frame.mailboxes.values), dtype=bool)
        asked = np.unique(codes)
        known[asked] = [rules.is_office(mailbox) for mailbox in self._frame.mailboxes.values[asked]]
        return known[codes]

    def _is_name(self, places: Codes) -> Bools:
        """Return where a local part is no more than its owner's name, by the mailboxes' places in the frame."""
        frame, asked = self._frame, np.unique(places)
        known = np.zeros(len(frame.owners), dtype=bool)
        owners = frame.owners[asked]
        letters = self._letters.texts.values[self._letters.codes[asked]]
        given = with_empty(frame.given)[frame.given.codes[owners]]
        surname = with_empty(frame.surname)[frame.surname.codes[owners]]
        known[asked] = [
            rules.is_spelling(text, one, other.replace(" ", ""))
            for text, one, other in zip(letters, given, surname, strict=True)
        ]
        return known[places]
