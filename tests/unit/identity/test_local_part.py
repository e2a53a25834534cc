"""mailguard.identity.local_part: what a local part spells, and which are an office's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.identity.local_part import NO_SPELLING, Spelling, is_role, spelling


@pytest.mark.parametrize(
    ("local_part", "expected"),
    [
        ("j.doe", Spelling(("j", "doe"), "jdoe")),
        ("doe.jane83", Spelling(("doe", "jane"), "doejane")),
        ("jane_doe", Spelling(("jane", "doe"), "janedoe")),
        ("JaneDoe1983", Spelling(("janedoe",), "janedoe")),
        ("jane.doe+shop", Spelling(("jane", "doe"), "janedoe")),
        ("jörg", Spelling(("jorg",), "jorg")),
        ("12345", Spelling((), "")),
        ("info", NO_SPELLING),
        ("", NO_SPELLING),
    ],
)
def test_what_a_local_part_spells(local_part: str, expected: Spelling) -> None:
    assert spelling(local_part) == expected


@pytest.mark.parametrize(
    "local_part", "info office sales no-reply noreply+x support-team Kontakt info.berlin customer.service hr mail jobs".split()
)
def test_an_office(local_part: str) -> None:
    assert is_role(local_part)


@pytest.mark.parametrize("local_part", ["jane", "j.doe", "steve.jobs", "jobs.steve", "hi.jane", "informer", "123", ""])
def test_no_office(local_part: str) -> None:
    assert not is_role(local_part)


@given(st.text(max_size=200))
def test_any_text_spells_letters(text: str) -> None:
    spelt = spelling(text)
    assert all(part.isascii() and part.isalpha() for part in spelt.parts)
    assert len(spelt.joined) <= 256
