"""The columns that Splink reads: of each record what the levels in SQL compare, its blocking keys, how common its names are.

What can be said of a value alone is said here, once for each distinct one, so that SQL has only pairs to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log2
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mailguard.identity.levels import bare_local, days, is_office, local_letters, postcode_area, spells
from mailguard.identity.nicknames import formal_names
from mailguard.identity.parameters import Frequencies, Parameters
from mailguard.linkage.frame import Codes, Column, Frame
from mailguard.linkage.splink_functions import BETWEEN, pack_mailboxes

ID: Final = "unique_id"
KEYS: Final = "blocking_keys"
GIVEN_BITS: Final = "given_bits"
SURNAME_BITS: Final = "surname_bits"

_TEXTS: Final = pa.list_(pa.string())


def columns_for_splink(frame: Frame, parameters: Parameters, *, owners: Codes, keys: npt.NDArray[np.int64]) -> pa.Table:
    """Return one row a record, `unique_id` its number in the frame. `owners`: the record of each of `keys`, ascending."""
    frequencies = parameters.frequencies
    return pa.table(
        {
            ID: pa.array(np.arange(frame.size, dtype=np.int64)),
            KEYS: _lists(pa.array(keys), owners, frame.size),
            **{name: _strings(getattr(frame, name)) for name in ("given", "surname", "born", "phone", "number", "street")},
            **{name: _strings(getattr(frame, name)) for name in ("city", "postcode")},
            "middle_names": _strings(frame.middle),
            "middle": _of_value(frame.middle, str.split, [], _TEXTS),
            "given_forms": _of_value(frame.given, _forms, [], _TEXTS),
            "surname_forms": _of_value(frame.surname, _forms, [], _TEXTS),
            "joined_surname": _of_value(frame.surname, _joined, "", pa.string()),
            "parts": _of_value(frame.surname, lambda surname: len(surname.split()), 0, pa.int32()),
            "long_parts": _of_value(frame.surname, _long_parts, [], _TEXTS),
            "days": _of_value(frame.born, _days, 0, pa.int32()),
            "postcode_area": _of_value(frame.postcode, postcode_area, "", pa.string()),
            **_mailbox_columns(frame),
            GIVEN_BITS: _of_value(frame.given, _commonness(frequencies["given_name"]), 0.0, pa.float64()),
            SURNAME_BITS: _of_value(frame.surname, _commonness(frequencies["surname"]), 0.0, pa.float64()),
        }
    )


def _mailbox_columns(frame: Frame) -> dict[str, pa.Array]:
    """Return the columns about mailboxes: all of them, and the only one where there is one, which SQL compares itself."""
    boxes = [str(box) for box in frame.mailboxes.values[frame.mailboxes.codes]]
    given, surname = _texts(frame.given)[frame.owners], _texts(frame.surname)[frame.owners]
    spelling = [spells(box, *name) for box, *name in zip(boxes, given, surname, strict=True)]
    letters = [local_letters(box) for box in boxes]
    counts = np.bincount(frame.owners, minlength=frame.size)
    first = np.concatenate(([0], np.cumsum(counts)))[:-1]
    # A database may count octets where we count characters: what is not ASCII is left to Python.
    alone = [at if count == 1 and boxes[at].isascii() else -1 for at, count in zip(first, counts, strict=True)]
    own = [slice(at, at + count) for at, count in zip(first, counts, strict=True)]
    return {
        "letters": pa.array([[text for text in letters[at] if len(text) > 1] for at in own], _TEXTS),
        "mailbox_list": pa.array([BETWEEN.join(boxes[at]) for at in own], pa.string()),
        "spelt_mailboxes": pa.array([pack_mailboxes(boxes[at], spelling[at]) for at in own], pa.string()),
        "mailbox": pa.array(["" if at < 0 else boxes[at] for at in alone], pa.string()),
        "local": pa.array(["" if at < 0 else bare_local(boxes[at]) for at in alone], pa.string()),
        "is_name": pa.array([at >= 0 and spelling[at] for at in alone], pa.bool_()),
        "is_office": pa.array([at >= 0 and is_office(boxes[at]) for at in alone], pa.bool_()),
    }


def _strings(column: Column) -> pa.Array:
    return _of_value(column, str, "", pa.string())


def _of_value(column: Column, function: Callable[[str], Any], missing: Any, kind: pa.DataType) -> pa.Array:
    """Return for each record `function` of its value, `missing` where it has none."""
    values = pa.array([*map(function, column.values), missing], kind)
    return values.take(pa.array(np.where(column.codes < 0, len(column.values), column.codes)))


def _texts(column: Column) -> npt.NDArray[Any]:
    return np.append(column.values, "")[column.codes]


def _lists(values: pa.Array, owners: Codes, size: int) -> pa.Array:
    ends = np.searchsorted(owners, np.arange(size + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), values)


def _forms(name: str) -> Sequence[str]:
    return sorted({name, *formal_names(name)})


def _joined(surname: str) -> str:
    return surname.replace(" ", "")


def _long_parts(surname: str) -> list[str]:
    return [part for part in surname.split() if len(part) > 2]


def _days(born: str) -> int:
    return days(born) if len(born) == len("YYYY-MM-DD") else 0


def _commonness(frequencies: Frequencies) -> Callable[[str], float]:
    """Return how much commoner than the average of those that agree a value is, in bits; initials agree by another level."""
    return lambda value: log2(frequencies.of(value) / frequencies.mean) if len(value) > 1 else 0.0
