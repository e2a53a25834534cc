"""mailguard.identity.names: titles, particles, order and script make no difference to who is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.identity.names import full_name, given_names, is_company, surname


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Lovelace", ("ada", "", "lovelace")),
        ("ADA LOVELACE", ("ada", "", "lovelace")),
        ("Lovelace, Ada", ("ada", "", "lovelace")),
        ("LOVELACE Ada", ("ada", "", "lovelace")),
        ("Ada LOVELACE", ("ada", "", "lovelace")),
        ("Dr. Ada Lovelace", ("ada", "", "lovelace")),
        ("Prof. Dr. Ada Augusta Lovelace, PhD", ("ada", "augusta", "lovelace")),
        ("Ada von Lovelace", ("ada", "", "lovelace")),
        ("Maria de la Cruz", ("maria", "", "cruz")),
        ("Jan van den Berg", ("jan", "", "berg")),
        ("Anna St John", ("anna", "", "stjohn")),
        ("Sean O Brien", ("sean", "", "obrien")),
        ("Sean O'Brien", ("sean", "", "obrien")),
        ("Mc Donald, Ronald", ("ronald", "", "mcdonald")),
        ("Ronald McDonald Jr.", ("ronald", "", "mcdonald")),
        ("John Smith, Jr.", ("john", "", "smith")),
        ("Иванов, Иван Иванович", ("ivan", "ivanovich", "ivanov")),
        ("王小明", ("xiaoming", "", "wang")),
        ("김 민준", ("minjun", "", "gim")),
        ("J.R.R. Tolkien", ("j", "r r", "tolkien")),
        ("Jean-Pierre Dupont", ("jean", "pierre", "dupont")),
        ('Robert "Bob" Smith', ("robert", "", "smith")),
        ("Jane Doe (Leeds)", ("jane", "", "doe")),
        ("Ada", ("ada", "", "")),
        ("Herr Müller", ("", "", "muller")),
        ("Mr", ("mr", "", "")),
        ("Ada & Charles King", ("", "", "king")),
        ("Ada und Charles King", ("", "", "king")),
        ("Acme Widgets GmbH", ("", "", "acme widgets")),
        ("Deutsche Bank", ("", "", "deutsche bank")),
        ("(Ada)", ("ada", "", "")),
        ("", ("", "", "")),
        ("n/a", ("", "", "")),
        ("...", ("", "", "")),
    ],
)
def test_a_full_name_is_parted(text: str, expected: tuple[str, str, str]) -> None:
    assert full_name(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada", ("ada", "")),
        ("Ada Augusta", ("ada", "augusta")),
        ("Anna-Maria", ("anna", "maria")),
        ("Dr Ada", ("ada", "")),
        ("J.", ("j", "")),
        ("José", ("jose", "")),
        ("Ada & Charles", ("", "")),
        ("unknown", ("", "")),
    ],
)
def test_given_names_are_the_first_and_the_others(text: str, expected: tuple[str, str]) -> None:
    assert given_names(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("von der Leyen", "leyen"),
        ("van den Berg", "berg"),
        ("Vandenberg", "berg"),
        ("De La Cruz", "cruz"),
        ("delacruz", "cruz"),
        ("O'Brien", "obrien"),
        ("O Brien", "obrien"),
        ("Mc Donald", "mcdonald"),
        ("Smith-Jones", "smith jones"),
        ("García Márquez", "garcia marquez"),
        ("Smith Jr", "smith"),
        ("Smith III", "smith"),
        ("de", "de"),
        ("van der", "der"),
        ("Mc", "mc"),
        ("-", ""),
    ],
)
def test_a_surname_is_without_particles(text: str, expected: str) -> None:
    assert surname(text) == expected


@pytest.mark.parametrize("text", ["Acme Ltd", "Support Team", "Example Insurance", "Müller & Söhne GmbH"])
def test_a_firm_is_no_person(text: str) -> None:
    assert is_company(text)


@pytest.mark.parametrize("text", ["Ada Lovelace", "Maria Sá", "Ltd", "Bill Banks", ""])
def test_a_person_is_no_firm(text: str) -> None:
    assert not is_company(text)


@given(st.text(max_size=300))
def test_any_text_gives_bounded_lower_case_letters(text: str) -> None:
    for part in (*full_name(text), *given_names(text), surname(text)):
        assert len(part) <= 8 * 41
        assert all(letter == " " or (letter.isascii() and letter.islower()) for letter in part)


@given(
    st.from_regex(r"[A-Z][a-z]{2,9}", fullmatch=True).filter(lambda name: full_name(name)[0] == name.lower()),
    st.from_regex(r"[A-Z][a-z]{2,9}", fullmatch=True).filter(lambda name: surname(name) == name.lower()),
)
def test_case_title_and_order_make_no_difference(first: str, last: str) -> None:
    plain = full_name(f"{first} {last}")
    if plain[0] and not is_company(f"{first} {last}"):
        assert full_name(f"{first} {last}".upper()) == plain
        assert full_name(f"{last}, {first}") == plain
        assert full_name(f"Dr. {first} {last}") == plain


def test_a_name_of_many_words_is_cut() -> None:
    assert len(full_name("a" * 10_000)[0]) == 40
    assert len(full_name("ab " * 10_000)[1].split()) <= 8
