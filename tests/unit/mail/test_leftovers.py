"""mailguard.mail.leftovers: what must not go out is found, and ordinary words are left alone."""

from __future__ import annotations

import pytest

from mailguard.mail.leftovers import find_leftovers


def words(text: str) -> list[str]:
    return [found.words for found in find_leftovers(text)]


@pytest.mark.parametrize(
    "text",
    [
        "{{ name }}",
        "{{",
        "}}",
        "{% if x %}",
        "{%",
        "%}",
        "{# note #}",
        "${name}",
        "${",
        "%%name%%",
        "100%%",
        "*|FNAME|*",
        "<%= name %>",
        "%(name)s",
        "%FIRSTNAME%",
        "[[NAME]]",
        "[[ first name ]]",
        "<<name>>",
        "[NAME]",
        "[Your Name]",
        "[INSERT TEXT HERE]",
        "{FIRST NAME}",
        "<Insert name here>",
        "Lorem ipsum dolor",
        "lorem IPSUM",
        "foobar",
        "Hier steht Blindtext.",
        "TODO",
        "TODO: write this",
        "FIXME",
        "Price: XXX Euro",
        "TBD",
        "really???",
        "TEST",
        "TEST: our offer",
        "our offer (Test)",
        "[test] our offer",
        "Test",
        "This is a test.",
        "testmail",
        "Das ist ein Test",
        "Questa è una prova.",
        "test test",
        "Please do not send",
        "Your name is None",
        "Hello None,",
        "Total: nan",
        "Total: NaN",
        "Total: undefined",
        "NULL",
        "[object Object]",
        "#REF!",
        "<bound method Order.total of ...>",
        "KeyError: 'name'",
    ],
)
def test_leftover_is_found(text: str) -> None:
    assert words(f"Good morning Ada,\n\n{text}\n\nYour shop")


@pytest.mark.parametrize(
    "text",
    [
        "Book a test drive with our testing team; the latest contest attests to it.",
        "Your PCR test was negative. The test results are in.",
        "BLOOD TEST RESULTS",
        "pH-Test, Stiftung Warentest, Testsieger, Teste jetzt!",
        "Il test di guida, la prova su strada.",
        "None of these is open. None are.",
        "None the less. Nonetheless, Nana's naan and Nan's null-terminated nanosecond.",
        "100 % cotton, 50% off, 20%-30%",
        "a < b and b > c; if (a) { b } else { c }",
        "Price list: {small, large} [1] [note] <ada@mail.example>",
        "Todo el mundo, método, XXL and XX",
        "What? Really?! Yes!!",
        "$100 and 5 $ {a}",
        "The Roman numeral XXV",
        "https://shop.mail/x?a=%7B&b=%20c",
        "Rock'n'roll isn't undefined-behaviour",
        "Ada None-Smith",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert words(f"Good morning Ada,\n\n{text}\n\nYour shop") == []


@pytest.mark.parametrize(
    "greeting",
    [
        "Dear ,",
        "Dear,",
        "Hallo ,",
        "Bonjour ,",
        "Ciao ,",
        "Sehr geehrte Frau ,",
        "Sehr geehrter Herr,",
        "Dear Mr.,",
        "Caro ,",
        "Liebe!",
        "Hello ,",
    ],
)
def test_greeting_without_a_name_is_found(greeting: str) -> None:
    (found,) = find_leftovers(f"{greeting}\n\nyour parcel is on its way.")
    assert (found.is_greeting, found.is_sure) == (True, True)


@pytest.mark.parametrize(
    "greeting",
    [
        "Dear Ada,",
        "Hello,",
        "Hi!",
        "Bonjour,",
        "Bonjour !",
        "Guten Tag,",
        "Buongiorno,",
        "Hi there,",
        "Sehr geehrte Damen und Herren,",
        "Dear Mr. Smith,",
        "Dear customer,",
        "你好，",
    ],
)
def test_whole_greeting_is_left_alone(greeting: str) -> None:
    assert words(f"{greeting}\n\nyour parcel is on its way.") == []


def test_word_that_may_be_meant_is_a_warning() -> None:
    (found,) = find_leftovers("The quotient is undefined at zero.")
    assert not found.is_sure


def test_long_text_is_read_in_time_linear_in_its_length() -> None:
    for piece in ("{", "{{ ", "[[a", "<<", "${", "%", "*|A", "test ", "T ", "?", "\n ", "a,", "None "):
        list(find_leftovers(piece * (30_000 // len(piece))))


def marks(text: str, *, speaks_of_programs: bool = False) -> dict[str, bool]:
    return {found.words: found.is_sure for found in find_leftovers(text, speaks_of_programs=speaks_of_programs)}


@pytest.mark.parametrize(
    ("text", "is_sure"),
    [
        ("Dear None,", True),
        ("Dear null,", True),
        ("Hello undefined", True),
        ("Dear NULL,", True),
        ("Total: None", True),
        ("Betrag: null.", True),
        ("It costs € nan today", True),
        ("Total: NaN", True),
        ("Allergens: None", False),
        ("Risk: null", False),
        ("Risks?\nNone.", False),
        ("It is undefined there", False),
        ("Venue: TBD", False),
        ("TODO", True),
        ("Note: TODO write", True),
        ("TODO: write", True),
        ("on your TODO list", False),
        ("Really????", False),
        ("M ??? nchen", True),
        ("[[Main page]]", False),
        ("[[FIRST_NAME]]", True),
        ("<<Vorname>>", True),
        ("foobar", False),
        ("lorem ipsum", True),
        ("Do not send", True),
        ("Do not send us money", False),
    ],
)
def test_what_an_ordinary_mail_may_mean_is_told_apart(text: str, is_sure: bool) -> None:  # noqa: FBT001
    assert set(marks(f"Good morning,\n\n{text}\n\nYour shop").values()) == {is_sure}


@pytest.mark.parametrize(
    "text", ["null Prozent", "My nan bakes naan.", "MS JENNIFER NULL", "Mr Null", "your TEST results", "None of it", "None is."]
)
def test_names_and_words_of_a_language_are_left_alone(text: str) -> None:
    assert marks(f"Good morning,\n\n{text}\n\nYour shop") == {}


def test_mail_that_shows_code_may_speak_of_programs() -> None:
    text = "Good morning,\n\nit gives NaN, #REF! and KeyError; FIXME is a note.\n\nYour shop"
    assert set(marks(text).values()) == {True}
    assert set(marks(text, speaks_of_programs=True).values()) == {False}
    assert marks("Dear None,\n\nhello {{ x }}", speaks_of_programs=True) == {"None": True, "{{ x }}": True}
