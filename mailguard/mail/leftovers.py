"""What was left in a text that nobody should get: placeholders, template syntax, test words, a greeting of nobody.

Reads text as a person sees it. An ordinary word is left alone: a test drive, the latest, a nanosecond; and what an ordinary
mail may well mean (a venue that is TBD, allergens: None, code in a mail to programmers) is told apart from what none does.
It refuses to know where the text comes from, and what is to become of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from mailguard.mail.greeting_words import GREETINGS


class Leftover(NamedTuple):
    """What was found: the words themselves, and what is wrong with them in one clause.

    `is_sure`: no ordinary mail means it so. `is_greeting`: it is a greeting that greets nobody.
    """

    words: str
    text: str
    is_sure: bool = True
    is_greeting: bool = False


SYNTAX_LEFT: Final = "template syntax was left"
_LONGEST: Final = 60
_BEFORE: Final = 60
"""Characters looked at before, and after, a word that may be meant."""

# Each alternative begins with something rare and is bounded: linear.
_SYNTAX: Final = re.compile(
    r"\{\{[^{}\n]{0,60}\}\}|\{%[^%\n]{0,60}%\}|\{\{|\}\}|\{%|%\}|\{#|#\}"  # Jinja2, Liquid, Handlebars, Django
    r"|\$\{[^{}\n]{0,60}\}|\$\{"  # shells, JavaScript, Velocity
    r"|%%[A-Za-z_][\w .-]{0,40}%%|%%"  # Salesforce
    r"|\*\|[A-Z_:]{2,40}\|\*"  # Mailchimp
    r"|<%=?[^%\n]{0,60}%>"  # ERB
    r"|%\([A-Za-z_]\w{0,40}\)[sd]"  # Python
    r"|(?<![\w%])%[A-Z][A-Z_]{2,40}%(?!\w)"
)
_FIELD_WORDS: Final = (
    r"(?:first|last|full|sur|given|user|customer|company|contact|vor|nach|kunden|firmen)?[ _.-]?name|anrede|salutation|email"
    r"|e-mail|address|date|datum|nome|cognome|prenom|prénom|nom|nombre|apellido|amount|betrag|link|url"
)
_BRACKETED: Final = re.compile(
    r"[\[<{](?:(?:FIRST|LAST|FULL|YOUR|CUSTOMER|COMPANY|USER|INSERT|ENTER)[ _-][A-Z _-]{2,40}"
    r"|(?:Insert|Enter|Your|First|Last|Full|Customer) (?:[Nn]ame|[Hh]ere|[Cc]ompany|[Tt]ext|[Ll]ink)[A-Za-z ]{0,30}"
    r"|NAME|VORNAME|NACHNAME|NOME|COGNOME|KUNDENNAME|FIRSTNAME|LASTNAME|EMAIL|DATE|DATUM|LINK|URL|TBD|XXX)[\]>}]"
)
# A wiki writes [[Main page]], and some write << back >>.
_DOUBLE_BRACKETS: Final = re.compile(r"\[\[ ?[A-Za-z_][\w .-]{0,40} ?\]\]|<< ?[A-Za-z_][\w .-]{0,40} ?>>")
_IS_FIELD: Final = re.compile(rf"\W{{2}} ?(?:{_FIELD_WORDS}) ?\W{{2}}|\W{{2}}[A-Z_]{{3,41}}\W{{2}}")
_IS_FIELD_IN_LOWER_CASE: Final = re.compile(rf"\W{{2}} ?(?:{_FIELD_WORDS}) ?\W{{2}}", re.IGNORECASE)
_FILLING: Final = re.compile(
    r"\blorem ipsum\b|\bdolor sit amet\b|\bconsectetur adipiscing\b|\bblindtext\b|\bplaceholder text\b|\bplatzhaltertext\b"
    r"|\btesto segnaposto\b|\b(?:foo ?bar|foobar|asdf(?:asdf|gh)?|qwertz|blah blah)\b",
    re.IGNORECASE,
)
_MAY_BE_TALK: Final = frozenset({"foobar", "foo bar", "blah blah", "blindtext", "placeholder text", "platzhaltertext"})
_NOTES: Final = re.compile(
    r"(?<![\w-])(?:TODO|FIXME|TBD|TBC|XXX+|HACK)(?![\w-])(?!\.[a-z])|\?\?\?+|(?<!\w)\[(?:todo|tbd|fixme)\]"
)
_NOTE_BY_PLACE: Final = re.compile(r"(?:^|[\n\[(*#]|\S[:–—-])[ \t]{0,8}$")
_MAY_BE_ANNOUNCED: Final = frozenset({"TBD", "TBC", "HACK"})
# TEST as a word by itself, in capitals, in brackets, or all of a line; never "Test drive", "testing", "pH-Test", "BLOOD TEST".
_TEST_CAPITALS: Final = re.compile(
    r"(?<![\w-])(?<![A-Z] )(?:TEST|TESTMAIL|TESTING)(?![\w-])(?!\s+[A-Z]{2})"
    r"(?!\s+(?:results?|kits?|drives?|cent(?:re|er)s?|certificates?|scores?|reports?|days?|match|cricket)\b)"
)
_TEST: Final = re.compile(
    r"[\[(<#*]\s?(?:test|test[ -]?mail|test message|prova|essai)\s?[\])>#*]"
    r"|^[ \t]*(?:(?:this is (?:only )?)?an? test(?: mail| message| e-?mail)?|test(?:[ -]?(?:mail|message|nachricht|\d{1,3}))?"
    r"|das ist (?:nur )?ein test|dies(?:es)? ist (?:nur )?ein test|questa è (?:solo )?una prova)[ \t]*[.!:]{0,3}[ \t]*$"
    r"|\btest (?:test|123)\b|\bdo not send\b|\bnicht (?:versenden|absenden)\b|\bnon inviare\b",
    re.MULTILINE | re.IGNORECASE,
)
# "Please do not send us your password" is what every bank writes.
_DO_NOT_SEND_SOMETHING: Final = re.compile(r"[ \t]+\w")
_PROGRAM: Final = re.compile(
    r"(?<![\w'’-])(?:None|undefined|NaN|nan|null|NULL|\[object Object\]|#REF!|#N/A|#VALUE!)(?![\w'’-])"
    r"|<(?:bound method|function|built-in|generator|\w{1,40} object at 0x)[^<>\n]{0,60}"
    r"|(?:Undefined|Type|Key|Attribute|Value)Error\b"
)
# "None of these", "none." begin or are sentences; "null" and "undefined" stand in texts of mathematicians, "nan" is family.
_NONE_IS_WORD: Final = re.compile(r"None(?:\s+of\b|\s+(?:the|are|is|has|have|will|can|were|was|other)\b|theless)")
_AT_SENTENCE: Final = re.compile(r"(?:^|[.!?:;]\s+|\n\s*|[\"“«(]\s*)$")
_GOES_ON: Final = re.compile(r"[ \t]+[a-z]")
_AFTER_LABEL: Final = re.compile(r"[:=€$£]\s*$")
_AFTER_SUM: Final = re.compile(
    r"(?:total|sum|amount|price|balance|cost|date|due|name|order|number|no\.?|id|account|betrag|summe|preis|datum|nummer|konto"
    r"|totale|importo|prezzo|numero|nombre|fecha|montant|prix|nom)\s?[:=]\s*$",
    re.IGNORECASE,
)
_END_OF_LINE: Final = re.compile(r"[ \t]*[.,!]?[ \t]*(?:\n|$)")
_WORDS_OF_A_LANGUAGE: Final = frozenset({"None", "null", "nan"})
_WORDS_OF_A_TRADE: Final = frozenset({"undefined", "NULL"})
_NAME_IN_CAPITALS: Final = re.compile(r"[A-Z]{2,} $")
_GREETING_ALONE: Final = re.compile(
    r"^[ \t]{0,8}([^\W\d_][^\W\d_. ]{0,30}(?: [^\W\d_. ]{1,20}\.?){0,3})([ \t]{0,3})([,!])[ \t]*$", re.MULTILINE
)
_HEAD: Final = 2_000
# Greetings and titles that greet nobody until a name follows.
_WANT_NAME: Final = frozenset({
    "dear", "my dear", "sehr geehrte", "sehr geehrter", "liebe", "lieber", "werte", "werter", "cher", "chère", "caro", "cara",
    "gentile", "egregio", "egregia", "estimado", "estimada", "querido", "querida", "prezado", "prezada", "beste", "geachte",
})  # fmt: skip
_TITLES: Final = frozenset({"mr", "mrs", "ms", "mr.", "mrs.", "ms.", "dr", "dr.", "herr", "herrn", "frau", "sig.", "sig.ra"})


def find_syntax(text: str) -> Iterator[str]:
    """Yield what looks like the syntax of a template."""
    for found in _SYNTAX.finditer(text):
        yield " ".join(found[0].split())[:_LONGEST]


def find_leftovers(text: str, *, speaks_of_programs: bool = False) -> Iterator[Leftover]:
    """Yield what should not stand in a text that goes out, in no order, the same words more than once.

    `speaks_of_programs`: the mail shows code, so that words which programs write may be what it is about.
    """
    for words in find_syntax(text):
        yield Leftover(words, SYNTAX_LEFT)
    yield from _placeholders(text)
    yield from _notes(text, speaks_of_programs=speaks_of_programs)
    yield from _test_words(text)
    yield from _programs_words(text, speaks_of_programs=speaks_of_programs)
    yield from _nameless_greetings(text)


def _shown(words: str) -> str:
    return " ".join(words.split())[:_LONGEST]


def _placeholders(text: str) -> Iterator[Leftover]:
    for found in _BRACKETED.finditer(text):
        yield Leftover(_shown(found[0]), "a placeholder was left")
    for found in _DOUBLE_BRACKETS.finditer(text):
        is_field = _IS_FIELD.fullmatch(found[0]) or _IS_FIELD_IN_LOWER_CASE.fullmatch(found[0])
        yield Leftover(_shown(found[0]), "a placeholder was left", is_sure=is_field is not None)


def _notes(text: str, *, speaks_of_programs: bool) -> Iterator[Leftover]:
    for found in _FILLING.finditer(text):
        words = _shown(found[0])
        yield Leftover(words, "filling text was left", is_sure=words.lower() not in _MAY_BE_TALK)
    for found in _NOTES.finditer(text):
        is_sure = not speaks_of_programs and found[0] not in _MAY_BE_ANNOUNCED
        if found[0].startswith("?"):
            is_sure = not text[max(0, found.start() - 1) : found.start()].isalpha()
        if found[0] == "TODO" and is_sure:
            is_sure = text.startswith(":", found.end()) or _stands_apart(text, found.start())
        yield Leftover(found[0][:_LONGEST], "a note to oneself was left", is_sure=is_sure)


def _stands_apart(text: str, at: int) -> bool:
    """Whether a word begins a line, or stands in brackets or after a colon, as a note does."""
    return _NOTE_BY_PLACE.search(text[max(0, at - _BEFORE) : at]) is not None


def _test_words(text: str) -> Iterator[Leftover]:
    for found in _TEST_CAPITALS.finditer(text):
        yield Leftover(found[0], "it is marked as a test")
    for found in _TEST.finditer(text):
        words = _shown(found[0])
        goes_on = words.lower().startswith(("do not", "nicht", "non")) and _DO_NOT_SEND_SOMETHING.match(text, found.end())
        yield Leftover(words, "it is marked as a test", is_sure=not goes_on)


def _programs_words(text: str, *, speaks_of_programs: bool) -> Iterator[Leftover]:
    for found in _PROGRAM.finditer(text):
        is_sure = _how_sure(
            found[0], text[max(0, found.start() - _BEFORE) : found.start()], text[found.start() : found.start() + _BEFORE]
        )
        if is_sure is not None:
            is_sure = is_sure and not (speaks_of_programs and not _is_greeted(text, found.start(), found.end()))
            yield Leftover(found[0][:_LONGEST], "a program's word for nothing was written", is_sure=is_sure)


def _how_sure(word: str, before: str, here: str) -> bool | None:
    """Return whether no ordinary mail means a program's word so; None where it is an ordinary one.

    `before` is the text before the word, `here` begins with it.
    """
    ends_line = _END_OF_LINE.match(here, len(word)) is not None
    is_sentence = _AT_SENTENCE.search(before[-8:]) is not None
    if _greets(before) and ends_line:
        return True
    if word in _WORDS_OF_A_LANGUAGE:
        if _AFTER_LABEL.search(before) and (ends_line or word == "nan"):
            return word == "nan" or _AFTER_SUM.search(before) is not None
        if word != "None" or _NONE_IS_WORD.match(here) or (is_sentence and _GOES_ON.match(here, len(word))):
            return None
        return not is_sentence
    if word == "NULL" and _NAME_IN_CAPITALS.search(before):
        return None
    return is_sentence or word not in _WORDS_OF_A_TRADE


def _is_greeted(text: str, start: int, stop: int) -> bool:
    return _greets(text[max(0, start - _BEFORE) : start]) and _END_OF_LINE.match(text, stop) is not None


def _greets(before: str) -> bool:
    """Whether a line that begins with a greeting ends here."""
    return before.rpartition("\n")[2].strip().casefold() in GREETINGS


def _nameless_greetings(text: str) -> Iterator[Leftover]:
    """Yield greetings that lost their name: "Dear ,", "Sehr geehrte Frau ,". "Hello," by itself is one; so is "Bonjour !"."""
    for found in _GREETING_ALONE.finditer(text[:_HEAD]):
        words = found[1].casefold().split()
        has_title = words[-1] in _TITLES
        greeting = " ".join(words[:-1] if has_title else words)
        lost = has_title or greeting in _WANT_NAME or (bool(found[2]) and found[3] == ",")
        if greeting in GREETINGS and lost:
            yield Leftover(found[0].strip(), "the greeting has no name", is_greeting=True)
