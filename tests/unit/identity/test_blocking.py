"""mailguard.identity.blocking: who may be one person shares a key, and no key is made of nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.identity.blocking import PASSES, blocking_keys, blocking_values, key_of, mailbox_values, sound
from mailguard.identity.record import Record
from mailguard.identity.standard import Standard
from mailguard.identity.standardise import standardise

JANE = Standard(
    given="jane",
    surname="doe",
    born="1983-04-12",
    phone="+442071838750",
    number="30",
    street="oak av",
    city="leeds",
    postcode="po181wu",
    mailboxes=("jane.doe@shop.example",),
)
_NAMES = st.from_regex(r"[a-z]{1,12}", fullmatch=True) | st.just("")
_STANDARDS = st.builds(
    Standard,
    given=_NAMES,
    middle=_NAMES,
    surname=st.lists(_NAMES.filter(bool), max_size=3).map(" ".join),
    born=st.sampled_from(["", "1983", "1983-04", "1983-04-12"]),
    phone=st.sampled_from(["", "+442071838750", "12345"]),
    number=st.sampled_from(["", "12a"]),
    street=_NAMES,
    city=_NAMES,
    postcode=st.sampled_from(["", "12345"]),
    mailboxes=st.lists(st.from_regex(r"[a-z0-9._]{1,12}@x\.example", fullmatch=True), max_size=6).map(tuple),
)


def _passes(a: Standard, b: Standard) -> set[str]:
    return {PASSES[index] for index, _ in set(blocking_values(a)) & set(blocking_values(b))}


def test_a_full_record_is_in_every_pass() -> None:
    assert {PASSES[index] for index, _ in blocking_values(JANE)} == set(PASSES)


def test_nothing_makes_no_key() -> None:
    assert blocking_keys(Standard()) == ()


@given(_STANDARDS)
def test_no_value_is_of_an_empty_field(standard: Standard) -> None:
    values = blocking_values(standard)
    assert len(set(values)) == len(values) <= 60
    for index, value in values:
        assert 0 <= index < len(PASSES)
        assert value
        assert value == value.strip()
        assert "  " not in value


@given(_STANDARDS)
def test_keys_are_signed_64_bit_and_the_same_each_time(standard: Standard) -> None:
    keys = blocking_keys(standard)
    assert keys == tuple(key_of(index, value) for index, value in blocking_values(standard))
    assert all(-(2**63) <= key < 2**63 for key in keys)


def test_a_key_stays_what_it_is_from_version_to_version() -> None:
    assert key_of(0, "jane.doe@shop.example") == -2675652198686920031


@given(st.from_regex(r"[a-z]{2,12}", fullmatch=True), st.from_regex(r"[a-z]{2,12}", fullmatch=True))
def test_swapped_names_share_a_key(given_name: str, surname: str) -> None:
    assert _passes(Standard(given=given_name, surname=surname), Standard(given=surname, surname=given_name)) & {
        "letters",
        "sounds",
    }


@pytest.mark.parametrize(
    "local_part",
    ["jane.doe", "doe.jane83", "jane_doe", "janedoe", "j.doe", "jdoe", "doej", "doe.j", "janed", "jane.d", "jane.doe7"],
)
def test_a_local_part_that_spells_a_name_finds_who_has_it(local_part: str) -> None:
    named = Standard(given="jane", surname="doe")
    assert _passes(Standard(mailboxes=(f"{local_part}@other.example",)), named)


def test_a_name_and_a_mailbox_find_the_same_name() -> None:
    assert _passes(
        Standard(given="bob", surname="smith", mailboxes=("x@y.example",)), Standard(given="robert", surname="smyth")
    )


@pytest.mark.parametrize(
    ("other", "by"),
    [
        (Standard(mailboxes=("jane.doe@shop.example",)), "mailbox"),
        (Standard(phone="02071838750"), "phone"),
        (Standard(given="jane", surname="dow"), "sounds"),
        (Standard(given="janette", surname="doeling"), "letters"),
        (Standard(given="j", born="1983-04-12"), "born_initial"),
        (Standard(given="jane", born="1983-04"), "born_sound"),
        (Standard(born="1983-04-12", city="leedds"), "born_place"),
        (Standard(surname="doe", postcode="po181wu"), "name_place"),
        (Standard(number="30", street="oakavenue", city="leeds"), "house"),
        (Standard(mailboxes=("jane.doe@other.example",)), "local_part"),
    ],
)
def test_what_each_pass_is_for(other: Standard, by: str) -> None:
    assert by in _passes(JANE, other)


def test_an_office_has_only_its_mailbox() -> None:
    assert [index for index, _ in mailbox_values("info@shop.example")] == [0]


def test_a_short_local_part_with_digits_is_a_value_as_it_is() -> None:
    assert (PASSES.index("local_part"), "go94") in mailbox_values("go94@shop.example")
    assert [index for index, _ in mailbox_values("ab@shop.example")] == [0]
    assert [index for index, _ in mailbox_values("12345@shop.example")] == [0]


def test_a_name_is_transliterated_before_it_sounds() -> None:
    assert sound(standardise(Record(source="a", source_key="1", given_name="Иван")).given) == sound("ivan") == "IFN"


def test_a_name_without_letters_that_sound_has_its_letters() -> None:
    assert sound("gh") == "gh"


def test_a_nickname_has_two_initials() -> None:
    bob = Standard(given="bob", surname="smith", born="1983-04-12")
    assert _passes(bob, Standard(mailboxes=("b.smith@x.example",))) == {"local_part"}
    assert _passes(bob, Standard(mailboxes=("rsmith@x.example",))) == {"local_part"}
    assert "born_initial" in _passes(bob, Standard(given="r", born="1983-04-12"))


@given(st.text(max_size=50), st.text(max_size=50))
def test_any_names_have_keys_of_letters(given_name: str, surname: str) -> None:
    standard = standardise(Record(source="a", source_key="1", given_name=given_name, surname=surname))
    assert all(re.fullmatch(r"[a-zA-Z0-9]+( [a-zA-Z0-9]+)?", value) for _, value in blocking_values(standard))
