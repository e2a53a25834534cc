"""What Splink's engines call on in Python: functions of columns of pairs of records, some thousand pairs at a time.

DuckDB compares in SQL (`splink_levels`) and calls for what SQL has no word for; Spark's workers call for the whole comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from mailguard.identity.levels import COMPARISONS, mailbox_level
from mailguard.linkage.comparing import levels
from mailguard.linkage.frame import Frame

PAIR_LEVELS: Final = "pair_levels"
COMPARED: Final = ("given", "middle_names", "surname", "born", "phone", "number", "street", "city", "postcode", "mailbox_list")
"""The columns of a record, all of them texts, that `pair_levels` takes: first one record's, then the other's."""

BETWEEN: Final = "\n"
"""Between two mailboxes of a text."""

_SPELLS_NAME: Final = "\t"
_DIFFERENT: Final = COMPARISONS[4].levels.index("different")
_FIRST_LEVEL: Final = ord("a")
NO_LEVEL: Final = "-"


def pair_levels(left: Mapping[str, Sequence[str]], right: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the levels of pairs of records, given by column of COMPARED, as one text each: a character a comparison."""
    count = len(left["given"])
    both = {name: [*left[name], *right[name]] for name in COMPARED}
    mailboxes = [text.split(BETWEEN) if text else [] for text in both.pop("mailbox_list")]
    frame = Frame.of_columns(
        both | {"middle": both.pop("middle_names")},
        mailboxes=[box for own in mailboxes for box in own],
        owners=np.repeat(np.arange(2 * count, dtype=np.int32), [len(own) for own in mailboxes]),
    )
    records = np.arange(2 * count, dtype=np.int32)
    found = levels(frame, records[:count], records[count:])
    return ["".join(map(letter_of, row)) for row in found.tolist()]


def letter_of(level: int) -> str:
    """Return the character for a level of `pair_levels`."""
    return NO_LEVEL if level < 0 else chr(_FIRST_LEVEL + level)


def street_likenesses(a: Sequence[str], b: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the token sort ratio of each two streets, in percent."""
    return process.cpdist(a, b, scorer=fuzz.token_sort_ratio, dtype=np.float64)


def mailbox_levels(a: Iterable[str], b: Iterable[str]) -> npt.NDArray[np.int32]:
    """Return the level of each two records' mailboxes, made by `pack_mailboxes`."""
    return np.fromiter(map(_mailbox_level, a, b), dtype=np.int32)


def pack_mailboxes(mailboxes: Iterable[str], spells_name: Iterable[bool]) -> str:
    """Return a record's mailboxes as one text, each with whether it is no more than the record's name."""
    return BETWEEN.join(f"{box}{_SPELLS_NAME * spells}" for box, spells in zip(mailboxes, spells_name, strict=True))


def _mailbox_level(a: str, b: str) -> int:
    return min(
        (mailbox_level(x, y, is_name=named or also) for x, named in _unpack(a) for y, also in _unpack(b)), default=_DIFFERENT
    )


@lru_cache(maxsize=65536)
def _unpack(packed: str) -> tuple[tuple[str, bool], ...]:
    return tuple((text.rstrip(_SPELLS_NAME), text.endswith(_SPELLS_NAME)) for text in packed.split(BETWEEN) if text)
