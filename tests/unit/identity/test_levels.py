from collections.abc import Mapping
from dataclasses import replace

import pytest

from mailguard.identity.levels import COMPARISONS, MISSING, compare
from mailguard.identity.standard import Standard

ADA = Standard(
    given="ada",
    surname="lovelace",
    born="1985-12-10",
    phone="+442071838750",
    number="12",
    street="saint james square",
    city="london",
    postcode="sw1y4jh",
    mailboxes=("ada.lovelace@x.example",),
)


def level(field: str, one: Standard, other: Standard) -> str:
    at = [spec.field for spec in COMPARISONS].index(field)
    found = compare(one, other)
    assert found == compare(other, one), "the order of the two does not matter"
    return "missing" if found[at] == MISSING else COMPARISONS[at].levels[found[at]]


def between(field: str, one: Mapping[str, object], other: Mapping[str, object]) -> str:
    return level(field, Standard(**one), Standard(**other))  # type: ignore[arg-type]


def test_record_agrees_with_itself_in_all_it_has() -> None:
    found = dict(zip((spec.field for spec in COMPARISONS), compare(ADA, ADA), strict=True))
    assert found == {
        "given_name": 0, "surname": 0, "date_of_birth": 0, "phone": 0, "email": 1, "postcode": 0, "city": 0, "street_address": 0,
        "name_in_email": MISSING,
    }  # fmt: skip


def test_what_one_record_lacks_is_missing_and_never_different() -> None:
    assert set(compare(ADA, Standard())) == {MISSING}


def test_levels_of_each_field_are_as_many_as_its_groups_have() -> None:
    assert all(sum(spec.groups) == len(spec.levels) for spec in COMPARISONS)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("robert", "robert", "same"),
        ("robert", "bob", "nickname"),
        ("vivian", "viv", "nickname"),
        ("robert", "rboert", "one letter apart"),
        ("robert", "roberta", "one letter apart"),
        ("r", "robert", "initial"),
        ("r", "r", "initial"),
        ("r", "sue", "different"),
        ("marianne", "marieanna", "similar"),
        ("robert", "sue", "different"),
        ("al", "ab", "different"),
        ("robert", "", "missing"),
    ],
)
def test_given_names(one: str, other: str, expected: str) -> None:
    assert between("given_name", {"given": one}, {"given": other}) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("lovelace", "lovelace", "same"),
        ("lovelace", "lovelac", "one letter apart"),
        ("smith jones", "jones", "one part of two"),
        ("smith jones", "taylor", "different"),
        ("l", "lovelace", "initial"),
        ("l", "l", "initial"),
        ("l", "king", "different"),
        ("hernandez", "hernandes lopez", "similar"),
        ("lovelace", "king", "different"),
        ("", "king", "missing"),
    ],
)
def test_surnames(one: str, other: str, expected: str) -> None:
    assert between("surname", {"surname": one}, {"surname": other}) == expected


@pytest.mark.parametrize(
    ("other", "given", "surname"),
    [
        (("lovelace", "ada"), "swapped with surname", "missing"),
        (("lovelacee", "ada"), "swapped with surname", "missing"),
        (("lovelace", "a"), "swapped with surname", "missing"),
        (("lovelace", "king"), "different", "different"),
        (("", "ada"), "missing", "swapped with given name"),
        (("l", "a"), "different", "different"),
    ],
)
def test_swapped_names_are_said_once(other: tuple[str, str], given: str, surname: str) -> None:
    one = Standard(given="ada", surname="lovelace")
    two = Standard(given=other[0], surname=other[1])
    assert (level("given_name", one, two), level("surname", one, two)) == (given, surname)


def test_one_who_goes_by_the_second_name_is_found_by_it() -> None:
    assert between("given_name", {"given": "augusta", "middle": "ada king"}, {"given": "ada"}) == "middle name"
    assert between("given_name", {"given": "augusta", "middle": "mary"}, {"given": "peter"}) == "different"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("1985-12-10", "1985-12-10", "same"),
        ("1985-12-10", "1985-10-12", "swapped day and month"),
        ("1985-12-10", "1985-12-20", "one digit apart"),
        ("1985-12-10", "1958-12-10", "one digit apart"),
        ("1985-12-10", "1985-12", "same as far as known"),
        ("1985", "1985", "same as far as known"),
        ("1985-12-10", "1985-11", "different"),
        ("1985-12-10", "1985-12-29", "two of three parts"),
        ("1985-12-10", "1986-10-05", "within a year"),
        ("1985-12-10", "1936-07-04", "different"),
        ("1985-12-10", "", "missing"),
    ],
)
def test_dates_of_birth(one: str, other: str, expected: str) -> None:
    assert between("date_of_birth", {"born": one}, {"born": other}) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("+442071838750", "+442071838750", "same"),
        ("+442071838750", "+442071838705", "one digit apart"),
        ("+442071838750", "1838750", "same last seven digits"),
        ("+442071838750", "+393331234567", "different"),
        ("12345", "54321", "different"),
    ],
)
def test_phones(one: str, other: str, expected: str) -> None:
    assert between("phone", {"phone": one}, {"phone": other}) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("al77@x.example", "al77@x.example", "same"),
        ("ada.lovelace@x.example", "ada.lovelace@x.example", "same, spelling the name"),
        ("info@x.example", "info@x.example", "same, an office's"),
        ("al77@x.example", "al7@x.example", "one letter apart"),
        ("al77@x.example", "al77@y.test", "same local part"),
        ("ada.lovelace@x.example", "adalovelace@y.test", "same local part, spelling the name"),
        ("info@x.example", "info@y.test", "different"),
        ("ada.lovelace@x.example", "ada.lovelace85@y.test", "similar local part"),
        ("al77@x.example", "countess@y.test", "different"),
    ],
)
def test_mailboxes(one: str, other: str, expected: str) -> None:
    assert level("email", replace(ADA, mailboxes=(one,)), replace(ADA, mailboxes=(other,))) == expected


def test_the_nearest_of_several_mailboxes_counts() -> None:
    two = replace(ADA, mailboxes=("countess@y.test", "al77@x.example"))
    assert level("email", replace(ADA, mailboxes=("al77@x.example",)), two) == "same"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("sw1y4jh", "sw1y4jh", "same"),
        ("sw1y4jh", "sw1y4hj", "one character apart"),
        ("sw1y4jh", "sw1y9zz", "same area"),
        ("20121", "20999", "same area"),
        ("20121", "10121", "one character apart"),
        ("20121", "80333", "different"),
    ],
)
def test_postcodes(one: str, other: str, expected: str) -> None:
    assert between("postcode", {"postcode": one}, {"postcode": other}) == expected


@pytest.mark.parametrize(
    ("postcodes", "cities", "expected"),
    [
        (("20121", "20121"), ("milano", "milano"), "same in one postcode"),
        (("20121", "20122"), ("milano", "milan"), "similar in one postcode"),
        (("20121", "80333"), ("milano", "milano"), "same beside another postcode"),
        (("20121", "80333"), ("milano", "muenchen"), "different beside another postcode"),
        (("20121", ""), ("milano", "milano"), "same"),
        (("20121", ""), ("milano", "muenchen"), "different"),
        (("20121", ""), ("milano", ""), "missing"),
    ],
)
def test_a_city_is_read_beside_its_postcode(postcodes: tuple[str, str], cities: tuple[str, str], expected: str) -> None:
    one, other = ({"postcode": code, "city": city} for code, city in zip(postcodes, cities, strict=True))
    assert between("city", one, other) == expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, "same house"),
        ({"street": "saint jamess square"}, "same house, spelt differently"),
        ({"number": "13"}, "same street"),
        ({"street": "square of saint james", "number": "13"}, "same street"),
        ({"street": "mill lane"}, "different street"),
        ({"postcode": "m11ae"}, "same house elsewhere"),
        ({"postcode": "", "city": "leeds", "street": "mill lane"}, "different street elsewhere"),
        ({"street": ""}, "missing"),
    ],
)
def test_a_street_is_read_within_its_place(other: dict[str, str], expected: str) -> None:
    assert level("street_address", ADA, replace(ADA, **other)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mailbox", "expected"),
    [
        ("lovelace.ada@y.test", "spells the name"),
        ("alovelace99@y.test", "initial and surname"),
        ("ada@y.test", "one of the names"),
        ("countess@y.test", "not the name"),
    ],
)
def test_a_mailbox_alone_may_spell_the_name_of_the_other(mailbox: str, expected: str) -> None:
    assert level("name_in_email", ADA, Standard(mailboxes=(mailbox,))) == expected


def test_what_a_mailbox_spells_is_not_asked_where_both_have_names_or_neither() -> None:
    assert level("name_in_email", ADA, ADA) == "missing"
    assert between("name_in_email", {"mailboxes": ("a@x.example",)}, {"mailboxes": ("a@x.example",)}) == "missing"
