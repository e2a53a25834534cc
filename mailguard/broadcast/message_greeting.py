"""Whether a mail to many greets one of them. Of a template it is asked whether the name is written in it or comes from data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.message_terms import MessageTerms, error
from mailguard.broadcast.message_view import MailView
from mailguard.mail.html_text import render
from mailguard.mail.leftovers import find_syntax
from mailguard.mail.salutation import find_salutation

SINGLE_GREETING: Final = "single_greeting"

_TEMPLATE_TAG: Final = re.compile(r"\{%[^%\n]{0,500}%\}")


def greeting_findings(views: Iterable[MailView], written: str | None, terms: MessageTerms) -> Iterator[CheckFinding]:
    """Yield an error where a mail to several persons greets one by a name that no data has filled in.

    `written` is what a template says before it is rendered, None for a mail that is none.
    """
    if terms.persons < 2:
        return
    names = dict.fromkeys(view.message.greets for view in views if view.message.greets)
    fixed = tuple(name for name in names if not any(find_syntax(name)) and (written is None or _is_written(name, written)))
    if fixed:
        text = (
            f"the text greets one person, and it goes to {terms.persons}; greet everybody, or fill the name in from a template"
        )
        yield error(SINGLE_GREETING, text, *fixed)


def _is_written(name: str, written: str) -> bool:
    """Whether a line of what was written greets by that name; a line of HTML is read as it is seen."""
    folded = name.casefold()
    lines = [line for line in _TEMPLATE_TAG.sub("\n", written).splitlines() if folded in line.casefold()]
    return any(
        find_salutation(text.strip()).greets.casefold() == folded for line in lines for text in (line, render(line).text)
    )
