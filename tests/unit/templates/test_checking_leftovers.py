"""mailguard.templates.checking_leftovers: what must not go out is found, and ordinary words are left alone."""

from __future__ import annotations

import pytest

from mailguard.templates.checking_leftovers import find_leftovers
from mailguard.templates.checking_report import Problem, Severity


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
    assert (found.code, found.severity) == (Problem.GREETING, Severity.ERROR)


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
    assert found.severity is Severity.WARNING


def test_long_text_is_read_in_time_linear_in_its_length() -> None:
    for piece in ("{", "{{ ", "[[a", "<<", "${", "%", "*|A", "test ", "T ", "?", "\n ", "a,", "None "):
        list(find_leftovers(piece * (100_000 // len(piece))))
