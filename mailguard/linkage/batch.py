"""The linkage of a whole table in one go: candidate pairs, levels, parameters, weights. Knows no database, no persons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mailguard.identity.model import Model
from mailguard.identity.parameters import Parameters
from mailguard.linkage.blocking import candidate_pairs
from mailguard.linkage.comparing import Comparer
from mailguard.linkage.frame import Bools, Codes, Frame, Levels
from mailguard.linkage.learning import learn
from mailguard.linkage.scoring import Bits, heavy
from mailguard.store.collector import still

LEAST: Final = -7.0
"""Bits: pairs of less weight (p < .008) are not kept; no threshold that anybody sets lies there."""


@dataclass(frozen=True, slots=True)
class Linked:
    """Of `candidate_pairs` compared, those worth keeping: left < right, ascending, with weights in bits."""

    parameters: Parameters
    left: Codes
    right: Codes
    weights: Bits
    levels: Levels
    candidate_pairs: int


def link_frame(
    frame: Frame,
    parameters: Parameters | None = None,
    *,
    new: Bools | None = None,
    population: int | None = None,
    least: float = LEAST,
) -> Linked:
    """Return the scored pairs of a frame, by parameters learnt from it where none are given.

    `new`: only pairs with one of these records. `population`: the table's size where the frame is a part of it.
    """
    with still():
        left, right = candidate_pairs(frame, new=new)
        comparer = Comparer(frame)
        levels = comparer.levels(left, right)
        used = parameters or learn(frame, candidates=(left, right, levels), comparer=comparer)
        model = Model(used, frame.size if population is None else population)
        places, weights = heavy(frame, left, levels=levels, model=model, least=least)
    return Linked(used, left[places], right[places], weights, levels[places], len(left))
