"""What was left in a mail's subject and texts that nobody should read: placeholders, notes, test words, greetings of nobody.

What is marked as code is another matter: a mail to programmers may show a template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.message_terms import MessageTerms, error, warning
from mailguard.broadcast.message_view import MailView
from mailguard.mail.html_text import render
from mailguard.mail.leftovers import SYNTAX_LEFT, Leftover, find_leftovers, find_syntax

PLACEHOLDER: Final = "placeholder"
GREETING: Final = "greeting"

_CODE_TAG: Final = re.compile(r"<(/?)(code|pre|samp|kbd|tt)\b", re.IGNORECASE)
_FENCE: Final = "```"
_QUOTED_CODE: Final = re.compile(r"`[^`\n]{1,200}`")
_SUBJECT: Final = "the subject"
_TEXT: Final = "the text"
_HTML: Final = "the HTML"


def word_findings(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:  # noqa: ARG001 - every rule takes the same two
    """Yield the leftovers of subject, text and HTML, each kind of each place once."""
    text, code = _split_text(view.text)
    html, code_in_html = _split_html(view.html)
    shows_code = bool(code or code_in_html)
    places = ((_SUBJECT, view.message.subject), (_TEXT, text), (_HTML, render(html).text if html else ""))
    for place, words in places:
        yield from _said(place, list(find_leftovers(words, speaks_of_programs=shows_code)))
    syntax = tuple(find_syntax("\n".join((*code, *(render(each).text for each in code_in_html)))))
    if syntax:
        yield warning(
            PLACEHOLDER, "template syntax stands in what is marked as code; look whether it is meant to be read", *syntax
        )


def _split_text(text: str) -> tuple[str, list[str]]:
    """Return a plain text without the code in it, and the code: what stands between backticks."""
    pieces = text.split(_FENCE)
    if len(pieces) % 2 == 0:
        pieces[-2:] = [_FENCE.join(pieces[-2:])]
    prose, code = " ".join(pieces[::2]), pieces[1::2]
    return _QUOTED_CODE.sub(" ", prose), [*code, *_QUOTED_CODE.findall(prose)]


def _split_html(html: str) -> tuple[str, list[str]]:
    """Return HTML without the code in it, and the code: what stands in elements for it."""
    prose: list[str] = []
    code: list[str] = []
    done, opened, name = 0, -1, ""
    for tag in _CODE_TAG.finditer(html):
        if opened < 0 and not tag[1]:
            opened, name = tag.start(), tag[2].lower()
        elif opened >= 0 and tag[1] and tag[2].lower() == name:
            prose.append(html[done:opened])
            code.append(html[opened : tag.start()])
            done, opened = tag.start(), -1
    return " ".join((*prose, html[done:])), code


def _said(place: str, found: list[Leftover]) -> Iterator[CheckFinding]:
    for why in dict.fromkeys((each.text, each.is_sure, each.is_greeting) for each in found):
        text, is_sure, is_greeting = why
        words = tuple(each.words for each in found if (each.text, each.is_sure, each.is_greeting) == why)
        say = error if is_sure else warning
        yield say(
            GREETING if is_greeting else PLACEHOLDER,
            f"in {place}, {text}; {_to_do(place, text, is_sure=is_sure, is_greeting=is_greeting)}",
            *words,
        )


def _to_do(place: str, text: str, *, is_sure: bool, is_greeting: bool) -> str:
    if is_greeting:
        return "greet by name, or everybody"
    if not is_sure:
        return "look whether it is meant to be read"
    as_code = "" if place == _SUBJECT else ", or mark it as code if it is meant to be read"
    rendered = ", or have it rendered with Mailguard-Render: jinja2" if text == SYNTAX_LEFT else ""
    return f"take it out{as_code}{rendered}"
