"""mailguard.linkage.splink_functions: what Splink's engines call on in Python."""

from __future__ import annotations

import pytest

from mailguard.identity.levels import compare, email_level
from mailguard.identity.standard import Standard
from mailguard.linkage.splink_functions import (
    BETWEEN,
    COMPARED,
    letter_of,
    mailbox_levels,
    pack_mailboxes,
    pair_levels,
    street_likenesses,
)
from tests.unit.linkage.pairs import standards

LEFT, RIGHT = list(standards(400, 1)), list(standards(400, 2))


def columns(given: list[Standard]) -> dict[str, list[str]]:
    texts = {name: [str(getattr(one, name)) for one in given] for name in COMPARED if hasattr(Standard, name)}
    middle = [one.middle for one in given]
    return texts | {"middle_names": middle, "mailbox_list": [BETWEEN.join(one.mailboxes) for one in given]}


def test_levels_of_pairs_are_those_of_each_pair() -> None:
    expected = ["".join(map(letter_of, compare(a, b))) for a, b in zip(LEFT, RIGHT, strict=True)]
    assert pair_levels(columns(LEFT), columns(RIGHT)) == expected


def test_no_pairs_have_no_levels() -> None:
    assert pair_levels(columns([]), columns([])) == []


@pytest.mark.parametrize(("level", "letter"), [(-1, "-"), (0, "a"), (8, "i")])
def test_a_level_is_one_character(level: int, letter: str) -> None:
    assert letter_of(level) == letter


def test_mailboxes_are_compared_with_whose_they_are() -> None:
    bob, other = Standard(given="bob", mailboxes=("bob@x.example", "b@x.example")), Standard(mailboxes=("bob@y.example",))
    packed = pack_mailboxes(bob.mailboxes, [True, False]), pack_mailboxes(other.mailboxes, [False])
    assert mailbox_levels([packed[0]], [packed[1]]).tolist() == [email_level(bob, other)]


def test_streets_are_alike_in_any_order_of_words() -> None:
    assert street_likenesses(["rope walk", "rope walk"], ["walk rope", "high st"]).tolist()[0] == 100.0
    assert street_likenesses(["rope walk"], ["high st"]).tolist()[0] < 50.0
