"""mailguard.cli.review.difference: where two values of one field differ, letter by letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.cli.review.difference import Difference, Piece, Sign, difference, equal


def marked(pieces: tuple[Piece, ...]) -> str:
    """The value with what is marked in brackets."""
    return "".join(f"[{piece.text}]" if piece.is_marked else piece.text for piece in pieces)


def shown(left: str, right: str, *, in_order: bool = True) -> tuple[str, str, str]:
    found = difference(left, right, in_order=in_order)
    return found.sign, marked(found.left), marked(found.right)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("London", "Londen", ("≈", "Lond[o]n", "Lond[e]n")),
        ("Lovelace", "Lovelac", ("≈", "Lovelac[e]", "Lovelac")),
        ("1815-12-10", "1815-10-12", ("≈", "1815-1[2]-1[0]", "1815-1[0]-1[2]")),
        ("SW1Y 4JH", "sw1y4jh", ("=", "SW1Y 4JH", "sw1y4jh")),
        ("山田太郎", "山田次郎", ("≈", "山田[太]郎", "山田[次]郎")),
        ("Jose\u0301", "Jose", ("≈", "Jos[é]", "Jos[e]")),
        ("q\u0323x", "qx", ("≈", "[q\u0323]x", "[q]x")),
        ("London", "Paris", ("≠", "London", "Paris")),
        ("London", "", (" ", "London", "")),
        ("", "", (" ", "", "")),
    ],
)
def test_values_are_compared_letter_by_letter(left: str, right: str, expected: tuple[str, str, str]) -> None:
    assert shown(left, right) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Ada Lovelace", "LOVELACE, Ada", ("=", "Ada Lovelace", "LOVELACE, Ada")),
        ("Ada Lovelace", "Lovelase, Adda", ("≈", "Ada Lovela[c]e", "Lovela[s]e, Ad[d]a")),
        ("J. Doe", "Jane Doe", ("≈", "J. Doe", "J[ane] Doe")),
        ("Doe, J.", "Doe", ("≈", "Doe, [J].", "Doe")),
        ("Anna Anna", "Anna", ("≈", "Anna [Anna]", "Anna")),
        ("12 St. James Square, 2nd floor on the left", "12 Saint James Square", None),
        ("Ada Lovelace", "Bob Smith", ("≠", "Ada Lovelace", "Bob Smith")),
    ],
)
def test_words_may_stand_in_another_order(left: str, right: str, expected: tuple[str, str, str] | None) -> None:
    found = shown(left, right, in_order=False)
    assert found == expected or (expected is None and found[0] == "≈")


def test_what_is_known_to_mean_the_same_is_not_marked() -> None:
    assert equal("10.12.1815", "1815-12-10") == Difference(Sign.EQUAL, (Piece("10.12.1815"),), (Piece("1815-12-10"),))


TEXT = st.text("abAB é́山ع,. 1", max_size=12)


@given(TEXT, TEXT, st.booleans())
def test_no_letter_is_lost_and_only_variants_are_marked(left: str, right: str, in_order: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    found = difference(left, right, in_order=in_order)
    if found.sign is not Sign.ALIKE:
        assert ("".join(piece.text for piece in found.left), "".join(piece.text for piece in found.right)) == (left, right)
    assert any(piece.is_marked for piece in (*found.left, *found.right)) is (found.sign is Sign.ALIKE)
