"""What was left in a mail that nobody should get: placeholders, template syntax, test words, a greeting of nobody.

Reads rendered text, as a person sees it. An ordinary word is left alone: a test drive, the latest, a nanosecond.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from mailguard.mail.greeting_words import GREETINGS
from mailguard.templates.checking_report import Problem, Severity


class Leftover(NamedTuple):
    """What was found: the words themselves, and what is wrong with them in one clause."""

    code: Problem
    severity: Severity
    words: str
    text: str


_LONGEST: Final = 60

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
_BRACKETED: Final = re.compile(
    r"\[\[ ?[A-Za-z_][\w .-]{0,40} ?\]\]|<< ?[A-Za-z_][\w .-]{0,40} ?>>"
    r"|[\[<{](?:(?:FIRST|LAST|FULL|YOUR|CUSTOMER|COMPANY|USER|INSERT|ENTER)[ _-][A-Z _-]{2,40}"
    r"|(?:Insert|Enter|Your|First|Last|Full|Customer) (?:[Nn]ame|[Hh]ere|[Cc]ompany|[Tt]ext|[Ll]ink)[A-Za-z ]{0,30}"
    r"|NAME|VORNAME|NACHNAME|NOME|COGNOME|KUNDENNAME|FIRSTNAME|LASTNAME|EMAIL|DATE|DATUM|LINK|URL|TBD|XXX)[\]>}]"
)
_FILLING: Final = re.compile(
    r"\blorem ipsum\b|\bdolor sit amet\b|\bconsectetur adipiscing\b|\bblindtext\b|\bplaceholder text\b|\bplatzhaltertext\b"
    r"|\btesto segnaposto\b|\b(?:foo ?bar|foobar|asdf(?:asdf|gh)?|qwertz|blah blah)\b",
    re.IGNORECASE,
)
_NOTES: Final = re.compile(
    r"(?<![\w-])(?:TODO|FIXME|TBD|TBC|XXX+|HACK)(?![\w-])(?!\.[a-z])|\?\?\?+|(?<!\w)\[(?:todo|tbd|fixme)\]"
)
# TEST as a word by itself, in capitals, in brackets, or all of a line; never "Test drive", "testing", "pH-Test", "BLOOD TEST".
_TEST_CAPITALS: Final = re.compile(r"(?<![\w-])(?<![A-Z] )(?:TEST|TESTMAIL|TESTING)(?![\w-])(?!\s+[A-Z]{2})")
_TEST: Final = re.compile(
    r"[\[(<#*]\s?(?:test|test[ -]?mail|test message|prova|essai)\s?[\])>#*]"
    r"|^[ \t]*(?:(?:this is (?:only )?)?an? test(?: mail| message| e-?mail)?|test(?:[ -]?(?:mail|message|nachricht|\d{1,3}))?"
    r"|das ist (?:nur )?ein test|dies(?:es)? ist (?:nur )?ein test|questa è (?:solo )?una prova)[ \t]*[.!:]{0,3}[ \t]*$"
    r"|\btest (?:test|123)\b|\bdo not send\b|\bnicht (?:versenden|absenden)\b|\bnon inviare\b",
    re.MULTILINE | re.IGNORECASE,
)
_PROGRAM: Final = re.compile(
    r"(?<![\w'’-])(?:None|undefined|NaN|nan|NULL|\[object Object\]|#REF!|#N/A|#VALUE!)(?![\w'’-])"
    r"|<(?:bound method|function|built-in|generator|\w{1,40} object at 0x)[^<>\n]{0,60}"
    r"|(?:Undefined|Type|Key|Attribute|Value)Error\b"
)
# "None of these", "none." begin or are sentences; "null" and "undefined" stand in texts of mathematicians.
_NONE_IS_WORD: Final = re.compile(r"None(?:\s+of\b|\s+(?:the|are|is|has|have|will|can|were|was|other)\b|theless)")
_AT_SENTENCE: Final = re.compile(r"(?:^|[.!?:;]\s+|\n\s*|[\"“«(]\s*)$")
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


def find_leftovers(text: str) -> Iterator[Leftover]:
    """Yield what should not stand in a text that goes out, in no order, the same words more than once."""
    for words in find_syntax(text):
        yield _error(words, "template syntax was left")
    for found in _BRACKETED.finditer(text):
        yield _error(found[0], "a placeholder was left")
    for found in _FILLING.finditer(text):
        yield _error(found[0], "filling text was left")
    for found in _NOTES.finditer(text):
        yield _error(found[0], "a note to oneself was left")
    for pattern in (_TEST_CAPITALS, _TEST):
        for found in pattern.finditer(text):
            yield _error(found[0], "it is marked as a test")
    yield from _programs_words(text)
    yield from _nameless_greetings(text)


def _error(words: str, text: str) -> Leftover:
    return Leftover(Problem.PLACEHOLDER, Severity.ERROR, " ".join(words.split())[:_LONGEST], text)


def _programs_words(text: str) -> Iterator[Leftover]:
    for found in _PROGRAM.finditer(text):
        is_sentence = _AT_SENTENCE.search(text[max(0, found.start() - 8) : found.start()]) is not None
        if found[0] == "None" and (_NONE_IS_WORD.match(text, found.start()) or (is_sentence and _goes_on(text, found.end()))):
            continue
        # What a mathematician may write is only looked at.
        severity = Severity.WARNING if found[0] in {"undefined", "NULL"} and not is_sentence else Severity.ERROR
        yield Leftover(Problem.PLACEHOLDER, severity, found[0][:_LONGEST], "a program's word for nothing was written")


def _goes_on(text: str, at: int) -> bool:
    """Whether a word follows on the line that makes a sentence of it."""
    return re.match(r"[ \t]+[a-z]", text[at : at + 10]) is not None


def _nameless_greetings(text: str) -> Iterator[Leftover]:
    """Yield greetings that lost their name: "Dear ,", "Sehr geehrte Frau ,". "Hello," by itself is one; so is "Bonjour !"."""
    for found in _GREETING_ALONE.finditer(text[:_HEAD]):
        words = found[1].casefold().split()
        has_title = words[-1] in _TITLES
        greeting = " ".join(words[:-1] if has_title else words)
        lost = has_title or greeting in _WANT_NAME or (bool(found[2]) and found[3] == ",")
        if greeting in GREETINGS and lost:
            yield Leftover(Problem.GREETING, Severity.ERROR, found[0].strip(), "the greeting has no name")
