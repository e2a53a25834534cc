"""Answers that contradict each other, as a command or the screen says it."""

from __future__ import annotations

from mailguard.identity.clerical import question_id
from mailguard.store.partition import Regrouped


def conflicts_of(regrouped: Regrouped) -> tuple[str, ...]:
    """The ids of the pairs that were said to be the same, and cannot be beside other answers."""
    return tuple(question_id(pair) for pair in regrouped.conflicts)


def contradiction(id: str) -> str:
    """The sentence about one of them."""
    return f"{id} was said to be the same, and other answers say different: look at it again"
