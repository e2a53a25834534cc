"""mailguard.identity.nicknames: which given names are one name."""

from __future__ import annotations

import pytest

from mailguard.identity.nicknames import formal, formal_names, is_nickname, is_short


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("bob", "robert"),
        ("robert", "robert"),
        ("bill", "william"),
        ("liz", "elizabeth"),
        ("hans", "johannes"),
        ("sasha", "alexander"),
        ("ellen", "ellen"),
        ("jane", "jane"),
        ("abby", "abigale"),
        ("maddie", "madeline"),
        ("qwertz", "qwertz"),
        ("", ""),
    ],
)
def test_a_nickname_stands_for_its_formal_name(given: str, expected: str) -> None:
    assert formal(given) == expected


@pytest.mark.parametrize(
    ("given", "other"), [("bob", "robert"), ("robert", "bob"), ("bob", "rob"), ("pepe", "jose"), ("liz", "beth")]
)
def test_nicknames_of_one_name(given: str, other: str) -> None:
    assert is_nickname(given, other)


@pytest.mark.parametrize(("given", "other"), [("ada", "ada"), ("jane", "robert"), ("qwertz", "robert"), ("", "bob")])
def test_no_nicknames(given: str, other: str) -> None:
    assert not is_nickname(given, other)


def test_the_formal_names_of_a_name_are_told() -> None:
    assert "robert" in formal_names("bob")
    assert formal_names("qwertz") == frozenset()
    assert is_short("bob")
    assert not is_short("qwertz")
